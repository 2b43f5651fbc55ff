"""The command in a process of its own, as the user starts it: real engine, no screen; what was done there is told."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from synth.presets.file import save_preset
from tests.doubles.cultures import steady_preset
from tests.ui.hands.forks import forked

_PROGRAM = """
import json, sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

first, act, *arguments = sys.argv[1:]
said = {}

def look():
    for window in QApplication.topLevelWidgets():
        if type(window).__name__ == "MainWindow" and window.isVisible() and window.engine.view() is not None:
            timer.stop()
            exec(act, {**globals(), "window": window})

import ui.shell.app
from ui.shell.app import apply_theme, run
from ui.shell.probe import look_at_display
from synth.errors import PetrichordError

def begin(command_s_own):
    global app, timer
    app, timer = command_s_own, QTimer()
    apply_theme(app)
    timer.timeout.connect(look)
    timer.start(20)

ui.shell.app.apply_theme = begin
exec(first)

try:
    said["code"] = run(*[argument or None for argument in arguments], look_at_display().screens)
except PetrichordError as error:
    said["error"] = str(error)
said["heavy"] = [name for name in ("bigvgan", "librosa", "matplotlib", "training") if name in sys.modules]
said["threads"] = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
print(json.dumps(said))
"""


def furnish(home: Path, *names: str) -> None:
    """Give the user presets of these names."""
    presets = home / "data" / "petrichord" / "presets"
    presets.mkdir(parents=True)
    for name in names:
        save_preset(replace(steady_preset(64), name=name.capitalize()), presets / f"{name}.safetensors")


def live(
    home: Path,
    act: str,
    preset: str = "",
    device: str = "",
    *,
    first: str = "",
    screen_size: tuple[int, int] = (1920, 1080),
    variables: dict[str, str] | None = None,
    fresh: bool = False,
) -> dict[str, object]:
    """One life of the command; what it `said`.

    `act` is run when the `window` is there, and must close it; `first` before anything of ours is imported. `variables`
    are the environment's beside the usual ones, such as those of a real screen. With `fresh` Python itself is started
    anew, not only our program.
    """
    screen = home / "screen.json"
    size = dict(zip(("width", "height"), screen_size, strict=True))
    screen.write_text(json.dumps({"screens": [{"name": "only", "x": 0, "y": 0, **size}]}))
    environment = {**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={screen}", "HOME": str(home)}
    environment |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("DATA", "STATE", "CONFIG", "CACHE")}
    environment |= variables or {}
    arguments = [first, act, preset, device]
    if fresh or not hasattr(os, "fork"):
        command = [sys.executable, "-c", _PROGRAM, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    else:
        done = forked(_PROGRAM, arguments, environment, home, 120)
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said
