"""Trainings small enough for a test: twelve bands, a pool of four, a few iterations.

`python -m tests.training.tiny` is the `petrichord` command of that size, for tests that need a process to kill.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

import training.learning.build  # noqa: F401 (before `Recipe` is replaced: it names the class)
from synth.commands.cli import main
from synth.mel import FORMATS, MelFormat
from synth.presets.model import LOOP_FRAMES
from training.learning.recipe import Recipe

FMT = MelFormat(22050, 1024, 256, 1024, 12, 0.0, 8000.0)
TINY = Recipe(
    iterations=24,
    batch=4,
    frames=36,
    hidden=48,
    pool=4,
    elders=0,
    pooled=0,
    min_steps=8,
    max_steps=24,
    restart_every=6,
    averaging=0.8,
    rollout_steps=950,
    checkpoints=(1.0,),
)
"""A pool no larger than its batch ages fast, so even a few iterations see old cultures."""
QUICK = replace(TINY, frames=24, hidden=32, learning_rate=4e-3, max_steps=40, rollout_steps=410, checkpoints=(0.5, 1.0))
"""Learns to hiss in 36 iterations, and no more."""


def beating_tone(seconds: float = 2.0) -> NDArray[np.float32]:
    """A tone that beats, over a little noise."""
    time = np.arange(round(seconds * 22050)) / 22050
    beat = 1 + 0.3 * np.sin(2 * np.pi * 4 * time)
    noise = 0.02 * np.random.default_rng(0).standard_normal(len(time))
    return (0.4 * np.sin(2 * np.pi * 440 * time) * beat + noise).astype(np.float32)


def write_hiss(path: Path, rate_hz: int = 22050) -> Path:
    """Two seconds of noise: nothing to track the pitch of, so it is measured at once."""
    sf.write(path, 0.1 * np.random.default_rng(0).standard_normal(2 * rate_hz), rate_hz)
    return path


@contextmanager
def rough_trims() -> Iterator[None]:
    """While it lasts presets are trimmed and levelled by the usual code, but from little sound: the usual trim takes
    seconds. Four loops are the fewest that tell what a culture lacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.analysis.trim._TRIM_FRAMES", 64)
        patch.setattr("training.analysis.trim._PROBE_FRAMES", 24)
        patch.setattr("training.analysis.trim._ROUNDS", 1)
        patch.setattr("training.learning.build.GAIN_FRAMES", 4 * LOOP_FRAMES)
        yield


@contextmanager
def small_trainings(recipe: Recipe = QUICK) -> Iterator[None]:
    """While it lasts the command trains `recipe` on twelve bands; other formats keep their size."""
    with pytest.MonkeyPatch.context() as patch, rough_trims():
        patch.setattr("training.learning.recipe.Recipe", lambda: recipe)
        patch.setitem(FORMATS, "22k80", FMT)
        patch.setattr("training.learning.trainer.SETTLING_STEPS", 64)
        yield


if __name__ == "__main__":
    with small_trainings():
        sys.exit(main(sys.argv[1:]))
