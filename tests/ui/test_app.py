"""The window as the command opens it: real engine, no screen, no device."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth.preset_file import save_preset
from tests.cultures import steady_preset

_PROGRAM = """
import json, sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

app = QApplication(["petrichord"])
said = {}

def look():
    for window in QApplication.topLevelWidgets():
        if type(window).__name__ == "MainWindow" and window.isVisible() and window.engine.view() is not None:
            timer.stop()
            if "crash" in sys.argv:
                QTimer.singleShot(0, lambda: 1 // 0)
            window.transport.play.click()
            report(window)
            return

def report(window):
    status = window.engine.status()
    if not status.playing or window.engine.view().frame <= 10:
        # The subprocess's time limit is the only one: a busy machine is slow, not wrong.
        QTimer.singleShot(50, lambda: report(window))
        return
    said.update(preset=status.preset, playing=status.playing, banner=window.banner.urgent)
    said.update(frame=window.engine.view().frame)
    window.close()

timer = QTimer()
timer.timeout.connect(look)
timer.start(20)

from ui.app import run
from synth.errors import PetrichordError

try:
    said["code"] = run(sys.argv[1] or None)
except PetrichordError as error:
    said["error"] = str(error)
said["heavy"] = [name for name in ("bigvgan", "librosa", "matplotlib", "training") if name in sys.modules]
said["threads"] = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
print(json.dumps(said))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder with one preset of their own."""
    presets = tmp_path / "data" / "petrichord" / "presets"
    presets.mkdir(parents=True)
    save_preset(steady_preset(), presets / "violin.safetensors")
    return tmp_path


def _run(home: Path, preset: str, *more: str) -> dict[str, object]:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, preset, *more],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_it_opens_plays_and_closes_without_heavy_imports_or_leftover_threads(home: Path) -> None:
    said = _run(home, "")
    assert said["code"] == 0
    assert said["preset"] == "Steady test tone"
    assert said["playing"]
    assert int(str(said["frame"])) > 10
    assert said["heavy"] == []
    assert said["threads"] == []


def test_a_damaged_preset_is_said_in_the_window_and_the_default_plays(home: Path) -> None:
    damaged = home / "damaged.safetensors"
    damaged.write_bytes(b"\x00" * 100)
    said = _run(home, str(damaged))
    assert said["preset"] == "Steady test tone"
    assert "damaged.safetensors" in str(said["banner"])


def test_a_preset_that_is_not_there_is_one_sentence(home: Path) -> None:
    said = _run(home, "theremin")
    assert str(said["error"]).startswith("There is no preset “theremin”")


def test_an_unexpected_error_is_logged_and_said_and_the_sound_goes_on(home: Path) -> None:
    said = _run(home, "", "crash")
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
