"""The pages of files and of the engine: where things lie, what computes, what an examination finds."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from tests.ui.hands.settings import pick, stored
from ui.settings.engine import Machine
from ui.settings.sheet import SettingsSheet
from ui.shell.main_window import MainWindow
from ui.window.geometry import scales_that_fit

CTRL = Qt.KeyboardModifier.ControlModifier


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


@pytest.mark.parametrize(
    ("screen", "ratio", "in_force", "offered"),
    [
        ((3840, 2160), 1.0, "", [1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0]),
        ((1920, 1080), 1.0, "", [1.0, 1.25, 1.5]),
        ((1280, 720), 1.0, "", [1.0]),
        ((1280, 720), 1.5, "1.5", [1.0, 1.25, 1.5]),
        ((1920, 1080), 2.0, "", [1.0, 1.25, 1.5]),
    ],
)
def test_sizes_are_offered_with_which_the_smallest_window_fits(
    monkeypatch: pytest.MonkeyPatch, screen: tuple[int, int], ratio: float, in_force: str, offered: list[float]
) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", in_force or "1")
    assert scales_that_fit(QSize(*screen), ratio, 1.0) == offered
    assert scales_that_fit(QSize(*screen), ratio, 3.0)[-1] == 3.0, "what is stored is shown"


def test_the_size_is_stored_for_the_next_start(sheet: SettingsSheet, win: MainWindow) -> None:
    box = sheet.files.scale
    box.addItem("150 %", 1.5)
    pick(box, 1.5)
    assert stored(win)["interface_scale"] == 1.5


def test_the_engine_page_says_what_computes(sheet: SettingsSheet, qtbot: QtBot) -> None:
    import os

    page = sheet.engine
    sheet.turn_to(page)
    qtbot.waitUntil(lambda: "Computed on" in page.culture.text(), timeout=30_000)
    assert page.processor.text().startswith(f"{os.cpu_count()} cores")
    assert page.gpu.text().endswith(".")
    qtbot.waitUntil(lambda: page.now.text().startswith("86 steps/s"), timeout=5000)
    for count, said in (
        (0, "; 0 underruns."),
        (1, "1 underrun; 1 culture ran wild and was reseeded."),
        (2, "2 underruns; 2 cultures ran wild and were reseeded."),
    ):
        page.show_status(replace(FakeEngine().status(), underruns=count, rescues=count))
        assert page.now.text().endswith(said)


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
