"""The audio page: devices, rates and buffers reach the engine and are stored; what is refused changes nothing."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
)
from pytestqt.qtbot import QtBot

from synth.device.devices import Device
from synth.device.outputs import Output
from synth.errors import AudioDeviceError
from tests.doubles.engine import FakeEngine
from tests.ui.hands.scene import preset_files, window
from tests.ui.hands.settings import DEVICES, offers, pick, stored
from ui.settings.sheet import SettingsSheet
from ui.settings.store import SettingsFile
from ui.shell.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


def test_devices_are_offered_by_host_interface(sheet: SettingsSheet) -> None:
    audio = sheet.audio
    assert offers(audio.host) == ["All", "ALSA", "JACK"]
    assert offers(audio.device) == [None, *(device.label for device in DEVICES)]
    assert audio.device.currentText() == "System default (pulse)"
    pick(audio.host, "JACK")
    assert offers(audio.device) == [None, "system (JACK)"]


def test_a_device_rate_and_buffer_are_asked_of_the_engine_and_kept(
    sheet: SettingsSheet, win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    audio = sheet.audio
    pick(audio.device, "system (JACK)")
    qtbot.waitUntil(audio.rate.isEnabled)
    assert audio.rate.itemText(0) == "Device’s own (96 kHz)"
    pick(audio.rate, 48000)
    qtbot.waitUntil(audio.buffer.isEnabled)
    pick(audio.buffer, 0.09)
    qtbot.waitUntil(audio.buffer.isEnabled)
    wanted = Output("system (JACK)", 48000, 0.09)
    assert engine.outputs[-1] == wanted
    assert stored(win)["output"] == {"device": "system (JACK)", "rate_hz": 48000, "buffer_s": 0.09}
    assert SettingsFile(win.settings.path).settings.output == wanted
    win.header.devices.refresh()


def test_a_refusal_is_said_on_the_sheet_and_in_the_banner_and_nothing_changes(
    sheet: SettingsSheet, win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.refusal = "The output “pulse” cannot run at 96 kHz: choose another rate."
    pick(sheet.audio.rate, 96000)
    qtbot.waitUntil(sheet.audio.rate.isEnabled)
    assert sheet.sentence.text() == engine.refusal == win.banner.text
    assert sheet.sentence.isVisible()
    assert sheet.audio.rate.currentData() is None
    assert engine.outputs == []
    assert not win.settings.path.exists()


def test_a_device_of_the_command_line_is_not_stored_with_a_buffer(
    qtbot: QtBot, qapp: QApplication, engine: FakeEngine, tmp_path: Path
) -> None:
    made = window(preset_files(tmp_path), engine, tmp_path / "home")
    qtbot.addWidget(made)
    made.settings.output = replace(made.settings.output, device="Studio")
    made.settings.change_output(buffer_s=0.2)
    qtbot.waitUntil(lambda: engine.outputs != [])
    qtbot.waitUntil(lambda: made.settings.settings.output.buffer_s == 0.2)
    assert engine.outputs == [Output("Studio", None, 0.2)]
    assert stored(made)["output"] == {"device": None, "rate_hz": None, "buffer_s": 0.2}
    made.close()


def test_a_sound_system_that_does_not_answer_is_a_sentence(sheet: SettingsSheet, win: MainWindow) -> None:
    def silent() -> list[Device]:
        raise AudioDeviceError("The sound system does not answer: check that it runs.")

    win.settings.list_devices = silent
    sheet.audio.refresh()
    assert "does not answer" in sheet.sentence.text()
    assert offers(sheet.audio.device) == [None]


def test_the_measured_latency_stands_beside_the_buffer(sheet: SettingsSheet, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.state = replace(engine.state, device_s=0.071, latency_s=0.113, underruns=2)
    qtbot.waitUntil(lambda: "71 ms" in sheet.audio.measured.text(), timeout=2000)
    assert "113 ms" in sheet.audio.measured.text()
    assert "2 underruns" in sheet.audio.measured.text()
    engine.state = replace(engine.state, device_s=0.0)
    qtbot.waitUntil(lambda: "nothing to measure" in sheet.audio.measured.text(), timeout=2000)


def test_the_test_tone_is_one_press_away(sheet: SettingsSheet, engine: FakeEngine) -> None:
    sheet.audio.tone.setFocus()
    QTest.keyClick(sheet.audio.tone, Qt.Key.Key_Return)
    assert engine.calls == ["test tone"]
