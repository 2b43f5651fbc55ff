"""The window as the command opens it: real engine, no screen, no device."""

import sys
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.hands.lives import furnish, live
from ui.shell.app import Collector

_PLAY = """
def report():
    status = window.engine.status()
    if not status.playing or window.engine.view().frame <= 10:
        # The subprocess's time limit is the only one: a busy machine is slow, not wrong.
        QTimer.singleShot(50, report)
        return
    said.update(preset=status.preset, playing=status.playing, banner=window.banner.urgent)
    said.update(frame=window.engine.view().frame)
    window.close()

window.transport.play.click()
report()
"""
_CRASH = "QTimer.singleShot(0, lambda: 1 // 0)"
_WATCH = """
from synth.engine.rate_change import ReopeningEngine
start = ReopeningEngine.start

def watched(engine):
    windows = [w for w in QApplication.topLevelWidgets() if type(w).__name__ == "MainWindow"]
    said["settings made"] = [window.settings_opener._sheet is not None for window in windows]
    said["training imported"] = "ui.trainer.studio" in sys.modules
    start(engine)

ReopeningEngine.start = watched
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder with one preset of their own."""
    furnish(tmp_path, "violin")
    return tmp_path


def test_it_opens_plays_and_closes_without_heavy_imports_or_leftover_threads(home: Path) -> None:
    said = live(home, _PLAY, fresh=True)
    assert said["code"] == 0
    assert said["preset"] == "Violin"
    assert said["playing"]
    assert int(str(said["frame"])) > 10
    assert said["heavy"] == []
    assert said["threads"] == []


def test_what_takes_long_is_made_before_the_sound_starts(home: Path) -> None:
    """Building widgets and importing modules hold Python's lock: a sheet first opened while playing broke the sound."""
    said = live(home, _PLAY, first=_WATCH)
    assert said["settings made"] == [True]
    assert said["training imported"]


def test_a_damaged_preset_is_said_in_the_window_and_the_default_plays(home: Path) -> None:
    damaged = home / "damaged.safetensors"
    damaged.write_bytes(b"\x00" * 100)
    said = live(home, _PLAY, str(damaged))
    assert said["preset"] == "Violin"
    assert "damaged.safetensors" in str(said["banner"])


def test_a_preset_that_is_not_there_is_one_sentence(home: Path) -> None:
    said = live(home, _PLAY, "theremin")
    assert str(said["error"]).startswith("There is no preset “theremin”")


def test_an_unexpected_error_is_logged_and_said_and_the_sound_goes_on(home: Path) -> None:
    said = live(home, f"{_CRASH}\n{_PLAY}")
    assert "ZeroDivisionError" in str(said["banner"])
    assert said["playing"]
    (log,) = home.rglob("petrichord.log")
    assert "ZeroDivisionError" in log.read_text()


def test_qt_keeps_its_hands_off_none() -> None:
    """PySide6 6.12.0 on Python 3.11 lost one reference to None per call: five thousand calls, and Python aborts."""
    from PySide6.QtCore import QObject

    target = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        target.setObjectName("a")
    # From 3.12 on None is immortal and its count says nothing.
    assert sys.getrefcount(None) - before > -100


def test_garbage_is_collected_on_the_windows_thread_whoever_wants_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, collected_by = Collector(), []
    monkeypatch.setattr("ui.shell.app.gc.collect", lambda: collected_by.append(threading.current_thread()))
    asks = threading.Thread(target=collector.wanted.emit)
    asks.start()
    asks.join()
    assert not collected_by
    qtbot.waitUntil(lambda: bool(collected_by), timeout=1000)
    assert collected_by == [threading.main_thread()]
