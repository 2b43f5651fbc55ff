"""Ctrl+Z takes back the last thing the hand did, whatever it was."""

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.events import Redo, ReseedAll, SetParameter, Undo
from tests.doubles.engine import FakeEngine
from tests.ui.hands.desk import CTRL, LEFT, heard, redo, settled, stroke, undo
from tests.ui.hands.knobs import drag, move, wheel
from ui.shell.main_window import MainWindow


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
