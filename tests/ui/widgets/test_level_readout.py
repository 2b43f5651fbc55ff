"""Levels in numbers: held so that they can be read, and lights that are not missed."""

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.doubles.engine import FakeEngine
from ui.shell.main_window import MainWindow
from ui.widgets.level_readout import PEAK_HOLD_S, LevelReadout


@pytest.fixture
def readout(qtbot: QtBot) -> LevelReadout:
    made = LevelReadout()
    qtbot.addWidget(made)
    return made


def _peaks(readout: LevelReadout, *peaks: float, elapsed_s: float) -> list[str]:
    shown = []
    for peak in peaks:
        readout.show_levels((peak, -120.0), -23.04, 0, 0.0, elapsed_s)
        shown.append(readout.numbers.lines[0])
    return shown


def test_a_peak_is_held_and_then_gives_way_to_what_is_now(readout: LevelReadout) -> None:
    looks = math.floor(PEAK_HOLD_S / 0.1)
    shown = _peaks(readout, -3.06, *[-20.0] * (looks + 2), elapsed_s=0.1)
    assert shown[0] == "−3.1 dBFS"
    assert shown[1:looks] == ["−3.1 dBFS"] * (looks - 1)
    assert shown[-1] == "−20.0 dBFS"
    assert _peaks(readout, -2.0, elapsed_s=0.1) == ["−2.0 dBFS"], "a higher one is shown at once"
    assert readout.numbers.lines[1] == "−23.0 LUFS"
    assert readout.numbers.accessibleDescription() == "−2.0 dBFS, −23.0 LUFS"


def test_silence_is_no_number(readout: LevelReadout) -> None:
    readout.show_levels((-120.0, -120.0), -120.0, 0, 0.0, 0.1)
    assert readout.numbers.lines == ["– dBFS", "– LUFS"]


def test_the_limiter_light_tells_how_many_decibels_and_goes_out(readout: LevelReadout) -> None:
    readout.show_levels((-1.0, -1.0), -9.0, 0, 2.34, 0.1)
    assert readout.limiter.lines == ["Lim −2.3"]
    lit = readout.limiter.colour
    readout.show_levels((-1.0, -1.0), -9.0, 0, 0.0, 0.1)
    assert readout.limiter.lines == ["Lim 0"]
    assert readout.limiter.colour != lit


def test_the_clip_light_stays_until_it_is_clicked_and_comes_again(
    win: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    levels = win.header.levels

    def clipped(count: int) -> None:
        engine.state = replace(engine.state, clipped=count)

    assert not levels.clipping
    clipped(3)
    qtbot.waitUntil(lambda: levels.clipping, timeout=2000)
    win._looked_at -= 100.0
    win._look()
    assert levels.clipping, "it stays though nothing clips any more"
    assert levels.clip.property("lit") == "true"
    levels.clip.setFocus()
    QTest.keyClick(levels.clip, Qt.Key.Key_Return)
    assert not levels.clipping
    assert levels.clip.accessibleDescription() == "off"
    win._looked_at -= 100.0
    win._look()
    assert not levels.clipping
    clipped(4)
    qtbot.waitUntil(lambda: levels.clipping, timeout=2000)
