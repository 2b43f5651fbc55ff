"""A key of the window makes a real engine sound, and its release ends the sound."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.doubles.engines import ENGINES
from tests.ui.hands.scene import OUTPUTS, build, preset_files
from tests.ui.perform.hands import down, up
from ui.files.folders import Places
from ui.look.theme import apply_theme
from ui.shell.main_window import MainWindow


@pytest.fixture
def real(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """A window on an engine that computes sound for a clocked silent output."""
    apply_theme(qapp)
    engine = ENGINES["engine"]().engine
    places = Places(tmp_path / "presets", tmp_path / "favourites.json")
    window = MainWindow(engine, build, preset_files(tmp_path), lambda: list(OUTPUTS), places=places)
    qtbot.addWidget(window)
    engine.start()
    try:
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        yield window
        window.close()
    finally:
        engine.close()


def peak(win: MainWindow) -> float:
    """Of the latest 20 ms that the output was sent."""
    return float(np.abs(win.engine.sound(960)).max())


def test_a_key_sounds_without_the_drone_and_its_release_ends_it(real: MainWindow, qtbot: QtBot) -> None:
    assert peak(real) == 0.0
    down(real, "A")
    # −60 dBFS: far above any rounding, far below a note.
    qtbot.waitUntil(lambda: peak(real) > 1e-3, timeout=15_000)
    assert not real.engine.status().playing
    down(real, "D")
    up(real, "A")
    qtbot.wait(600)
    assert peak(real) > 1e-3, "the other key sounds on"
    up(real, "D")
    qtbot.waitUntil(lambda: peak(real) < 1e-5, timeout=15_000)
