"""The window's keys play: key down begins a note, key up ends it, and nothing that takes the keys away leaves one."""

import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from synth.instrument.events import ReseedAll, SetParameter
from synth.instrument.note_events import AllSoundOff, ChannelExpression, NoteOff, NoteOn
from tests.doubles.engine import FakeEngine
from tests.ui.perform.hands import begun, down, held, up
from ui.shell.main_window import MainWindow

LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def at(win: MainWindow, key: int) -> QPoint:
    """The front of a white key."""
    return next(rect for note, rect in win.keys._rects()[0] if note == key).center().toPoint() + QPoint(0, 20)


def test_keys_play_chords_and_their_release_ends_each(win: MainWindow, engine: FakeEngine) -> None:
    for place in "ADW":
        down(win, place)
    assert held(engine) == [60, 61, 64]
    up(win, "A")
    assert held(engine) == [61, 64]
    up(win, "D")
    up(win, "W")
    assert held(engine) == []
    assert not engine.sent(SetParameter), "the drone stays where it is"
    assert all(abs(time.monotonic() - arrived) < 10 and source == "window" for _, arrived, source in engine.notes)


@pytest.mark.parametrize("types", ["Q", "Ф", "R"])
def test_what_is_printed_on_a_key_changes_its_letter_and_not_its_note(
    win: MainWindow, engine: FakeEngine, types: str
) -> None:
    down(win, "A", types)
    up(win, "A", types)
    assert begun(engine) == [60]
    assert win.keys.computer.letters()[0] == types
    assert not engine.sent(ReseedAll), "a shortcut's letter at a place of the piano plays"


def test_a_key_that_repeats_is_one_note(win: MainWindow, engine: FakeEngine) -> None:
    down(win, "A")
    for _ in range(5):
        up(win, "A", repeat=True)
        down(win, "A", repeat=True)
    assert begun(engine) == held(engine) == [60]
    up(win, "A")
    assert held(engine) == []


def test_a_note_ends_where_it_began_when_the_octave_has_moved(win: MainWindow, engine: FakeEngine) -> None:
    down(win, "A")
    down(win, "X")
    up(win, "X")
    assert win.dock.octave.text() == "C5"
    down(win, "S")
    assert held(engine) == [60, 74]
    up(win, "A")
    assert held(engine) == [74]
    win.dock.octave_down.click()
    down(win, "D")
    assert held(engine) == [64, 74]


def test_keys_play_wherever_the_focus_is_and_a_list_does_not_jump(win: MainWindow, engine: FakeEngine) -> None:
    for widget in (win.culture, win.controls.knobs["width"], win.presets.list, win.keys, win.dock.latch):
        widget.setFocus()
        before = win.presets.list.currentRow()
        down(widget, "S")
        up(widget, "S")
        assert win.presets.list.currentRow() == before
    assert begun(engine) == [62] * 5
    assert held(engine) == []


def test_with_ctrl_a_key_is_a_shortcut(win: MainWindow, engine: FakeEngine) -> None:
    down(win, "D", modifiers=CTRL)
    assert begun(engine) == []


def test_letters_are_letters_where_one_types(win: MainWindow, engine: FakeEngine) -> None:
    win.presets.search.setFocus()
    down(win.presets.search, "A")
    down(win.presets.search, ";")
    assert win.presets.search.text() == "a;"
    win.controls.note.setFocus()
    win.controls.note.selectAll()
    down(win.controls.note, "A")
    assert win.controls.note.lineEdit().text() == "a"
    assert begun(engine) == []


def test_a_key_that_is_down_when_a_box_takes_the_focus_leaves_no_note(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    down(win, "A")
    win.presets.search.setFocus()
    qtbot.waitUntil(lambda: held(engine) == [], timeout=2000)
    down(win.presets.search, "A", repeat=True)
    assert begun(engine) == [60]


def test_a_key_that_is_down_when_a_menu_opens_leaves_no_note(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    menu = QMenu(win)
    menu.addAction("Nothing")
    down(win, "A")
    menu.popup(win.mapToGlobal(QPoint(20, 20)))
    qtbot.waitUntil(lambda: held(engine) == [], timeout=2000)
    menu.close()


def test_a_window_that_loses_the_focus_leaves_no_note(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    down(win, "A")
    QTest.mousePress(win.keys, LEFT, pos=at(win, 72))
    assert held(engine) == [60, 72]
    other = QMenu()
    qtbot.addWidget(other)
    other.setWindowFlags(Qt.WindowType.Window)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: held(engine) == [], timeout=2000)
    other.close()
    win.activateWindow()
    down(win, "A")
    assert held(engine) == [60], "the key plays again"


def test_another_preset_and_the_end_of_the_window_leave_no_note(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    win.dock.latch.click()
    down(win, "A")
    up(win, "A")
    down(win, "S")
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        win.load(win.presets.paths()[1])
    assert held(engine) == []
    down(win, "D")
    win.close()
    assert held(engine) == []


def test_the_mouse_plays_a_glissando_and_its_release_ends_it(win: MainWindow, engine: FakeEngine) -> None:
    QTest.mousePress(win.keys, LEFT, pos=at(win, 60))
    for key in (62, 64):
        QTest.mouseMove(win.keys, at(win, key))
        QTest.mouseMove(win.keys, at(win, key) + QPoint(1, 0))
        assert held(engine) == [key]
    assert begun(engine) == [60, 62, 64], "moving on a key strikes it once"
    QTest.mouseRelease(win.keys, LEFT, pos=at(win, 64))
    assert held(engine) == []


def test_the_latch_is_the_instruments_own(win: MainWindow, engine: FakeEngine) -> None:
    """The window lets its keys go as ever; the instrument holds them, as it does those of a MIDI keyboard."""
    QTest.keyClick(win, Qt.Key.Key_Space, SHIFT)
    assert win.dock.latch.isChecked() and win.controls.controls["latch"] is True
    assert engine.sent(SetParameter)[-1:] == [SetParameter("latch", True)]
    down(win, "A")
    up(win, "A")
    assert begun(engine) == [60] and held(engine) == []
    win.control_desk.undo()
    assert not win.dock.latch.isChecked()
    assert engine.sent(SetParameter)[-1:] == [SetParameter("latch", False)]
    assert engine.calls == [], "Space with Shift is not Play"


def test_the_panic_key_silences_all_and_the_hand_goes_on(win: MainWindow, engine: FakeEngine) -> None:
    win.dock.latch.click()
    down(win, "A")
    up(win, "A")
    down(win, "S")
    win.presets.search.setFocus()
    QTest.keyClick(win.presets.search, Qt.Key.Key_Escape, SHIFT)
    assert [event for event, _, _ in engine.notes][-1] == AllSoundOff()
    assert held(engine) == []
    up(win, "S")
    win.dock.latch.click()
    assert [event for event, _, _ in engine.notes][-1] == AllSoundOff(), "nothing is left to let go"
    down(win, "S")
    assert held(engine) == [62]


def test_every_sounding_note_is_lit_whoever_plays_it(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    def lit() -> set[int]:
        return {key for key in range(128) if win.keys.is_lit(key)}

    down(win, "A")
    win.sounding.play_notes([NoteOn(1000, 67, 0.5)], time.monotonic(), "a keyboard")
    win.sounding.play_notes([NoteOn(1001, 71, 0.5)], time.monotonic() + 3600, "a file")
    qtbot.waitUntil(lambda: lit() == {60, 67}, timeout=2000)
    assert "C4 G4" in win.keys.accessibleDescription()
    picture = win.keys.grab().toImage()
    front = at(win, 67)
    assert picture.pixelColor(front) != picture.pixelColor(at(win, 65))
    win.sounding.play_notes([NoteOff(1000)], time.monotonic(), "a keyboard")
    up(win, "A")
    qtbot.waitUntil(lambda: lit() == set(), timeout=2000)
    engine.play()
    own = win.controls.note.own_note()
    qtbot.waitUntil(lambda: lit() == {own}, timeout=2000)


def test_a_note_that_a_pedal_holds_stays_lit_until_it_ends(win: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    now = time.monotonic()
    win.sounding.play_notes([ChannelExpression(0, "sustain", 1.0), NoteOn(1000, 67, 0.5)], now, "a keyboard")
    engine.held_keys = (67,)
    qtbot.waitUntil(lambda: win.keys.is_lit(67), timeout=2000)
    win.sounding.play_notes([NoteOff(1000)], time.monotonic(), "a keyboard")
    now = time.monotonic()
    qtbot.waitUntil(lambda: win.sounding.keys(now) == frozenset() and time.monotonic() > now + 0.2, timeout=5000)
    assert win.keys.is_lit(67) and "G4" in win.keys.accessibleDescription()
    engine.held_keys = ()
    qtbot.waitUntil(lambda: not win.keys.is_lit(67), timeout=2000)


def test_arrows_on_the_keyboard_move_the_drone(win: MainWindow, engine: FakeEngine) -> None:
    win.keys.setFocus()
    own = win.controls.note.own_note()
    QTest.keyClick(win.keys, Qt.Key.Key_Up)
    assert engine.values["note"] == own + 1
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_0)
    assert engine.values["note"] == 0
    assert begun(engine) == []
