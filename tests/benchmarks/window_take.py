"""The window played by hand while it records: what the sink heard is what the take holds, to the sample.

    python -m tests.benchmarks.window_take [PRESET] [--seconds 15]

Real engine and window, private PulseAudio null sink, Xvfb (software rendering), 1280×800. A first short take is played
back and the machine is examined while the second is recorded, strokes go on all the while. Prints one JSON object; exit
code 1 when it fails.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import QEvent, QObject, QPoint, QTimer
from PySide6.QtWidgets import QApplication

from synth.commands.cli import prepare_environment
from synth.presets.model import LOOP_FRAMES
from tests.doubles.cultures import steady_preset
from tests.doubles.end_fades import between_fades
from tests.doubles.rig import Rig, align
from tests.ui.hands.display import virtual_display
from tests.ui.hands.mouse_and_keys import LEFT, RIGHT, move, pause, press, release

_FIRST_S = 1.5
_TICK_S = 0.02


class Painter(QObject):
    """Counts the culture's paint events."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 – Qt's name
        if event.type() == QEvent.Type.Paint:
            self.at.append(time.perf_counter())
        return False


def until(condition: object, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        pause(0.02)


def stroke(window: object, rng: random.Random) -> None:
    """Press, draw a curve, let go: half a second of mouse events over the culture."""
    view = window.culture.viewport()  # type: ignore[attr-defined]
    button = rng.choice([LEFT, LEFT, RIGHT])
    column, row, turn = rng.uniform(20, 150), rng.uniform(10, 70), rng.uniform(0, 2 * math.pi)

    def place(k: int) -> QPoint:
        at = column + 1.2 * k * math.cos(turn), min(max(row + 0.7 * k * math.sin(turn), 1.0), 78.0)
        found: QPoint = window.culture.position_of(*at).toPoint()  # type: ignore[attr-defined]
        return found

    press(view, place(0), button)
    for k in range(1, 20):
        move(view, place(k), button)
        pause(_TICK_S)
    release(view, place(20), button)


def perform(window: object, folder: Path, seconds: float) -> dict[str, object]:
    """Play, record a little, then record while the first take and the brush are at work."""
    takes, status = window.takes, window.engine.status  # type: ignore[attr-defined]
    transport, painter, rng = window.transport, Painter(), random.Random(1)  # type: ignore[attr-defined]
    window.settings.change_takes(take_folder=folder, take_format="float32", take_wait=True)  # type: ignore[attr-defined]
    window.resize(1280, 800)  # type: ignore[attr-defined]
    # Armed first: the take begins with Play and misses nothing of its fade-in.
    transport.record.click()
    until(lambda: status().armed)
    transport.play.click()
    until(lambda: status().recording_s > _FIRST_S)
    transport.record.click()
    # Its file is complete a moment after recording has ended.
    until(lambda: status().last_take is not None)
    first = status().last_take
    # As a person does: Record is pressed again when it shows that it can be.
    until(lambda: not transport.record.isChecked())
    transport.record.click()
    until(lambda: status().recording is not None)
    window.culture.viewport().installEventFilter(painter)  # type: ignore[attr-defined]
    examination = window.settings_opener.sheet().engine  # type: ignore[attr-defined]
    began, strokes = time.monotonic(), 0
    broken: list[int] = []
    while time.monotonic() - began < seconds:
        stroke(window, rng)
        strokes += 1
        broken.append(status().underruns)
        window.brushes.choose(rng.choice(["erase", "paint", "noise", "reseed", "freeze"]))  # type: ignore[attr-defined]
        if strokes == 4:
            takes.play_or_stop(first)
        if strokes == 6:
            examination.measure.click()
    transport.record.click()
    until(lambda: status().last_take != first)
    gaps = 1000 * np.diff(painter.at)
    return {
        "first": str(first),
        "take": str(status().last_take),
        "strokes": strokes,
        "examined": examination.findings.text(),
        "underruns": status().underruns,
        "underruns_by_stroke": broken,
        "device": status().device,
        "undos": window.engine.view().undos,  # type: ignore[attr-defined]
        "notices": [notice.text for notice in status().notices],
        "paint_ms_median": round(float(np.median(gaps)), 1),
        "paint_ms_p99": round(float(np.percentile(gaps, 99)), 1),
    }


def _inside(preset: str, folder: Path, seconds: float) -> int:
    """In the private display: the command's own window."""
    from synth.commands.cli import main as command
    from ui.shell.main_window import MainWindow

    app = QApplication(["petrichord"])
    timer, failed = QTimer(), list[str]()

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and window.engine.view() is not None:
                timer.stop()
                try:
                    print(json.dumps(perform(window, folder, seconds)), flush=True)
                except Exception:
                    # The window logs what fails in a slot; whoever started this process is told as well.
                    failed.append(traceback.format_exc())
                finally:
                    window.close()

    timer.timeout.connect(look)
    timer.start(50)
    code = command([preset])
    del app
    print(*failed, sep="\n", file=sys.stderr)
    return code or len(failed)


def compared(capture: np.ndarray, path: str) -> dict[str, object]:  # type: ignore[type-arg]
    """Where a take lies in what the sink heard, and how many of its samples are not there or differ."""
    whole, _ = soundfile.read(path, dtype="float32")
    # Its ends are faded in the file alone.
    take = between_fades(whole, 44100)
    offset = align(capture, take)
    begin, end = max(0, -offset), min(len(take), len(capture) - offset)
    differ = int((capture[begin + offset : end + offset] != take[begin:end]).any(axis=1).sum())
    loud = float(np.abs(take).max())
    return {
        "seconds": round(len(whole) / 44100, 2),
        "missing": len(take) - (end - begin),
        "differ": differ,
        "peak": loud,
    }


def take_against_capture(preset: str, seconds: float, folder: Path) -> dict[str, object]:
    """Play in a child process on a private server and display; its own figures with the comparison added."""
    rig = Rig(folder)
    rig.start()
    command = [sys.executable, "-m", "tests.benchmarks.window_take", preset, "--seconds", str(seconds)]
    try:
        with virtual_display() as screen, rig.capture() as capture:
            environment = {**screen, **rig.environment, "DISPLAY": screen["DISPLAY"], "QT_QPA_PLATFORM": "xcb"}
            environment |= {"XDG_MUSIC_DIR": str(folder), "LIBGL_ALWAYS_SOFTWARE": "1"}
            # What the command sets before torch is imported: this module has imported it already.
            prepare_environment()
            environment |= {name: os.environ[name] for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
            command += ["--inside", str(folder / "takes")]
            child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 90)
            assert child.returncode == 0, child.stderr
    finally:
        rig.close()
    result: dict[str, object] = json.loads(child.stdout.splitlines()[-1])
    heard = capture.audio()
    return result | {"first": compared(heard, str(result["first"])), "take": compared(heard, str(result["take"]))}


def main() -> int:
    """Measure and print, or be the child that plays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", nargs="?", help="name or path; default is a steady test culture")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return _inside(args.preset, args.inside, args.seconds)
    with tempfile.TemporaryDirectory() as name:
        preset = args.preset
        if preset is None:
            from synth.presets.file import save_preset

            preset = str(save_preset(steady_preset(LOOP_FRAMES), Path(name) / "steady.safetensors"))
        result = take_against_capture(preset, args.seconds, Path(name))
    print(json.dumps(result, indent=1))
    return int(bool(result["underruns"] or any(result[k]["missing"] or result[k]["differ"] for k in ("first", "take"))))  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
