"""The settings: what is chosen reaches the engine and is stored; what is refused is said and changes nothing."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from synth.devices import Device
from synth.errors import AudioDeviceError
from synth.outputs import Output
from synth.settings import SettingsFile
from tests.ui.fake_engine import FakeEngine
from tests.ui.scene import preset_files, window
from ui.main_window import MainWindow
from ui.settings.engine import Machine
from ui.settings.sheet import SettingsSheet

CTRL = Qt.KeyboardModifier.ControlModifier
DEVICES = [
    Device(0, "HDA Intel", "ALSA", 48000, False),
    Device(1, "pulse", "ALSA", 44100, True),
    Device(2, "system", "JACK", 96000, False),
]


@pytest.fixture
def sheet(win: MainWindow) -> SettingsSheet:
    """Opened by its key."""
    win.settings.list_devices = lambda: list(DEVICES)
    QTest.keyClick(win, Qt.Key.Key_Comma, CTRL)
    return win.settings.sheet()


def pick(box: QComboBox, value: object) -> None:
    """Choose an entry as a hand does."""
    index = box.findData(value)
    assert index >= 0, f"{value} is not offered by {box.accessibleName()}"
    box.setCurrentIndex(index)
    box.activated.emit(index)


def offers(box: QComboBox) -> list[object]:
    return [box.itemData(i) for i in range(box.count())]


def stored(win: MainWindow) -> dict[str, object]:
    """What the next start will find."""
    win.settings._writer.submit(lambda: None).result()
    found: dict[str, object] = json.loads(win.settings.path.read_text())
    return found


def test_the_sheet_opens_by_key_and_gear_and_is_made_only_then(win: MainWindow) -> None:
    assert win.settings._sheet is None
    win.header.settings.click()
    made = win.settings.sheet()
    assert made.isVisible()
    QTest.keyClick(made, Qt.Key.Key_Escape)
    assert not made.isVisible()
    QTest.keyClick(win, Qt.Key.Key_Comma, CTRL)
    assert made.isVisible()


def test_a_wheel_that_scrolls_past_changes_no_setting(sheet: SettingsSheet) -> None:
    for box in (sheet.audio.device, sheet.audio.buffer):
        before, at = box.currentIndex(), QPointF(box.rect().center())
        none = Qt.MouseButton.NoButton
        for turn in (-120, 120):
            QApplication.sendEvent(
                box,
                QWheelEvent(
                    at, box.mapToGlobal(at), QPoint(), QPoint(0, turn), none, Qt.KeyboardModifier.NoModifier,
                    Qt.ScrollPhase.NoScrollPhase, False,
                ),
            )  # fmt: skip
            assert box.count() > 2 and box.currentIndex() == before


def test_the_sound_goes_on_beneath_it(sheet: SettingsSheet, win: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(win, Qt.Key.Key_Space)
    assert engine.calls == ["play"]


def test_pages_turn_by_arrow_keys(sheet: SettingsSheet) -> None:
    assert QApplication.focusWidget() is sheet.list
    seen = []
    for _ in sheet.pages:
        seen.append(sheet.stack.currentIndex())
        QTest.keyClick(sheet.list, Qt.Key.Key_Down)
    assert seen == [0, 1, 2, 3]


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
    assert "2 breaks" in sheet.audio.measured.text()
    engine.state = replace(engine.state, device_s=0.0)
    qtbot.waitUntil(lambda: "nothing to measure" in sheet.audio.measured.text(), timeout=2000)


def test_what_the_engine_says_meanwhile_is_seen_on_the_sheet(
    sheet: SettingsSheet, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.notify("The output runs at 96 kHz now; the culture has gone on.")
    qtbot.waitUntil(lambda: "96 kHz" in sheet.sentence.text(), timeout=2000)


def test_the_test_tone_is_one_press_away(sheet: SettingsSheet, engine: FakeEngine) -> None:
    sheet.audio.tone.setFocus()
    QTest.keyClick(sheet.audio.tone, Qt.Key.Key_Return)
    assert engine.calls == ["test tone"]


def test_takes_go_to_the_folder_and_in_the_format_of_the_settings(
    sheet: SettingsSheet, win: MainWindow, tmp_path: Path
) -> None:
    files, folder = sheet.files, tmp_path / "my takes"
    sheet.turn_to(files)
    files.takes.setText(str(folder))
    QTest.keyClick(files.takes, Qt.Key.Key_Return)
    assert folder.is_dir()
    pick(files.format, "float32")
    assert (win.takes.folder, win.takes.sample_format) == (folder, "float32")
    assert stored(win)["take_folder"] == str(folder)
    assert stored(win)["take_format"] == "float32"
    files.takes.clear()
    QTest.keyClick(files.takes, Qt.Key.Key_Return)
    assert (win.takes.folder, win.takes.sample_format) == (None, "float32")


@pytest.mark.parametrize(("folder", "words"), [("takes", "full path"), ("/dev/null/takes", "cannot be made")])
def test_a_folder_that_cannot_be_used_is_refused_in_words(
    sheet: SettingsSheet, win: MainWindow, folder: str, words: str
) -> None:
    before = win.takes.folder
    sheet.turn_to(sheet.files)
    sheet.files.takes.setText(folder)
    QTest.keyClick(sheet.files.takes, Qt.Key.Key_Return)
    assert words in sheet.sentence.text()
    assert sheet.files.takes.text() == ""
    assert win.takes.folder == before


def test_every_folder_can_be_opened(sheet: SettingsSheet, win: MainWindow, tmp_path: Path) -> None:
    shown: list[Path] = []
    sheet.files.open_folder = shown.append
    sheet.turn_to(sheet.files)
    for button in sheet.files.opens.values():
        button.click()
    assert len(shown) == len(set(shown)) == 5
    assert all(folder.is_dir() for folder in shown)
    assert win.settings.places.presets in shown
    assert win.settings.path.parent in shown


def test_settings_that_cannot_be_written_are_said_and_hold(sheet: SettingsSheet, win: MainWindow, qtbot: QtBot) -> None:
    win.settings.path.parent.mkdir(parents=True, exist_ok=True)
    win.settings.path.mkdir()
    pick(sheet.files.format, "float32")
    qtbot.waitUntil(lambda: "cannot be written" in win.banner.text, timeout=5000)
    assert (win.takes.folder, win.takes.sample_format) == (None, "float32")


def test_the_engine_page_says_what_computes(sheet: SettingsSheet, qtbot: QtBot) -> None:
    import os

    page = sheet.engine
    sheet.turn_to(page)
    qtbot.waitUntil(lambda: "Computed on" in page.culture.text(), timeout=30_000)
    assert page.processor.text().startswith(f"{os.cpu_count()} cores")
    assert page.gpu.text().endswith(".")
    qtbot.waitUntil(lambda: page.now.text().startswith("86 steps/s"), timeout=5000)


def test_the_engine_page_names_no_card_that_was_lost(
    sheet: SettingsSheet, win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    page = sheet.engine
    sheet.turn_to(page)
    qtbot.waitUntil(lambda: "Computed on" in page.culture.text(), timeout=30_000)
    page._show(Machine("2 cores.", "NVIDIA card.", "", "Computed on the GPU (cuda) in float32."))
    assert "GPU (cuda)" in page.culture.text()
    sound = engine.view
    engine.view = lambda *, hidden=False: replace(sound(hidden=hidden), card_lost=True)  # type: ignore[method-assign]
    qtbot.waitUntil(lambda: "on the processor since the graphics card was lost" in page.culture.text(), timeout=5000)
    assert page.gpu.text() == "NVIDIA card. It was lost while it was played on."


def test_an_examination_runs_beside_the_window_and_lists_what_was_found(sheet: SettingsSheet, qtbot: QtBot) -> None:
    page = sheet.engine
    sheet.turn_to(page)
    page.measure.click()
    assert not page.measure.isEnabled()
    with qtbot.waitSignal(page.doctor.finished, timeout=120_000):
        pass
    for subject in ("Versions", "Audio", "GPU", "Presets", "Speed", "Log"):
        assert f"{subject}: " in page.findings.text()
    assert page.measure.isEnabled()


def test_closing_the_window_ends_an_examination(sheet: SettingsSheet, win: MainWindow) -> None:
    sheet.turn_to(sheet.engine)
    sheet.engine.measure.click()
    win.close()
    assert not sheet.engine.doctor.running
    assert not [t.name for t in threading.enumerate() if t.name.startswith(("settings-", "errand"))]


def _controls(sheet: QWidget) -> Iterator[QWidget]:
    kinds = (QAbstractButton, QComboBox, QLineEdit, QListWidget, QTableWidget)
    for widget in sheet.findChildren(QWidget):
        parts = isinstance(widget.parentWidget(), QComboBox | QTableWidget | QLineEdit)
        if isinstance(widget, kinds) and not parts and not widget.objectName().startswith("qt_"):
            yield widget


def test_every_control_says_what_it_is_and_does(sheet: SettingsSheet) -> None:
    found = [w for w in _controls(sheet) if type(w).__module__ != "PySide6.QtWidgets" or not _inside_a_view(w)]
    assert len(found) > 20
    assert not [f"{type(w).__name__} {w.objectName()}" for w in found if not w.accessibleName()]
    assert not [w.accessibleName() for w in found if isinstance(w, QAbstractButton | QComboBox) and not w.toolTip()]


def _inside_a_view(widget: QWidget) -> bool:
    """Corner buttons and popups that Qt builds for itself."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, SettingsSheet):
        if isinstance(parent, QComboBox | QTableWidget):
            return True
        parent = parent.parentWidget()
    return False


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
@pytest.mark.parametrize("page", range(4))
def test_nothing_is_clipped_on_any_page(
    sheet: SettingsSheet, win: MainWindow, qtbot: QtBot, page: int, size: tuple[int, int]
) -> None:
    win.resize(*size)
    sheet.list.setCurrentRow(page)
    if sheet.pages[page] is sheet.vocoder:
        qtbot.waitUntil(lambda: sheet.vocoder.table.rowCount() == 9, timeout=20_000)
    qtbot.wait(50)
    assert win.rect().contains(sheet.paper.geometry())
    shown = sheet.pages[page]
    viewport = shown.parentWidget()
    assert viewport is not None
    assert shown.height() <= viewport.height(), "the page needs scrolling"
    assert shown.width() <= viewport.width()
    for widget in [w for w in _controls(shown) if w.isVisible()]:
        assert widget.width() >= min(widget.minimumSizeHint().width(), 300), widget.accessibleName()
    for label in [w for w in shown.findChildren(QLabel) if w.isVisible() and w.wordWrap()]:
        assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_tab_reaches_every_control_of_a_page(sheet: SettingsSheet) -> None:
    for page in (sheet.audio, sheet.files):
        sheet.turn_to(page)
        wanted = {w for w in _controls(page) if w.isVisible() and w.isEnabled()}
        sheet.list.setFocus()
        seen: set[QWidget | None] = set()
        for _ in range(len(wanted) + 6):
            QTest.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
            seen.add(QApplication.focusWidget())
        assert not {w.accessibleName() for w in wanted - seen}
