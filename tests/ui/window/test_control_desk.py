"""Ctrl+Z takes back the last thing the hand did, whatever it was; A/B, vary and init are one step each."""

import random

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.events import Redo, ReseedAll, SetParameter, Undo
from synth.instrument.parameters.values import ParameterValues
from tests.doubles.engine import FakeEngine
from tests.ui.hands.knobs import drag, move, wheel
from ui.controls.states import LIMIT
from ui.controls.vary import varied
from ui.shell.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


def undo(win: MainWindow) -> None:
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL)


def redo(win: MainWindow) -> None:
    QTest.keyClick(win, Qt.Key.Key_Z, CTRL | SHIFT)


def heard(engine: FakeEngine) -> ParameterValues:
    return engine.values


def stroke(win: MainWindow) -> None:
    QTest.mouseClick(win.culture.viewport(), LEFT, pos=win.culture.position_of(60, 30).toPoint())


def settled(win: MainWindow, qtbot: QtBot) -> None:
    """Several looks at the engine later."""
    view = win.control_desk._views
    qtbot.waitUntil(lambda: win.control_desk._views > view + 6, timeout=3000)


def test_everything_is_taken_back_and_brought_again_in_the_order_it_was_done(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    start = win.controls.controls
    drag(win.controls.knobs["width"], -36)
    stroke(win)
    QTest.keyClick(win.keys, Qt.Key.Key_Up)
    QTest.keyClick(win, Qt.Key.Key_V)
    QTest.keyClick(win, Qt.Key.Key_F, CTRL)
    QTest.keyClick(win, Qt.Key.Key_R)
    end, desk = win.controls.controls, win.control_desk
    settled(win, qtbot)
    labels = []
    while desk.history.undo_label:
        labels.append(desk.history.undo_label)
        undo(win)
    assert labels == ["Reseed all", "Freeze", "Vary", "Note", "Erase", "Width"]
    assert win.controls.controls == start == heard(engine)
    assert win.controls.knobs["width"].amount() == pytest.approx(start["width"])
    for label in reversed(labels):
        assert desk.history.redo_label == label
        redo(win)
    assert win.controls.controls == end == heard(engine)
    assert len(engine.sent(Undo)) == len(engine.sent(Redo)) == 2


def test_a_whole_drag_and_a_burst_of_notches_are_one_step_each(win: MainWindow, engine: FakeEngine) -> None:
    width, depth = win.controls.knobs["width"], win.controls.knobs["weather_depth"]
    drag(width, 30)
    turned = width.amount()
    drag(width, -60)
    depth.setFocus()
    for _ in range(5):
        wheel(depth)
    QTest.keyClick(depth, Qt.Key.Key_Up)
    assert depth.amount() == pytest.approx(1.3)
    undo(win)
    assert heard(engine)["weather_depth"] == pytest.approx(1.0)
    undo(win)
    assert heard(engine)["width"] == pytest.approx(turned)
    undo(win)
    assert heard(engine)["width"] == pytest.approx(0.6)
    assert win.control_desk.history.undo_label == ""


def test_a_burst_ends_by_itself(win: MainWindow, qtbot: QtBot) -> None:
    depth = win.controls.knobs["weather_depth"]
    depth.setFocus()
    wheel(depth)
    qtbot.waitUntil(lambda: not win.control_desk._burst.isActive(), timeout=3000)
    wheel(depth)
    undo(win)
    assert depth.amount() == pytest.approx(1.05)


def test_undo_in_the_middle_of_a_drag_lets_go_of_the_knob(win: MainWindow, engine: FakeEngine) -> None:
    width = win.controls.knobs["width"]
    QTest.mousePress(width, LEFT, pos=width.rect().center())
    move(width, 20)
    assert width.amount() > 0.6
    undo(win)
    assert width.amount() == pytest.approx(0.6)
    assert heard(engine)["width"] == pytest.approx(0.6)
    move(width, 20)
    assert width.amount() == pytest.approx(0.6)


def test_notes_of_the_keys_are_no_steps_and_moves_of_the_drone_are(win: MainWindow, engine: FakeEngine) -> None:
    # Wherever a test before left the mouse: over the note's box, keys are one burst.
    win.controls.note.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QTest.keyClick(win, Qt.Key.Key_A)
    QTest.mouseClick(win.keys, LEFT, pos=QPoint(win.keys.width() // 2, win.keys.height() - 5))
    assert win.control_desk.history.undo_label == ""
    own = win.controls.note.own_note()
    for _ in range(2):
        QTest.keyClick(win.keys, Qt.Key.Key_Up)
    assert heard(engine)["note"] == own + 2
    undo(win)
    assert heard(engine)["note"] == own + 1
    undo(win)
    assert heard(engine)["note"] == 0


def test_undo_reaches_the_window_from_the_note_box(win: MainWindow, engine: FakeEngine) -> None:
    win.controls.note.setFocus()
    win.controls.note.lineEdit().selectAll()
    QTest.keyClicks(win.controls.note.lineEdit(), "442 Hz")
    QTest.keyClick(win.controls.note, Qt.Key.Key_Return)
    # 1200 · log2(442/440) = 7.85 cents.
    assert (heard(engine)["note"], heard(engine)["fine_cents"]) == (69, 8)
    assert win.controls.knobs["fine_cents"].amount() == 8
    win.controls.note.setFocus()
    QTest.keyClick(win.controls.note, Qt.Key.Key_Z, CTRL)
    assert (heard(engine)["note"], heard(engine)["fine_cents"]) == (0, 0)


def test_another_preset_forgets_strokes_and_what_it_sets_but_no_other_knob(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    """Undo never moves a control of the new preset to where it stood in the one before."""
    drag(win.controls.knobs["volume_db"], 36)
    drag(win.controls.knobs["width"], -36)
    stroke(win)
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        QTest.keyClick(win, Qt.Key.Key_PageDown)
    width = heard(engine)["width"]
    assert win.control_desk.history.undo_label == "Volume"
    undo(win)
    assert heard(engine)["volume_db"] == pytest.approx(0)
    assert win.control_desk.history.undo_label == ""
    assert heard(engine)["width"] == width
    assert not engine.sent(Undo)


def test_strokes_that_fell_off_the_engines_memory_are_not_offered(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.undo_room = 2
    for _ in range(4):
        stroke(win)
    settled(win, qtbot)
    assert win.control_desk.history.strokes == 2


def test_a_touch_after_an_undo_with_the_hand_still_down_is_a_stroke_of_its_own(
    win: MainWindow, engine: FakeEngine
) -> None:
    win.hand.press(20, 20)
    undo(win)
    win.hand.move(60, 20)
    win.hand.lift()
    assert win.control_desk.history.strokes == engine.undos == 1


def test_the_buttons_say_what_they_would_do(win: MainWindow, qtbot: QtBot) -> None:
    drag(win.controls.knobs["weather_depth"], 20)
    qtbot.waitUntil(lambda: win.brushes.undo.isEnabled(), timeout=2000)
    assert win.brushes.undo.toolTip() == "Undo: Weather depth (Ctrl+Z)"
    win.brushes.undo.click()
    qtbot.waitUntil(lambda: win.brushes.redo.isEnabled(), timeout=2000)
    assert win.brushes.redo.toolTip() == "Redo: Weather depth (Ctrl+Shift+Z)"
    assert win.brushes.undo.toolTip() == "Nothing to undo (Ctrl+Z)"


def test_b_switches_between_two_whole_states_and_shift_b_copies(win: MainWindow, engine: FakeEngine) -> None:
    bar = win.header.compare
    drag(win.controls.knobs["width"], -36)
    QTest.keyClick(win, Qt.Key.Key_F, CTRL)
    QTest.keyClick(win.keys, Qt.Key.Key_Up)
    a = win.controls.controls
    QTest.keyClick(win, Qt.Key.Key_B)
    assert heard(engine) == a, "B begins as a copy"
    assert bar.states["B"].isChecked()
    assert not bar.states["A"].isChecked()
    drag(win.controls.knobs["tilt_db"], 20)
    b = win.controls.controls
    bar.states["A"].click()
    assert heard(engine) == a
    QTest.keyClick(win, Qt.Key.Key_B)
    assert heard(engine) == b
    QTest.keyClick(win, Qt.Key.Key_B, SHIFT)
    QTest.keyClick(win, Qt.Key.Key_B)
    assert heard(engine) == b
    # Back over the switch and the copy, to A with B beside it.
    for _ in range(3):
        undo(win)
    assert heard(engine) == a
    assert win.control_desk.other == b
    assert bar.states["A"].isChecked()
    for _ in range(3):
        undo(win)
    assert win.control_desk.other is None


def test_four_states_are_played_by_key_and_b_goes_back_to_the_one_before(win: MainWindow, engine: FakeEngine) -> None:
    bar, desk = win.header.compare, win.control_desk
    sounds = {}
    for number, letter in enumerate("ABCD"):
        QTest.keyClick(win, Qt.Key(Qt.Key.Key_1 + number), ALT)
        drag(win.controls.knobs["width"], -12)
        sounds[letter] = win.controls.controls
        assert [name for name, button in bar.states.items() if button.isChecked()] == [letter]
    assert len({tuple(sound.items()) for sound in sounds.values()}) == 4
    bar.states["B"].click()
    assert heard(engine) == sounds["B"]
    QTest.keyClick(win, Qt.Key.Key_B)
    assert (desk.letter, heard(engine)) == ("D", sounds["D"])
    QTest.keyClick(win, Qt.Key.Key_B)
    assert (desk.letter, heard(engine)) == ("B", sounds["B"])
    QTest.keyClick(win, Qt.Key.Key_3, ALT)
    assert heard(engine) == sounds["C"]
    for _ in range(4):
        undo(win)
    assert (desk.letter, heard(engine)) == ("D", sounds["D"])


def test_a_state_is_named_and_copied_to_from_its_menu(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    bar, desk = win.header.compare, win.control_desk
    drag(win.controls.knobs["width"], -36)
    a = win.controls.controls
    bar.states["C"].setFocus()
    ask = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(3, 3), bar.mapToGlobal(QPoint(3, 3)))
    QApplication.sendEvent(bar, ask)
    offered = {action.text(): action for action in bar._of_state.actions()}
    assert list(offered) == ["Name state C…", "Play C", "Copy A to C"]
    offered["Copy A to C"].trigger()
    assert desk.states.stored["C"].values == a
    offered["Name state C…"].trigger()
    bar._of_state.hide()
    assert bar.naming.isVisible()
    QTest.keyClicks(bar.naming.edit, "  very bright ")
    QTest.keyClick(bar.naming.edit, Qt.Key.Key_Return)
    assert not bar.naming.isVisible()
    assert bar.states["C"].accessibleName() == "State C, very bright"
    assert "“very bright”" in bar.states["C"].toolTip()
    drag(win.controls.knobs["width"], 12)
    QTest.keyClick(win, Qt.Key.Key_3, ALT)
    assert heard(engine) == a
    for _ in range(3):
        undo(win)
    assert bar.states["C"].accessibleName() == "State C", "a name is taken back like the rest"
    assert desk.states.stored["C"].values == a, "and nothing with it"


def test_every_variation_can_be_gone_back_to_and_so_can_what_was_before(win: MainWindow, engine: FakeEngine) -> None:
    bar, desk = win.header.compare, win.control_desk
    QTest.keyClick(win, Qt.Key.Key_V, SHIFT)
    (nothing,) = bar._list_menu.actions()
    assert not nothing.isEnabled()
    bar._list_menu.hide()
    drag(win.controls.knobs["width"], -24)
    sounds = [win.controls.controls]
    for _ in range(2):
        QTest.keyClick(win, Qt.Key.Key_V)
        sounds.append(win.controls.controls)
    drag(win.controls.knobs["tilt_db"], 20)
    sounds.append(win.controls.controls)
    QTest.keyClick(win, Qt.Key.Key_V)
    sounds.append(win.controls.controls)
    drag(win.controls.knobs["volume_db"], -30)
    volume = win.controls.controls["volume_db"]
    QTest.keyClick(win, Qt.Key.Key_V, SHIFT)
    listed = bar._list_menu.actions()
    name = win.header.name.text()
    wanted = ["Vary 3", "Before Vary 3", "Vary 2", "Vary 1", "Before Vary 1"]
    assert [action.text() for action in listed] == [f"{label} – {name}" for label in wanted]
    assert [action.isChecked() for action in listed] == [True, False, False, False, False]
    for index, sound in enumerate(sounds):
        desk.go_back(index)
        assert heard(engine) == sound.with_value("volume_db", volume), "the volume is the player's"
    listed[2].trigger()
    assert heard(engine) == sounds[2].with_value("volume_db", volume)
    bar._list_menu.hide()
    undo(win)
    assert heard(engine) == sounds[4].with_value("volume_db", volume), "going back is a step as well"
    for _ in range(40):
        QTest.keyClick(win, Qt.Key.Key_V)
    assert len(desk.variations) == LIMIT
    assert desk.variations[-1].number == 43


def test_init_and_vary_are_one_step_and_leave_alone_what_is_the_players(win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win.keys, Qt.Key.Key_Up)
    drag(win.controls.knobs["volume_db"], -30)
    drag(win.controls.knobs["fade_out_s"], 30)
    before = win.controls.controls
    QTest.keyClick(win, Qt.Key.Key_V)
    after = heard(engine)
    kept = ("note", "volume_db", "fine_cents", "fade_in_s", "fade_out_s", "frozen", "follow_hand")
    assert all(after[name] == before[name] for name in kept)
    QTest.keyClick(win, Qt.Key.Key_I, CTRL)
    assert heard(engine) == ParameterValues()
    undo(win)
    assert heard(engine) == after
    undo(win)
    assert heard(engine) == before


@pytest.mark.parametrize("seed", range(20))
def test_vary_moves_everything_it_names_within_range_however_often(seed: int) -> None:
    rng, controls = random.Random(seed), ParameterValues()
    for _ in range(50):
        moved = varied(controls, rng)
        different = moved.differing_from(controls).keys()
        assert different == {
            "steps_per_frame", "weather_depth", "weather_speed", "playhead_speed", "width", "tilt_db"
        }  # fmt: skip
        controls = moved


def test_keys_of_the_desk_are_letters_where_one_types(win: MainWindow, engine: FakeEngine) -> None:
    win.presets.search.setFocus()
    count = len(engine.sent(SetParameter))
    QTest.keyClicks(QApplication.focusWidget(), "bvB")
    assert win.presets.search.text() == "bvB"
    assert len(engine.sent(SetParameter)) == count
    assert not engine.sent(ReseedAll)


def test_a_wheel_that_turned_just_before_the_end_leaves_no_timer(win: MainWindow) -> None:
    knob = win.controls.knobs["width"]
    knob.setFocus()
    wheel(knob, 120)
    running = [timer for timer in win.findChildren(QTimer) if timer.isActive() and timer.isSingleShot()]
    assert running, "notches that follow soon are the same step"
    win.close()
    assert not [timer for timer in running if timer.isActive()]
