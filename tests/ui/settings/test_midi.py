"""Settings, MIDI: what is chosen is listened to at once and again at the next start; what is missing is a sentence."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.instrument.note_events import AllSoundOff
from synth.midi.ports import Arrival, PortList, PortLost
from tests.doubles.engine import FakeEngine
from tests.doubles.midi_receiver import PlayedPorts
from tests.ui.hands.settings import pick, stored
from tests.ui.perform.hands import begun, held
from ui.settings.sheet import SettingsSheet
from ui.settings.store import Settings
from ui.shell.main_window import MainWindow

CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


@pytest.fixture
def ports(win: MainWindow, qtbot: QtBot) -> PlayedPorts:
    """Two keyboards, of which the first was listened to before."""
    made = PlayedPorts()
    made.there = PortList(("Keystation", "Seaboard"), True)
    win.midi._open_ports = lambda: made
    win.settings.change(midi_ports=("Keystation",))
    win.midi.start(win.settings.settings)
    qtbot.waitUntil(lambda: win.midi.there is not None, timeout=5000)
    return made


def shown(sheet: SettingsSheet) -> dict[str, Qt.CheckState]:
    items = [sheet.midi.ports.item(row) for row in range(sheet.midi.ports.count())]
    return {item.text(): item.checkState() for item in items}


def turned_to(win: MainWindow) -> SettingsSheet:
    sheet = win.settings_opener.sheet()
    sheet.open()
    sheet.turn_to(sheet.midi)
    return sheet


def test_a_keyboard_plays_from_the_start_and_is_lit(
    win: MainWindow, ports: PlayedPorts, engine: FakeEngine, qtbot: QtBot
) -> None:
    assert ports.wanted == (("Keystation",), False)
    ports.put(Arrival(12.5, "Keystation", bytes((0x90, 64, 100))))
    qtbot.waitUntil(lambda: held(engine) == [64], timeout=5000)
    assert engine.notes[-1][1:] == (12.5, "Keystation"), "with the time it arrived"
    qtbot.waitUntil(lambda: win.keys.is_lit(64), timeout=5000)
    ports.put(PortLost("Keystation"))
    qtbot.waitUntil(lambda: held(engine) == [], timeout=5000)


def test_ports_are_checked_by_hand_listened_to_and_remembered(
    win: MainWindow, ports: PlayedPorts, qtbot: QtBot
) -> None:
    sheet = turned_to(win)
    assert shown(sheet) == {"Keystation": CHECKED, "Seaboard": UNCHECKED}
    sheet.midi.ports.setCurrentRow(1)
    QTest.keyClick(sheet.midi.ports, Qt.Key.Key_Return)
    sheet.midi.virtual.click()
    qtbot.waitUntil(lambda: ports.wanted == (("Keystation", "Seaboard"), True), timeout=5000)
    found = stored(win)
    assert (found["midi_ports"], found["midi_virtual"]) == (["Keystation", "Seaboard"], True)
    assert sheet.midi.ports.currentRow() == 1
    QTest.keyClick(sheet.midi.ports, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ports.wanted == (("Keystation",), True), timeout=5000)


def test_a_channel_and_mpe_are_obeyed(win: MainWindow, ports: PlayedPorts, engine: FakeEngine, qtbot: QtBot) -> None:
    sheet = turned_to(win)
    pick(sheet.midi.channel, 2)
    qtbot.waitUntil(win.midi._input._requests.empty if win.midi._input else lambda: False, timeout=5000)
    ports.put(*(Arrival(1.0, "Keystation", bytes((0x90 | channel, 60 + channel, 100))) for channel in (0, 1, 2)))
    qtbot.waitUntil(lambda: win.midi.arrived == 3, timeout=5000)
    assert begun(engine) == [61], "channel 2, counted from 1"
    pick(sheet.midi.mpe, "lower")
    assert (stored(win)["midi_channel"], stored(win)["midi_mpe"]) == (2, "lower")
    assert win.midi._wanted.mpe == "lower"


def test_ports_come_and_go_while_the_page_is_shown(win: MainWindow, ports: PlayedPorts, qtbot: QtBot) -> None:
    sheet = turned_to(win)
    ports.there = PortList(("Seaboard", "Launchkey"), True)
    qtbot.waitUntil(
        lambda: shown(sheet) == {"Seaboard": UNCHECKED, "Launchkey": UNCHECKED, "Keystation (not connected)": CHECKED},
        timeout=5000,
    )
    assert "“Keystation” is not there: connect it" in sheet.midi.state.text()
    assert sheet.midi.ports.isVisible()
    win.settings.change(midi_ports=())
    ports.there = PortList((), True)
    qtbot.waitUntil(lambda: shown(sheet) == {}, timeout=5000)
    assert not sheet.midi.ports.isVisible(), "an empty list is a gap between a heading and its sentence"


@pytest.mark.parametrize(
    ("wanted", "there", "sentence"),
    [
        (Settings(midi_ports=("Keystation",)), PortList(("Seaboard",)), "“Keystation” is not there"),
        (Settings(midi_virtual=True), PortList(("Seaboard",)), "no virtual MIDI ports"),
        (Settings(midi_ports=("Keystation",)), PortList(trouble="Install the library."), "Install the library."),
        (Settings(midi_ports=("Keystation",)), PortList(("Keystation",)), ""),
        (Settings(), PortList(trouble="Install the library."), ""),
    ],
)
def test_what_is_wanted_and_missing_is_told_at_the_start_in_one_sentence(
    win: MainWindow, qtbot: QtBot, wanted: Settings, there: PortList, sentence: str
) -> None:
    made, told = PlayedPorts(), list[str]()
    made.there = there
    win.midi._open_ports = lambda: made
    win.midi.told.connect(told.append)
    win.midi.start(wanted)
    win.midi._first_look.join(5)
    QApplication.processEvents()
    assert len(told) == (1 if sentence else 0) and all(sentence in text for text in told)


def test_a_program_change_goes_to_the_preset_of_that_number(win: MainWindow, ports: PlayedPorts, qtbot: QtBot) -> None:
    with qtbot.waitSignal(win.loader.loaded, timeout=20_000):
        ports.put(Arrival(1.0, "Keystation", bytes((0xC0, 99))), Arrival(1.0, "Keystation", bytes((0xC0, 2))))
    assert win.desk.preset is not None
    assert Path(win.desk.preset.source_path) == win.presets.all_paths()[2]


def test_the_panic_key_lets_midis_notes_go_too(
    win: MainWindow, ports: PlayedPorts, engine: FakeEngine, qtbot: QtBot
) -> None:
    ports.put(Arrival(time.monotonic(), "Keystation", bytes((0x90, 64, 100))))
    qtbot.waitUntil(lambda: held(engine) == [64], timeout=5000)
    QTest.keyClick(win, Qt.Key.Key_Escape, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: [e for e, _, _ in engine.notes].count(AllSoundOff()) == 2, timeout=5000)
    qtbot.waitUntil(lambda: not win.keys.is_lit(64), timeout=5000)


def test_the_windows_end_closes_the_ports_and_ends_their_notes(
    win: MainWindow, ports: PlayedPorts, engine: FakeEngine, qtbot: QtBot
) -> None:
    ports.put(Arrival(1.0, "Keystation", bytes((0x90, 64, 100))))
    qtbot.waitUntil(lambda: held(engine) == [64], timeout=5000)
    win.close()
    assert ports.closed and held(engine) == []
