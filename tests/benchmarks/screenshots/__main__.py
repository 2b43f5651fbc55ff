"""Pictures of the window in its states, with the real engine playing.

    python -m tests.benchmarks.screenshots OUTDIR [PRESET] [--scale 1] [--only training settings]

Runs under a private X server (software rendering) and a private PulseAudio null sink. Look at them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from synth.commands.cli import prepare_environment
from tests.benchmarks.screenshots.camera import Camera
from tests.benchmarks.screenshots.scenes import SCENES
from tests.doubles.rig import Rig
from tests.ui.hands.display import virtual_display
from ui.shell.main_window import MainWindow


def _inside(folder: Path, preset: str, scenes: list[str]) -> int:
    """In the private display: run the command's window and photograph it."""
    from synth.commands.cli import main as command

    app = QApplication(["petrichord"])
    timer, camera = QTimer(), Camera(folder)

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and window.engine.view() is not None:
                timer.stop()
                try:
                    for scene in scenes:
                        window.resize(1280, 800)
                        SCENES[scene](window, camera)
                finally:
                    window.close()

    timer.timeout.connect(look)
    timer.start(50)
    code = command([preset] if preset else [])
    camera.develop()
    del app
    return code


def main() -> int:
    """Set the stage, then run again inside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("preset", nargs="?", default="")
    parser.add_argument("--scale", default="1", help="device pixel ratio, as QT_SCALE_FACTOR")
    parser.add_argument("--only", nargs="+", choices=SCENES, default=list(SCENES), help="these states, in this order")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    if os.environ.get("PETRICHORD_STAGE"):
        return _inside(args.folder, args.preset, args.only)
    with tempfile.TemporaryDirectory() as name, virtual_display(3900, 2200) as screen:
        rig = Rig(Path(name))
        rig.start()
        try:
            stage = {"QT_QPA_PLATFORM": "xcb", "PETRICHORD_STAGE": "1", "QT_SCALE_FACTOR": args.scale}
            # What the command sets before torch is imported: this module has imported it already.
            prepare_environment()
            environment = {**rig.environment, **stage, "DISPLAY": screen["DISPLAY"]}
            environment |= {name: os.environ[name] for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
            command = [sys.executable, "-m", "tests.benchmarks.screenshots", str(args.folder), args.preset]
            command += ["--only", *args.only]
            with rig.capture():
                return subprocess.run(command, env=environment, timeout=900, check=False).returncode
        finally:
            rig.close()


if __name__ == "__main__":
    sys.exit(main())
