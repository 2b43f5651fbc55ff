"""Takes of an earlier start are takes."""

import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_the_newest_take_on_disk_is_the_last_take_after_a_restart(
    win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot
) -> None:
    assert engine.state.last_take is None, "none since the start"
    qtbot.waitUntil(lambda: win.transport.take.text() == "…/takes/newest · 0:01", timeout=5000)
    assert win.transport.show_folder.isVisible()
    QTest.keyClick(win, Qt.Key.Key_P, CTRL | SHIFT)
    assert engine.calls[-1] == "play newest.wav"


def test_a_take_made_since_takes_its_place(win: MainWindow, engine: FakeEngine, takes: Path, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "newest" in win.transport.take.text(), timeout=5000)
    engine.state = replace(engine.state, last_take=takes / "middle.wav")
    qtbot.waitUntil(lambda: win.transport.take.text() == "…/takes/middle · 0:02", timeout=5000)


def test_a_take_that_is_thrown_away_gives_way_to_the_newest_that_is_left(
    win: MainWindow, takes: Path, qtbot: QtBot, data_home: Path
) -> None:
    os.utime(takes / "middle.wav", (2 * 10**9, 2 * 10**9))
    win.takes._look_for_earlier()
    qtbot.waitUntil(lambda: "middle" in win.transport.take.text(), timeout=5000)
    with qtbot.waitSignal(win.takes.keeper.trashed, timeout=5000):
        win.takes.keeper.trash(takes / "middle.wav")
    qtbot.waitUntil(lambda: "newest" in win.transport.take.text(), timeout=5000)


def test_continuing_says_from_where(win: MainWindow) -> None:
    assert win.takes.sheet.go_on.text() == "Continue from its beginning"
    assert "began" in win.takes.sheet.go_on.toolTip()
