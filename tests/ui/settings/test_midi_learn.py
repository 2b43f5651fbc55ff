"""MIDI learn in the window: a control takes the next controller, follows it, shows it, keeps it and forgets it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from synth.instrument.events import SetParameter
from synth.instrument.parameters.effect_rows import EFFECTS
from synth.instrument.parameters.table import PARAMETERS
from synth.midi.controllers import Controller
from synth.midi.learn import LearnedFile, Source
from synth.midi.ports import Arrival, PortList
from tests.doubles.engine import FakeEngine
from tests.doubles.midi_receiver import PlayedPorts
from tests.ui.hands.scene import preset_files, window
from ui.settings.midi.learned_list import LearnedList
from ui.shell.main_window import MainWindow
from ui.widgets.plug_mark import PlugMark

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Turn = Callable[[int, int], None]


@pytest.fixture
def ports(win: MainWindow, qtbot: QtBot) -> PlayedPorts:
    made = PlayedPorts()
    made.there = PortList(("Keystation",), True)
    win.midi._open_ports = lambda: made
    win.settings.change(midi_ports=("Keystation",))
    win.midi.start(win.settings.settings)
    qtbot.waitUntil(lambda: win.midi.there is not None, timeout=5000)
    return made


@pytest.fixture
def turn(win: MainWindow, ports: PlayedPorts, qtbot: QtBot) -> Turn:
    """Move a controller to a value, and let the window hear of it."""

    def settle() -> None:
        """MIDI's thread has done what it was asked, and heard what has arrived."""
        assert win.midi._input is not None
        done: list[bool] = []
        win.midi._input.change_learned(lambda _: done.append(True))
        qtbot.waitUntil(lambda: bool(done), timeout=5000)

    def move(number: int, value: int) -> None:
        settle()
        ports.put(Arrival(1.0, "Keystation", bytes((0xB0, number, value))))
        qtbot.waitUntil(ports._events.empty, timeout=5000)
        settle()
        QApplication.processEvents()
        win._tell_news(win.engine.status())

    return move


DRAGGED = {f"{name}_place" for name in EFFECTS}
"""The order of effects is where their chips are dragged to."""


def box(win: MainWindow, id: str) -> QWidget:
    """The control of a parameter."""
    found = [w for w in win.findChildren(QWidget) if w.property("parameter") == id]
    assert len(found) == 1, id
    return found[0]


def menu_of(win: MainWindow, id: str) -> QMenu:
    """What a right click on a control opens."""
    control = box(win, id)
    if control is win.controls.note:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), control.mapToGlobal(QPoint(5, 5)))
        QApplication.sendEvent(control, event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        return menu
    control.customContextMenuRequested.emit(QPoint(5, 5))
    return win.controls.menu


def learn(win: MainWindow, id: str, turn: Turn, number: int, value: int = 0) -> None:
    win.controls.menu.learn_asked.emit(id)
    turn(number, value)


def mark(win: MainWindow, id: str) -> PlugMark | None:
    found = box(win, id).findChildren(PlugMark)
    return found[0] if found and not found[0].isHidden() else None


def test_every_control_offers_it_at_a_right_click_and_follows_the_next_controller(
    win: MainWindow, ports: PlayedPorts, turn: Turn, engine: FakeEngine
) -> None:
    for id, row in PARAMETERS.items():
        if id in DRAGGED:
            continue
        menu = menu_of(win, id)
        next(action for action in menu.actions() if action.text().startswith("Learn MIDI controller")).trigger()
        menu.close()
        turn(74, 0)
        assert win.controls.controllers.learned == {id: "CC 74, channel 1"}
        # The sweep passes where the control stands, wherever that is.
        ports.put(*(Arrival(1.0, "Keystation", bytes((0xB0, 74, value))) for value in (*range(1, 128), 100)))
        turn(74, 127)
        assert engine.values[id] == win.controls.controls[id] == pytest.approx(row.maximum, rel=1e-9), id


def test_a_control_shows_that_it_waits_and_then_what_moves_it(
    win: MainWindow, ports: PlayedPorts, turn: Turn, qtbot: QtBot
) -> None:
    knob = win.controls.knobs["tilt_db"]
    tip, bare = knob.toolTip(), knob.grab().toImage()
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_M, CTRL | SHIFT)
    qtbot.waitUntil(lambda: mark(win, "tilt_db") is not None, timeout=5000)
    assert "Move a MIDI controller now" in knob.toolTip()
    assert win.banner.text == "Move the MIDI controller that is to move Tilt. Esc cancels."
    waiting = knob.grab().toImage()
    turn(74, 64)
    assert knob.toolTip() == f"{tip}. MIDI CC 74, channel 1."
    assert "MIDI CC 74, channel 1" in knob.accessibleDescription()
    assert win.banner.text == "Tilt is moved by CC 74, channel 1."
    assert len({bytes(i.constBits()) for i in (bare, waiting, knob.grab().toImage())}) == 3, "the mark is seen"
    assert mark(win, "width") is None


def test_escape_and_the_same_key_again_wait_no_longer(
    win: MainWindow, ports: PlayedPorts, turn: Turn, qtbot: QtBot
) -> None:
    knob = win.controls.knobs["width"]
    for again in (False, True):
        knob.setFocus()
        QTest.keyClick(knob, Qt.Key.Key_M, CTRL | SHIFT)
        qtbot.waitUntil(lambda: win.notes.learning.waits, timeout=5000)
        if again:
            QTest.keyClick(knob, Qt.Key.Key_M, CTRL | SHIFT)
        else:
            QTest.keyClick(win, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not win.notes.learning.waits, timeout=5000)
        turn(74, 90)
        assert win.controls.controllers.learned == {}
    assert not win.banner.texts


def test_without_a_keyboard_it_says_where_to_choose_one(win: MainWindow) -> None:
    win.controls.menu.learn_asked.emit("width")
    assert "no keyboard is listened to: check one in Settings, MIDI" in win.banner.text


def test_nothing_jumps_until_the_controller_reaches_the_value(win: MainWindow, turn: Turn, engine: FakeEngine) -> None:
    learn(win, "width", turn, 74, 0)
    assert win.controls.controls["width"] == engine.values["width"] == 0.6
    turn(74, 60)
    assert engine.values["width"] == 0.6, "60 of 127 is below it"
    turn(74, 80)
    assert engine.values["width"] == pytest.approx(80 / 127)
    assert win.controls.knobs["width"].amount() == pytest.approx(80 / 127, abs=0.01)


def test_a_sweep_is_one_step_to_undo(win: MainWindow, turn: Turn, engine: FakeEngine) -> None:
    learn(win, "width", turn, 74, 76)
    for value in (80, 90, 100):
        turn(74, value)
    assert win.control_desk.history.undo_label == "Width"
    win.control_desk.undo()
    assert engine.values["width"] == win.controls.controls["width"] == pytest.approx(0.6)
    win.control_desk.redo()
    assert engine.values["width"] == pytest.approx(100 / 127)


def test_a_move_is_sent_once_and_the_knob_sends_nothing_back(win: MainWindow, turn: Turn, engine: FakeEngine) -> None:
    learn(win, "width", turn, 74, 76)
    engine.actions.clear()
    turn(74, 80)
    assert engine.actions == [SetParameter("width", 80 / 127)]


def test_a_moved_note_is_ruled_on_the_culture_and_marked_on_the_keyboard(win: MainWindow, turn: Turn) -> None:
    learn(win, "note", turn, 74, 0)
    turn(74, 57)
    assert win.controls.note.value() == 57
    assert win.keys._note == 57


def test_learned_controllers_are_listed_deleted_and_kept(
    win: MainWindow, ports: PlayedPorts, turn: Turn, qtbot: QtBot
) -> None:
    learn(win, "width", turn, 74)
    learn(win, "tilt_db", turn, 20)
    file = win.settings.places.learned
    qtbot.waitUntil(lambda: file.is_file() and len(LearnedFile(file).learned) == 2, timeout=5000)
    sheet = win.settings_opener.sheet()
    sheet.open()
    sheet.turn_to(sheet.midi)
    learned = sheet.midi.learned
    model = learned.table.model()
    rows = [[model.index(r, c).data() for c in range(2)] for r in range(model.rowCount())]
    assert rows == [["Tilt", "CC 20, channel 1"], ["Width", "CC 74, channel 1"]]
    learned.table.selectRow(0)
    QTest.keyClick(learned.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: learned.table.rowCount() == 1, timeout=5000)
    assert win.controls.controllers.learned == {"width": "CC 74, channel 1"}
    learned.table.selectRow(0)
    learned.forget.click()
    qtbot.waitUntil(lambda: learned.table.rowCount() == 0, timeout=5000)
    assert not learned.forget.isEnabled()
    qtbot.waitUntil(lambda: LearnedFile(file).learned == {}, timeout=5000)


def test_the_menu_forgets_a_controller(win: MainWindow, turn: Turn, engine: FakeEngine, qtbot: QtBot) -> None:
    learn(win, "width", turn, 74, 76)
    menu = menu_of(win, "width")
    action = next(action for action in menu.actions() if action.text() == "Forget CC 74, channel 1")
    assert action.isVisible()
    action.trigger()
    menu.close()
    qtbot.waitUntil(lambda: mark(win, "width") is None, timeout=5000)
    engine.actions.clear()
    turn(74, 90)
    assert engine.actions == []


def test_what_was_learned_comes_back_at_the_next_start(engine: FakeEngine, tmp_path: Path, qtbot: QtBot) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    entry = {"channel": 3, "kind": "cc", "number": 74, "parameter": "width"}
    (home / "config" / "midi_controllers.json").write_text(json.dumps({"controllers": [entry]}))
    win = window(preset_files(tmp_path), engine, home)
    qtbot.addWidget(win)
    assert win.midi.learned == {Source(2, Controller("cc", 74)): "width"}
    assert "MIDI CC 74, channel 3" in win.controls.knobs["width"].toolTip()
    win.close()


def test_macros_come_first_in_the_list_of_what_was_learned(qtbot: QtBot) -> None:
    shown = LearnedList(lambda id: None)
    qtbot.addWidget(shown)
    ids = ("width", "macro2", "attack_s", "macro1")
    shown.show_learned({Source(0, Controller("cc", number)): id for number, id in enumerate(ids)})
    items = [shown.table.item(row, 0) for row in range(4)]
    texts = [item.text() for item in items if item is not None]
    assert texts == ["Macro 1", "Macro 2", "Attack", "Width"]
