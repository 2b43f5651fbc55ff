"""Grid-domain long runs: many cultures at once, their drift, what they recover from and whether they survive.

Axes: `B` cultures, `S` steps, `M` mel bands, `T` frames, `C` channels. Grids are (B, M, T, C) as in `training.fused`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from synth.noise import Stream, coin_flips, uniform
from synth.preset import LOOP_FRAMES
from synth.tnca import CHANNELS, LiveRule, seed_cells
from synth.weather import WeatherSpec
from training.fused import fold, product_dtype
from training.metrics import levels_db
from training.pool import WeatherBank

DRIFT_FROM = 300
"""Steps after which a culture has grown and whatever still changes is drift."""
RECOVERED_DB = 0.5
WOUNDS = (0.25, 0.5, 1.0)
LEVEL_LIMIT = 3.0
"""Mean magnitude of channel 0 at which the instrument calls a culture saturated; a trained one stays below 1.1."""
SILENT_BELOW = -0.9
"""A grown culture none of whose cells is louder is dead: the instrument would reseed it."""
GROWTH_STEPS = 512
_CHUNK_STEPS = 32
_ROWS = 2048
"""Cells computed at a time: their neighbourhoods stay in a core's cache, which makes a step a third faster."""
_LOOK_EVERY = 50
_GROWN_STEPS = 640
_STEADY_STEPS = 64
_BLOCK_STEPS = 500
_DRIFT_STEPS = 3000
"""A decade's drift cannot be told from less than a decade."""


class Flock:
    """Cultures of one rule, each in its own seed's weather, stepped as one batch; equals `grow` to rounding."""

    def __init__(
        self,
        rule: LiveRule,
        weather: WeatherSpec,
        seeds: list[int],
        n_frames: int = LOOP_FRAMES,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.seeds, self.steps = seeds, 0
        self.shape = (len(seeds), len(rule.position), n_frames)
        device = torch.device("cpu")
        self._dtype = dtype or product_dtype(device)
        self._gather, self._table = _cell_table(rule, self.shape, self._dtype)
        first, second = fold(rule)
        self._first = first.detach().to(self._dtype).t().contiguous()
        self._second = second.detach().to(self._dtype).t().contiguous()
        self._weather = WeatherBank(weather, *self.shape[1:], self._dtype, device)
        self.grids = torch.stack([_seeded(seed, self.shape) for seed in seeds])

    def run(self, n_steps: int, look: Callable[[int, Tensor], None] | None = None) -> None:
        """`n_steps` more; after each, `look` is shown the step's number, from 0, and the grids (B, M, T, C)."""
        with torch.inference_mode():
            end = self.steps + n_steps
            while self.steps < end:
                count = min(_CHUNK_STEPS, end - self.steps)
                clocks = [self.steps] * len(self.seeds)
                blown = self._weather.drive(self.seeds, clocks, count)
                masks = self._masks(count)
                for i in range(count):
                    self._step(blown[i], masks[i])
                    if look is not None:
                        look(self.steps, self.grids)
                    self.steps += 1

    def _masks(self, n_steps: int) -> Tensor:
        """(S, B·M·T) bool: the coin flips every culture of these seeds is played with."""
        B, M, T = self.shape
        masks = torch.empty(n_steps, B, M * T, dtype=torch.bool)
        for i in range(n_steps):
            for b, seed in enumerate(self.seeds):
                masks[i, b] = coin_flips(seed, Stream.UPDATE_MASK, self.steps + i, M * T).bool()
        return masks.view(n_steps, -1)

    def _step(self, weather: Tensor, mask: Tensor) -> None:
        n, state = len(mask), self.grids.view(-1, CHANNELS)
        self._table[:n].copy_(state)
        self._table[n : 2 * n, : weather.shape[-1]].copy_(weather.view(n, -1))
        for active in torch.split(mask.nonzero()[:, 0], _ROWS):
            cells = active
            if len(active) < _ROWS and self._dtype != torch.float32:
                # oneDNN compiles a product anew for every number of rows; in float32 it is not asked.
                cells = F.pad(active, (0, _ROWS - len(active)))
            x = self._table.index_select(0, self._gather.index_select(0, cells).view(-1)).view(len(cells), -1)
            update = torch.mm(x, self._first).relu_() @ self._second
            state.index_add_(0, active, update[: len(active)].to(state.dtype))


def _cell_table(rule: LiveRule, shape: tuple[int, int, int], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """For each cell the rows of a table it reads, (N, 11): shifted cells, weather, place; and that table."""
    B, M, T = shape
    n = B * M * T
    cell, row = torch.arange(n).view(B, M, T), torch.arange(M)
    sources = [cell, cell[:, (row + 1).clamp(max=M - 1)], cell[:, (row - 1).clamp(min=0)]]
    for d in rule.dilations:
        sources += [cell.roll(d, 2), cell.roll(-d, 2)]
    sources += [cell + n, (2 * n + row)[None, :, None].expand(B, M, T)]
    table = torch.zeros(2 * n + M, CHANNELS, dtype=dtype)
    place = torch.cat([rule.position, torch.ones(M, 1)], dim=1)
    table[2 * n :, : place.shape[1]] = place
    return torch.stack(sources, dim=-1).view(n, -1).int(), table


def _seeded(seed: int, shape: tuple[int, int, int]) -> Tensor:
    cells = seed_cells(uniform(seed, Stream.SEED_CELLS, 0, (CHANNELS, *shape[1:])))
    return cells.permute(1, 2, 0).contiguous()


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
    flock.steps, flock.grids = young.steps, young.grids.repeat(1 + len(WOUNDS), 1, 1, 1)
    n, T = len(seeds), flock.shape[2]
    for w, share in enumerate(WOUNDS, start=1):
        for i, seed in enumerate(seeds):
            width = round(share * T)
            columns = (torch.arange(width) + i * T // n) % T
            flock.grids[w * n + i, :, columns] = _seeded(-1 - seed, flock.shape)[:, :width]
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
