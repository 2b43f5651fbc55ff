"""Windows without a screen, unless one is asked for with QT_QPA_PLATFORM."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from tests.ui.hands.scene import preset_files, window
from tests.ui.hands.settings import DEVICES
from tests.ui.hands.shelves import lay_takes, open_library, tagged_presets
from ui.look.theme import apply_theme
from ui.settings.sheet import SettingsSheet
from ui.shell.main_window import MainWindow
from ui.shell.overrides import guard_overrides

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# As the program does: a test whose override fails fails, and the other tests of its process go on.
guard_overrides()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the desktop keeps its trash, empty as yet."""
    folder = tmp_path / "share"
    folder.mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder


@pytest.fixture
def win(qtbot: QtBot, qapp: QApplication, engine: FakeEngine, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown window that plays the first of three presets."""
    apply_theme(qapp)
    made = window(preset_files(tmp_path), engine, tmp_path / "home")
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    with qtbot.waitSignal(made.loader.loaded, timeout=20_000):
        made.load(made.presets.paths()[0])
    yield made
    made.close()


@pytest.fixture
def library(qtbot: QtBot, engine: FakeEngine, tmp_path: Path) -> MainWindow:
    """A window on three tagged presets, the cello playing; all cards are read."""
    return open_library(qtbot, engine, tmp_path, tagged_presets(tmp_path))


@pytest.fixture
def takes(win: MainWindow, tmp_path: Path) -> Path:
    """A folder of three takes, "newest" recorded last; the oldest can be continued, one is damaged."""
    folder = tmp_path / "takes"
    lay_takes(win, folder)
    return folder


@pytest.fixture
def sheet(win: MainWindow) -> SettingsSheet:
    """Opened by its key."""
    win.settings.list_devices = lambda: list(DEVICES)
    QTest.keyClick(win, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    return win.settings_opener.sheet()
