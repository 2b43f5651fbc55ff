"""Grid-domain long runs: many cultures at once, their drift, what they recover from and whether they survive.

Axes: `B` cultures, `S` steps, `M` mel bands, `T` frames, `C` channels. Grids are (B, M, T, C) as in
`training.learning.fused`.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.automaton.weather import WeatherSpec
from training.analysis.metrics import levels_db
from training.evaluation.flock import Flock, seeded

DRIFT_FROM = 300
"""Steps after which a culture has grown and whatever still changes is drift."""
RECOVERED_DB = 0.5
WOUNDS = (0.25, 0.5, 1.0)
LEVEL_LIMIT = 3.0
"""Mean magnitude of channel 0 at which the instrument calls a culture saturated; a trained one stays below 1.1."""
SILENT_BELOW = -0.9
"""A grown culture none of whose cells is louder is dead: the instrument would reseed it."""
GROWTH_STEPS = 512
_LOOK_EVERY = 50
_GROWN_STEPS = 640
_STEADY_STEPS = 64
_BLOCK_STEPS = 500
_DRIFT_STEPS = 3000
"""A decade's drift cannot be told from less than a decade."""


@dataclass(frozen=True)
class Course:
    """What long rollouts sounded like."""

    heard_db: Tensor
    """(B, M, S): levels of the column under the playhead at each step."""
    error_db: Tensor
    """(B, S): LTAS error of the whole grid at each step, its columns being the average."""


@dataclass(frozen=True)
class Drift:
    """How the LTAS error changes between step 300 and the last."""

    db_per_decade: float
    """Slope of the least-squares line of error over log10(step), every step of every culture weighing the same."""
    uncertainty_db: float
    """Standard error of the slope, from blocks of 500 steps: the least drift that could be told from none."""


@dataclass(frozen=True)
class Recovery:
    """A wound's way back, worst of the cultures."""

    share: float
    """Of the loop's columns set back to seed cells."""
    steps: float
    """Steps until the error's excess is within 0.5 dB and stays so on average for 64 more; infinite if never."""
    excess_db: Tensor
    """(B, S): LTAS error above that of an unhurt twin in the same weather: its own fluctuation is not the wound's."""


@dataclass(frozen=True)
class Survival:
    """How many cultures met which end; each is counted once, by what happened first."""

    n_cultures: int
    n_steps: int
    dead: int
    not_finite: int
    saturated: int
    drift: Drift | None = None
    """Of all of them together, where a target was given and the run was long enough to tell."""


def grid_error_db(grids: Tensor, target_mean_db: Tensor) -> Tensor:
    """LTAS error of grids (B, M, T, C) against the target's average (M,): (B,)."""
    return (levels_db(grids[..., 0]).mean(dim=2) - target_mean_db).abs().mean(dim=1)


def long_run(flock: Flock, target_db: Tensor, n_steps: int) -> Course:
    """Listen to a flock for `n_steps` beside its target (M, T)."""
    B, M, T = flock.shape
    heard, error = torch.empty(n_steps, B, M), torch.empty(n_steps, B)
    mean = target_db.mean(dim=1)

    def look(step: int, grids: Tensor) -> None:
        heard[step] = grids[:, :, step % T, 0]
        error[step] = grid_error_db(grids, mean)

    flock.run(n_steps, look)
    return Course(levels_db(heard.permute(1, 2, 0)).clone(), error.T.clone())


def drift_of(error_db: Tensor) -> Drift:
    """Drift of errors (B, S) by step, the first step being 1."""
    error = error_db[:, DRIFT_FROM:].double().numpy()
    decades = np.log10(np.arange(DRIFT_FROM, error_db.shape[1]) + 1.0)
    decades -= decades.mean()
    weight = decades / (np.square(decades).sum() * len(error))
    slope = float((error * weight).sum())
    residual = error - error.mean() - slope * decades
    # Neighbouring steps share their weather (its memory is about 100 steps), blocks of 500 do not.
    starts = range(0, len(decades), _BLOCK_STEPS)
    blocks = np.array([(residual * weight)[:, s : s + _BLOCK_STEPS].sum(axis=1) for s in starts])
    return Drift(slope, float(np.sqrt(np.square(blocks).sum())))


def recoveries(
    rule: LiveRule, weather: WeatherSpec, target_db: Tensor, seeds: list[int], n_steps: int = 600
) -> list[Recovery]:
    """Wound grown cultures and watch them return for `n_steps`: a flock of unhurt twins and of one copy per wound."""
    young = Flock(rule, weather, seeds)
    young.run(_GROWN_STEPS)
    flock = Flock(rule, weather, seeds * (1 + len(WOUNDS)))
    flock.steps = young.steps
    flock.grids.copy_(young.grids.repeat(1 + len(WOUNDS), 1, 1, 1))
    n, T = len(seeds), flock.shape[2]
    for w, share in enumerate(WOUNDS, start=1):
        for i, seed in enumerate(seeds):
            width = round(share * T)
            columns = (torch.arange(width) + i * T // n) % T
            flock.grids[w * n + i, :, columns] = seeded(-1 - seed, flock.shape)[:, :width]
    error = torch.empty(n_steps, len(flock.seeds))
    mean = target_db.mean(dim=1)

    def look(step: int, grids: Tensor) -> None:
        error[step - _GROWN_STEPS] = grid_error_db(grids, mean)

    flock.run(n_steps, look)
    twins, *wounded = torch.split(error.T, n)
    excesses = [(hurt - twins).clone() for hurt in wounded]
    return [
        Recovery(share, max(steps_to_recover(row) for row in excess), excess)
        for share, excess in zip(WOUNDS, excesses, strict=True)
    ]


def steps_to_recover(excess_db: Tensor) -> float:
    """First step from which the excess (S,) is within 0.5 dB, there and on average over the next 64."""
    windows = excess_db.unfold(0, _STEADY_STEPS, 1).mean(dim=1)
    back = ((windows <= RECOVERED_DB) & (excess_db[: len(windows)] <= RECOVERED_DB)).nonzero()
    return float(back[0]) + 1 if len(back) else math.inf


def survival(
    rule: LiveRule,
    weather: WeatherSpec,
    n_cultures: int = 20,
    n_steps: int = 10_000,
    n_frames: int = 64,
    target_db: Tensor | None = None,
) -> Survival:
    """Grow as many seeds as one batch and count the dead, the not finite and the saturated; beside a target (M, T)
    their drift is measured on the way."""
    flock = Flock(rule, weather, list(range(1, n_cultures + 1)), n_frames)
    ends = [""] * n_cultures
    mean = None if target_db is None else target_db.mean(dim=1)
    error = torch.empty(n_cultures, n_steps)

    def look(step: int, grids: Tensor) -> None:
        if mean is not None:
            error[:, step] = grid_error_db(grids, mean)
        if (step + 1) % _LOOK_EVERY == 0 or step + 1 == n_steps:
            for i, end in enumerate(_ends(grids, step)):
                ends[i] = ends[i] or end

    flock.run(n_steps, look)
    drift = drift_of(error) if mean is not None and n_steps > _DRIFT_STEPS else None
    return Survival(n_cultures, n_steps, ends.count("dead"), ends.count("not finite"), ends.count("saturated"), drift)


def _ends(grids: Tensor, step: int) -> list[str]:
    """What is wrong with each culture now, "" when it is well: as `LiveCulture.ailment` judges one."""
    heard = grids[..., 0].flatten(1)
    finite, level, loudest = grids.flatten(1).sum(dim=1).isfinite(), heard.abs().mean(dim=1), heard.amax(dim=1)
    ends = []
    for i in range(len(grids)):
        if not finite[i]:
            ends.append("not finite")
        elif level[i] > LEVEL_LIMIT:
            ends.append("saturated")
        else:
            ends.append("dead" if loudest[i] < SILENT_BELOW and step >= GROWTH_STEPS else "")
    return ends
