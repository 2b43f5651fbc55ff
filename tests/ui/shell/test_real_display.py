"""The main job once more under a real X server with a window manager: focus and keys as a desktop has them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.ui.hands.display import virtual_display

_JOBS = "test_from_launch_to_a_take_by_keyboard or test_tab_reaches or test_enter_presses or test_takes_are_listed"


def test_the_main_job_works_under_xvfb_and_openbox() -> None:
    assert shutil.which("openbox"), "openbox is missing: install openbox"
    here = Path(__file__).parents[1]
    names = ("window/test_keyboard_walk.py", "shell/test_main_window.py", "takes/test_takes.py")
    files = [str(here / name) for name in names]
    with virtual_display() as screen:
        manager = subprocess.Popen(["openbox"], env=screen, stderr=subprocess.DEVNULL)
        try:
            environment = {**os.environ, **screen}
            child = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", _JOBS, *files],
                env=environment,
                capture_output=True,
                text=True,
                timeout=240,
                cwd=here.parents[1],
                check=False,
            )
        finally:
            manager.terminate()
            manager.wait(10)
    assert child.returncode == 0, child.stdout[-3000:]
    assert "4 passed" in child.stdout, child.stdout[-500:]
