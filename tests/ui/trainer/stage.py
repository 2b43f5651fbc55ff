"""The window with a stand-in for the trainer that behaves as it is told."""

import sys
from pathlib import Path

import psutil
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from synth.presets.file import save_preset
from tests.doubles.engine import FakeEngine
from tests.doubles.samples import live_preset
from ui.shell.main_window import MainWindow
from ui.trainer.desk import TrainDesk
from ui.trainer.sheet import TrainSheet
from ui.trainer.studio import Studio

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LONG = 120_000
"""Milliseconds. A trainer stands behind all other programs: on a busy machine it is slow, not wrong."""


class Stage:
    """The window with a trainer that behaves as it is told."""

    def __init__(self, win: MainWindow, engine: FakeEngine, qtbot: QtBot, folder: Path) -> None:
        self.win, self.engine, self.qtbot = win, engine, qtbot
        self.preset = folder / "grown.safetensors"
        save_preset(live_preset(seed=7, n_frames=64), self.preset)
        self.way, self._told = "well", False

    def behave(self, way: str) -> None:
        self.way = way
        if self.desk.opened:
            self.studio.command = self.command

    def command(self, *arguments: str) -> list[str]:
        """The trainer as it behaves now."""
        return [sys.executable, "-m", "tests.doubles.trainer", self.way, str(self.preset), *arguments]

    @property
    def desk(self) -> TrainDesk:
        return self.win.trainer

    @property
    def studio(self) -> Studio:
        studio = self.desk.studio
        if not self._told:
            self._told = True
            studio.command = self.command
        return studio

    @property
    def sheet(self) -> TrainSheet:
        return self.studio.sheet

    def choose(self, recording: Path) -> None:
        self.studio.take(recording)
        self.qtbot.waitUntil(lambda: self.sheet.choose.start.isEnabled(), timeout=LONG)

    def train(self, recording: Path, way: str = "well") -> None:
        self.behave(way)
        self.choose(recording)
        self.sheet.choose.start.click()

    def until_ended(self) -> str:
        self.qtbot.waitUntil(lambda: self.studio.ending is not None, timeout=LONG)
        return self.sheet.grow.sentence.text()

    def until_checkpoint(self) -> None:
        self.qtbot.waitUntil(lambda: len(self.sheet.grow.heard) > 0, timeout=LONG)


def children() -> list[psutil.Process]:
    """Trainers of this process that still run."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "train" in " ".join(child.cmdline())
    ]
