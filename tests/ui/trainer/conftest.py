"""A recording to grow from, and the stage to do it on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from tests.ui.trainer.stage import Stage, children
from ui.shell.main_window import MainWindow


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Five seconds at 22 kHz: silence for one, a tone for three, silence again."""
    time_s = np.arange(5 * 22050) / 22050
    tone = 0.5 * np.sin(2 * np.pi * 440 * time_s) * ((time_s >= 1) & (time_s < 4))
    sf.write(tmp_path / "a note.wav", tone, 22050)
    return tmp_path / "a note.wav"


@pytest.fixture
def stage(win: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    yield Stage(win, engine, qtbot, tmp_path)
    win.close()
    assert children() == []
