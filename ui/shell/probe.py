"""Is there a display Qt can use? Asked in a child process, because Qt ends the process when there is none."""

import os
import subprocess
import sys
from dataclasses import dataclass

SCALE_VARIABLE = "QT_SCALE_FACTOR"
_TIMEOUT_S = 20.0
_PROGRAM = """
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(["petrichord"])
rooms = [screen.availableGeometry() for screen in app.screens()]
print(" ".join(f"{room.width()}x{room.height()}" for room in rooms))
"""


@dataclass(frozen=True)
class Display:
    """What there is to open a window on."""

    usable: bool
    why: str = ""
    """In one sentence, why not."""
    screens: tuple[tuple[int, int], ...] = ()
    """Width and height that windows have on each, in units of the system's own scaling."""


def display_usable() -> tuple[bool, str]:
    """Whether a window can be opened, and in one sentence why not."""
    display = look_at_display()
    return display.usable, display.why


def look_at_display() -> Display:
    """Ask Qt, as it is without a scale factor of ours or the user's."""
    if sys.platform.startswith("linux") and not _display_named():
        return Display(False, "neither DISPLAY nor WAYLAND_DISPLAY is set.")
    environment = {name: value for name, value in os.environ.items() if name != SCALE_VARIABLE}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return Display(False, f"the display did not answer within {_TIMEOUT_S:.0f} s.")
    except OSError as problem:
        return Display(False, f"the display could not be asked: {problem}.")
    if done.returncode == 0 and done.stdout.strip():
        sizes = [size.split("x") for size in done.stdout.split()]
        return Display(True, screens=tuple((int(width), int(height)) for width, height in sizes))
    complaints = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return Display(False, complaints[0].rstrip(".") + "." if complaints else "Qt found no screen.")


def _display_named() -> bool:
    # offscreen, vnc, eglfs and others need neither.
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform not in ("", "xcb", "wayland", "wayland-egl"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
