"""Is there a display Qt can use? Asked in a child process, because Qt ends the process when there is none."""

import os
import subprocess
import sys

_TIMEOUT_S = 20.0
_PROGRAM = """
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(["petrichord"])
print(len(app.screens()))
"""


def display_usable() -> tuple[bool, str]:
    """Whether a window can be opened, and in one sentence why not."""
    if sys.platform.startswith("linux") and not _display_named():
        return False, "neither DISPLAY nor WAYLAND_DISPLAY is set."
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"the display did not answer within {_TIMEOUT_S:.0f} s."
    except OSError as problem:
        return False, f"the display could not be asked: {problem}."
    if done.returncode == 0 and done.stdout.strip() not in ("", "0"):
        return True, ""
    complaints = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return False, complaints[0].rstrip(".") + "." if complaints else "Qt found no screen."


def _display_named() -> bool:
    # offscreen, vnc, eglfs and others need neither.
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform not in ("", "xcb", "wayland", "wayland-egl"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
