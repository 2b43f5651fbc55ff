"""Train from the window's sheet while it plays, and prove that the sound never noticed.

    python -m tests.benchmarks.train_while_playing RECORDING [--minutes 1] [--audio-loss] [--pictures DIR]

The real window on a private X server, the real engine on a private PulseAudio: a take is recorded from before the
recording is dropped until after its preset is kept and plays; it must equal what the sink's monitor heard, without an
underrun. On the way the region is listened to, a checkpoint is heard and left again. Prints one JSON object; exit code
1 when a figure fails.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import soundfile

from tests.benchmarks.soak import LIMIT_DB
from tests.doubles.rig import Rig, worst_difference_db
from tests.ui.hands.display import virtual_display

_STAGE = "PETRICHORD_STAGE"

Wish = Callable[[], object]
"""True when the script may go on."""


def train_while_playing(
    recording: Path,
    minutes: float,
    folder: Path,
    pictures: Path | None = None,
    *,
    audio_loss: bool = False,
    tiny: bool = False,
) -> dict[str, Any]:
    """Run the stage in a child process; its report with the comparison added. `tiny` trains 36 iterations on twelve
    bands, by the same code, for machines that have no minutes to spare."""
    rig = Rig(folder)
    rig.start()
    command = [sys.executable, "-m", "tests.benchmarks.train_while_playing", str(recording), "--minutes", str(minutes)]
    command += ["--take", str(folder / "take.wav"), *(["--pictures", str(pictures)] if pictures else [])]
    command += [option for option, on in (("--tiny", tiny), ("--audio-loss", audio_loss)) if on]
    try:
        with virtual_display(1400, 900) as screen, rig.capture() as capture:
            homes = {f"XDG_{name}_HOME": str(folder / name) for name in ("DATA", "CONFIG", "STATE", "CACHE")}
            stage = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": screen["DISPLAY"], _STAGE: "1", **homes}
            window = subprocess.run(
                command, env={**rig.environment, **stage}, capture_output=True, text=True, timeout=60 * minutes + 420
            )
            # A take ends when its file is closed; what the monitor still holds is on its way.
            time.sleep(0.5)
        assert window.returncode == 0, window.stdout + window.stderr
    finally:
        rig.close()
    take, rate = soundfile.read(folder / "take.wav", dtype="float32")
    assert rate == rig.rate_hz
    difference_db, offset = worst_difference_db(capture.audio(), take)
    report: dict[str, Any] = json.loads(window.stdout.splitlines()[-1])
    return report | {"difference_db": difference_db, "offset_samples": offset, "take_s": round(len(take) / rate, 1)}


def failures(result: dict[str, Any]) -> list[str]:
    """Every figure that is not reached, in words."""
    found = []
    if result["difference_db"] > LIMIT_DB:
        found.append(f"capture and take differ by {result['difference_db']:.1f} dBFS")
    if result["underruns"]:
        found.append(f"{result['underruns']} underruns")
    if result["kind"] != "done":
        found.append(f"training: {result['sentence']}")
    return found


class Stage:
    """The script: every wish it yields is waited for."""

    def __init__(self, window: Any, args: argparse.Namespace) -> None:
        self.window, self.args = window, args
        self.report: dict[str, Any] = {"underruns_by": {}}

    def mark(self, name: str) -> None:
        """How many underruns there were up to here."""
        self.report["underruns_by"][name] = self.window.engine.status().underruns

    def script(self) -> Iterator[Wish]:
        window, args = self.window, self.args
        trainer = window.trainer.studio
        window.resize(1280, 800)
        window.engine.play()
        yield self.after(1.5)
        window.engine.record(args.take)
        yield self.after(1.0)
        if args.tiny:
            trainer.command = _tiny_command
        self.mark("playing")
        trainer.take(args.recording)
        choose, grow = trainer.sheet.choose, trainer.sheet.grow
        if args.tiny:
            choose.form.parent_preset.setCurrentIndex(choose.form.parent_preset.findData("none"))
        yield lambda: choose.start.isEnabled() and "partials" in choose.heard.text()
        self.mark("measured")
        choose.listen.click()
        yield lambda: (choose.wave.playing_s or 0) > 1.0
        yield from self.pictured("train-choose")
        choose.listen.click()
        yield lambda: window.engine.audition.at_s is None
        self.mark("listened")
        choose.form.minutes.setValue(args.minutes)
        choose.form.audio_loss.setChecked(args.audio_loss)
        began = time.monotonic()
        choose.start.click()
        yield lambda: trainer.ending or grow.heard
        yield self.after(2.0)
        yield from self.pictured("train-grow")
        if grow.heard:
            grow.heard[0][1].click()
            yield lambda: trainer.hearing.now is not None
            yield self.after(2.0)
            grow.back.click()
            yield lambda: trainer.hearing.now is None
            self.mark("checkpoint heard")
        yield lambda: trainer.ending
        self.mark("trained")
        training = trainer.training
        self.report |= {
            "kind": trainer.ending.kind,
            "sentence": trainer.ending.sentence,
            "audio_loss": trainer.sheet.grow.bench.job.audio_loss,
            "training_s": round(time.monotonic() - began, 1),
            "iterations": training.history.iterations[-1] if training.history.iterations else 0,
        }
        yield self.after(0.5)
        yield from self.pictured("train-done")
        if grow.keep.isVisible():
            grow.keep.click()
            yield lambda: not trainer.sheet.isVisible() and window.engine.status().preset == trainer_name(window)
            yield self.after(2.0)
        window.engine.stop_recording()
        yield lambda: window.engine.status().last_take is not None
        status = window.engine.status()
        self.report |= {
            "underruns": status.underruns,
            "device": status.device,
            "load": round(status.load, 3),
            "slowed": status.slowed,
            "playing": status.playing,
            "preset": status.preset,
        }

    def after(self, seconds: float) -> Wish:
        """So long from now."""
        then = time.monotonic() + seconds
        return lambda: time.monotonic() >= then

    def pictured(self, name: str) -> Iterator[Wish]:
        """A picture at each size, when they are wanted."""
        if self.args.pictures is None:
            return
        self.args.pictures.mkdir(parents=True, exist_ok=True)
        for width, height in ((1024, 640), (1280, 800)):
            self.window.resize(width, height)
            yield self.after(0.6)
            self.window.grab().save(str(self.args.pictures / f"{name}-{width}.png"))


def _tiny_command(*arguments: str) -> list[str]:
    counted = [*arguments]
    if "--minutes" in counted:
        at = counted.index("--minutes")
        counted[at : at + 2] = ["--iterations", "36"]
    return [sys.executable, "-m", "tests.training.tiny", "train", *counted]


def trainer_name(window: Any) -> str:
    """What the header says plays."""
    return str(window.header.name.text())


def _inside(args: argparse.Namespace) -> int:
    """In the private display: run the command's window and follow the script."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from synth.commands.cli import main as command

    app = QApplication(["petrichord"])
    timer = QTimer()
    state: dict[str, Any] = {}

    def look() -> None:
        if "script" not in state:
            for window in QApplication.topLevelWidgets():
                if type(window).__name__ == "MainWindow" and window.engine.view() is not None:  # type: ignore[attr-defined]
                    state["stage"] = Stage(window, args)
                    state["script"] = state["stage"].script()
                    state["wish"] = next(state["script"])
            return
        try:
            while state["wish"]():
                state["wish"] = next(state["script"])
        except StopIteration:
            timer.stop()
            state["stage"].window.close()

    timer.timeout.connect(look)
    timer.start(30)
    code = command(["violin"])
    print(json.dumps(state["stage"].report), flush=True)
    del app
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description="Train in the window while it plays.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--audio-loss", action="store_true", help="judge the second half by its sound as well")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--tiny", action="store_true", help="a small training by the same code, in seconds")
    parser.add_argument("--take", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if os.environ.get(_STAGE):
        return _inside(args)
    with tempfile.TemporaryDirectory() as folder:
        result = train_while_playing(
            args.recording, args.minutes, Path(folder), args.pictures, audio_loss=args.audio_loss, tiny=args.tiny
        )
    found = failures(result)
    print(json.dumps(result | {"failures": found}, indent=1))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
