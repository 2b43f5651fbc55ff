"""The live recipe against the notebook's: how long each takes to one and the same error of the average spectrum.

`python -m training.studies.race RECORDING ...` trains the notebook's recipe for some epochs, carries its measured
curve on to the end of its schedule, and then times the live recipe, from nothing and from the parent, until a rollout
is no further from the recording than that. Both are measured as they are played; seconds are of one core's CPU time,
measuring left out.

The curve is carried on by a power law above a floor, error = floor + a·epoch^−b, of those with floor ≥ 0 and b > 0 the
one nearest to the curve. Learning curves of networks follow such laws (Hestness et al. 2017); from the epochs measured
to eighty times as many is a long way, so the law without any floor is told beside it: nothing the notebook could reach
by going on as it began is much below that.
"""

import argparse
import math
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from synth.errors import PetrichordError, TrainingError
from synth.instrument.parameters.typed_numbers import whole_number
from synth.presets.model import LOOP_FRAMES, Preset
from training.analysis.data import Target, load_recording, prepare
from training.learning.notebook import NotebookRecipe, NotebookTrainer
from training.learning.recipe import Recipe
from training.learning.session import Grown
from training.learning.trainer import SETTLING_STEPS, Listener, Progress, Trainer

_FLOORS = 64
_LOOK_FIRST, _LOOK_RATIO = 4, 1.5
"""A live training is looked at after so many iterations, and after so many times as many again."""


@dataclass(frozen=True)
class Point:
    """A trained rule as it is played."""

    iteration: int
    spent_s: float
    """CPU seconds of training until then."""
    ltas_db: float


@dataclass
class Stopwatch:
    """Listens to a training: its curve, and the time it took without what was only measuring."""

    enough: Callable[[Point], bool]
    stop: threading.Event = field(default_factory=threading.Event)
    curve: list[Point] = field(default_factory=list)
    spent_s: float = 0.0
    _since: float = field(default_factory=time.process_time)

    def hear(self, progress: Progress) -> None:
        if progress.event == "progress":
            self.spent_s += time.process_time() - self._since
        else:
            self.curve.append(Point(progress.iteration, self.spent_s, progress.ltas_db))
            if self.enough(self.curve[-1]):
                self.stop.set()
        self._since = time.process_time()


@dataclass(frozen=True)
class Prospect:
    """Where a curve goes."""

    ltas_db: float
    floorless_db: float
    """The same without a floor."""


def carried_on(curve: Sequence[Point], iteration: int) -> Prospect:
    """The error at `iteration` by the power laws nearest to the curve; never above the best that was measured."""
    epochs = np.array([p.iteration for p in curve], np.float64)
    errors = np.array([p.ltas_db for p in curve], np.float64)
    if len(curve) < 3:
        raise TrainingError("A curve of fewer than three points cannot be carried on; give it more epochs.")
    best, found = math.inf, 0.0
    floorless = 0.0
    for floor in np.linspace(0.0, errors.min() * 0.999, _FLOORS):
        exponent, factor = np.polyfit(np.log(epochs), np.log(errors - floor), 1)
        law = floor + np.exp(factor) * epochs**exponent
        miss, end = float(np.square(law - errors).sum()), float(floor + np.exp(factor) * iteration**exponent)
        if floor == 0:
            floorless = end
        if miss < best and exponent < 0:
            best, found = miss, end
    measured = float(errors.min())
    return Prospect(min(found if best < math.inf else measured, measured), min(floorless, measured))


@dataclass(frozen=True)
class Race:
    """What came of one."""

    name: str
    epochs: int
    epoch_s: float
    measured_db: float
    prospect: Prospect
    full_s: float
    """Of the notebook's whole schedule."""
    live: dict[str, Point | None]
    """By what it starts from; None for one that did not get there."""

    def as_text(self) -> str:
        lines = [
            f"{self.name}: notebook {self.measured_db:.2f} dB after {self.epochs} epochs of {self.epoch_s:.2f} s; at "
            f"the end of its schedule, {self.full_s / 3600:.1f} h, about {self.prospect.ltas_db:.2f} dB (without a "
            f"floor {self.prospect.floorless_db:.2f})"
        ]
        for start, point in self.live.items():
            if point is None:
                lines.append(f"  live from {start}: not reached")
            else:
                lines.append(
                    f"  live from {start}: {point.ltas_db:.2f} dB after {point.iteration} iterations, "
                    f"{point.spent_s:.1f} s: {self.full_s / point.spent_s:.0f} times as fast"
                )
        return "\n".join(lines)


def race(
    name: str, target: Target, parent: Preset | None, notebook: NotebookRecipe, epochs: int, live: Recipe, most: int
) -> Race:
    """Train the notebook's recipe for `epochs`, then the live one for at most `most` iterations."""
    slow = _timed(NotebookTrainer(target, notebook).run, lambda p: p.iteration >= epochs)
    end = slow.curve[-1]
    prospect = carried_on(slow.curve, notebook.epochs)
    wanted_db = prospect.ltas_db
    looks = _looks(most)
    recipe = replace(
        live,
        iterations=most,
        checkpoints=tuple(n / most for n in looks),
        rollout_steps=min(live.rollout_steps, SETTLING_STEPS + 2 * LOOP_FRAMES),
    )
    reached: dict[str, Point | None] = {}
    for start, rule_of in (("nothing", None), *((("its parent", parent),) if parent is not None else ())):
        watch = _timed(Trainer(target, recipe, parent=rule_of).run, lambda p: p.ltas_db <= wanted_db)
        reached[start] = next((p for p in watch.curve if p.ltas_db <= wanted_db), None)
    epoch_s = end.spent_s / end.iteration
    return Race(name, end.iteration, epoch_s, end.ltas_db, prospect, epoch_s * notebook.epochs, reached)


def _looks(most: int) -> list[int]:
    """Iterations at which a live training is looked at."""
    found = [min(_LOOK_FIRST, most)]
    while found[-1] < most:
        found.append(min(most, max(found[-1] + 1, round(found[-1] * _LOOK_RATIO))))
    return found


def _timed(run: Callable[[Listener, threading.Event], Grown], enough: Callable[[Point], bool]) -> Stopwatch:
    watch = Stopwatch(enough)
    run(watch.hear, watch.stop)
    return watch


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.studies.race", description="The live recipe against the notebook's."
    )
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    parser.add_argument(
        "--epochs", type=whole_number, default=100, metavar="N", help="of the notebook's recipe to measure"
    )
    parser.add_argument(
        "--every", type=whole_number, default=5, metavar="N", help="epochs between two points of its curve"
    )
    parser.add_argument("--iterations", type=whole_number, default=600, metavar="N", help="of the live recipe at most")
    parser.add_argument("--parent", default="violin", metavar="PRESET", help="“none” for the race from nothing alone")
    args = parser.parse_args(argv)
    from synth.commands.cli import prepare_environment
    from synth.mel import FORMATS
    from synth.presets.library import load

    prepare_environment()
    import torch

    torch.set_num_threads(1)
    try:
        parent = None if args.parent == "none" else load(args.parent)
        for path in args.recordings:
            target = prepare(load_recording(path), FORMATS["22k80"])
            notebook = NotebookRecipe(log_every=args.every)
            print(
                race(path.stem, target, parent, notebook, args.epochs, Recipe(), args.iterations).as_text(), flush=True
            )
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
