"""States A to D, vary and init: each is one step, and every one can be gone back to."""

import random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.parameters.values import ParameterValues
from tests.doubles.engine import FakeEngine
from tests.ui.hands.desk import ALT, CTRL, SHIFT, heard, undo
from tests.ui.hands.knobs import drag
from ui.controls.states import LIMIT
from ui.controls.vary import varied
from ui.shell.main_window import MainWindow


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
