"""`petrichord train`: a recording to a preset."""

import argparse
import json
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from synth.errors import PetrichordError, TrainingError, UsageError

if TYPE_CHECKING:
    from training.build import Labels, Measured
    from training.data import Target
    from training.session import Grown
    from training.trainer import Progress, Trainer

_MAX_MINUTES = 24 * 60.0
_JSON_EVERY_S = 0.25
_ROUGH_DB = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="any audio file; a few steady seconds do")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="PRESET.safetensors")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=5.0, metavar="M", help="time to train, 5 by default")
    length.add_argument("--iterations", type=int, default=0, metavar="N", help="train so many steps instead")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random")
    parser.add_argument("--start", type=float, metavar="S", help="second to start at; found by itself by default")
    parser.add_argument("--seconds", type=float, metavar="D", help="how much to take from there")
    parser.add_argument("--name", help="of the preset; the recording's by default")
    parser.add_argument("--tags", default="", metavar="A,B", help="words to find it by")
    parser.add_argument("--credit", metavar="TEXT", help="what the recording is and where it is from")
    parser.add_argument("--author", default="unknown", help="who made the recording")
    parser.add_argument("--licence", default="unspecified", help="of the recording; the preset carries it")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu or cuda")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted training of this preset")
    parser.add_argument("--json-lines", action="store_true", help="report progress as one JSON object per line")


def run(args: argparse.Namespace) -> int:
    reporter = Reporter(args.output, args.json_lines)
    try:
        _train(args, reporter)
    except PetrichordError as error:
        reporter.say("error", message=str(error))
        raise
    return 0


def _train(args: argparse.Namespace, reporter: "Reporter") -> None:
    from synth.mel import FORMATS
    from synth.preset import Credit
    from training.build import Labels, measure_recording
    from training.data import load_recording, prepare
    from training.recipe import Recipe
    from training.session import SUFFIX
    from training.trainer import Trainer

    _check(args)
    device = _device(args.device)
    whole = args.start is not None or args.seconds is not None
    recording = load_recording(args.recording, args.start or 0.0, args.seconds)
    target = prepare(recording, FORMATS["22k80"], whole=whole)
    labels = Labels(
        name=args.name or args.recording.stem.replace("_", " "),
        credit=Credit(args.credit or args.recording.name, args.author, args.licence),
        tags=tuple(tag.strip() for tag in args.tags.split(",") if tag.strip()),
    )
    trainer = Trainer(target, replace(Recipe(), minutes=args.minutes, iterations=args.iterations), args.seed, device)
    state_path = args.output.with_name(args.output.name + SUFFIX)
    if args.resume:
        trainer.resume(state_path)
    reporter.begin(trainer, labels, measure_recording(target))
    with stopped_by_signals() as stop, reporter:
        grown = trainer.run(reporter.hear, stop, state_path)
    if not grown.metrics.alive:
        raise TrainingError(
            f"{args.recording.name} was not learned in {trainer.session.iteration} iterations; give it more --minutes"
            + (", or go on with --resume." if state_path.exists() else ", or another --seed.")
        )
    reporter.keep(grown)
    reporter.finish(grown, state_path if state_path.exists() else None)


def _check(args: argparse.Namespace) -> None:
    if not 0 < args.minutes <= _MAX_MINUTES:
        raise UsageError(f"{args.minutes:g} minutes of training cannot be done: choose up to {_MAX_MINUTES:g}.")
    if args.iterations < 0:
        raise UsageError(f"{args.iterations} iterations cannot be done: choose a positive number.")
    if (args.start or 0.0) < 0 or (args.seconds is not None and not 0 < args.seconds < math.inf):
        raise UsageError("A region needs a --start of 0 or more and --seconds above 0.")
    if args.output.suffix != ".safetensors":
        raise UsageError(f"{args.output.name} must end in .safetensors: that is what a preset is.")
    try:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        probe = args.output.with_name(args.output.name + ".part")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"{args.output} cannot be written: {error.strerror}; choose another folder.") from error


def _device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("This PyTorch cannot use a CUDA device; train with --device cpu.")
    if name not in ("cpu", "cuda"):
        raise UsageError(f"There is no training on “{name}”: choose auto, cpu or cuda.")
    return name


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C or a polite kill sets, so that a training ends between two iterations; a second Ctrl-C
    interrupts at once."""
    stop = threading.Event()

    def request(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, request) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@dataclass
class Reporter:
    """Tells a person (progress bar) or a program (JSON lines) how training goes, and keeps the preset up to date."""

    output: Path
    json_lines: bool
    _bar: Any = None
    _kept: "Grown | None" = None
    _spoke_at: float = -math.inf
    _context: "tuple[Trainer, Labels, Measured] | None" = field(default=None, repr=False)

    def begin(self, trainer: "Trainer", labels: "Labels", measured: "Measured") -> None:
        self._context = trainer, labels, measured
        if not self.json_lines:
            print(_introduction(trainer.target, measured), file=sys.stderr)

    def __enter__(self) -> "Reporter":
        from tqdm import tqdm

        form = "{percentage:3.0f}% |{bar}| {elapsed}{postfix}"
        self._bar = tqdm(total=1.0, bar_format=form, disable=self.json_lines, mininterval=0.2, maxinterval=2.0)
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def hear(self, progress: "Progress") -> None:
        """Every iteration, and every checkpoint; a checkpoint that is the best so far becomes the preset."""
        if progress.event == "checkpoint":
            assert self._context is not None
            best = self._context[0].session.best
            if best is not None and best.metrics.alive:
                self.keep(best)
        text = f"loss {progress.loss:.3f}, LTAS error {progress.ltas_db:.2f} dB, {_clock(progress.eta_s)} left"
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(progress.share_done - self._bar.n)
        now = time.monotonic()
        if progress.event == "checkpoint" or now - self._spoke_at > _JSON_EVERY_S:
            self._spoke_at = now
            self.say(
                progress.event,
                iteration=progress.iteration,
                share_done=round(progress.share_done, 4),
                eta_s=round(progress.eta_s, 1) if math.isfinite(progress.eta_s) else None,
                loss=round(progress.loss, 4),
                ltas_db=round(progress.ltas_db, 3),
            )

    def keep(self, grown: "Grown") -> None:
        """Write the preset; the old file or the new one is there, whole, whatever happens."""
        from synth.preset_file import save_preset
        from training.build import build_preset

        assert self._context is not None
        trainer, labels, measured = self._context
        if grown is not self._kept:
            save_preset(
                build_preset(trainer.target, measured, grown, trainer.recipe, labels, trainer.seed), self.output
            )
            self._kept = grown

    def finish(self, grown: "Grown", state_path: Path | None) -> None:
        m = grown.metrics
        verdict = (
            f"LTAS error {m.ltas_db:.2f} dB, row distance {m.row_w1_db:.2f} dB (floor {m.row_w1_floor_db:.2f}), "
            f"movement {m.std_ratio:.2f} of the recording's"
        )
        if m.ltas_db > _ROUGH_DB:
            verdict += "; still rough, give it more --minutes"
        more = "" if state_path is None else f"; stopped early, --resume goes on from {state_path.name}"
        self.say("done", iteration=grown.iteration, ltas_db=m.ltas_db, message=verdict + more)
        if not self.json_lines:
            print(f"{self.output}: {verdict}{more}")

    def say(self, event: str, **values: object) -> None:
        """One JSON line, if they were asked for."""
        if self.json_lines:
            print(json.dumps({"event": event, **values, "preset_path": str(self.output)}), flush=True)


def _introduction(target: "Target", measured: "Measured") -> str:
    start, end = target.region_s
    pitch = f"root {measured.pitch.root_hz:.1f} Hz" if measured.pitch.root_hz else "no pitch"
    decay = ", decay removed" if target.decay_db_per_s is not None else ""
    return f"Learning {start:.2f} to {end:.2f} s: {pitch}, {len(measured.pitch.partials.hz)} partials{decay}."


def _clock(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
