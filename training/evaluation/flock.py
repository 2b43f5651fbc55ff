"""Many cultures of one rule, stepped as one batch.

Axes: `B` cultures, `S` steps, `M` mel bands, `T` frames, `C` channels, `K` weather fields, `N` = B·M·T cells. Grids are
(B, M, T, C) as in `training.learning.fused`.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule, seed_cells
from synth.automaton.weather import Weather, WeatherSpec
from synth.presets.model import LOOP_FRAMES
from synth.random_streams import Stream, coin_flips, uniform
from training.learning.fused import fold, product_dtype

_ROWS = 1024
"""Cells computed at a time: their neighbourhoods and hidden layer stay in a core's cache."""
_SKY_STEPS = 4
"""Steps whose weather is made at once: the fields of more do not stay in a cache until they are needed."""


class Flock:
    """Cultures of one rule, each in its own seed's weather; equals `grow` to rounding.

    Half the cells update at a step, and only those are computed. Whatever is as large as the flock is made once and
    written in place: fresh memory costs more than the arithmetic done in it.
    """

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
        self._dtype = dtype or product_dtype(torch.device("cpu"))
        self._gather, self._table = _cell_table(rule, self.shape, self._dtype)
        first, second = fold(rule)
        self._first = first.detach().to(self._dtype).t().contiguous()
        self._second = second.detach().to(self._dtype).t().contiguous()
        self._sky = _Sky(weather, seeds, *self.shape[1:])
        n = len(self._gather)
        self._x = torch.zeros(_ROWS * self._gather.shape[1], CHANNELS, dtype=self._dtype)
        self._hidden = torch.zeros(_ROWS, len(first), dtype=self._dtype)
        self._updates = torch.zeros(n + _ROWS, CHANNELS, dtype=self._dtype)
        # In float32 the cells live in the table that is read from; products in another format read a copy.
        state = self._table[:n] if self._dtype == torch.float32 else torch.zeros(n, CHANNELS)
        self.grids = state.view(*self.shape, CHANNELS)
        """(B, M, T, C) float32: to be written into, never replaced."""
        for grid, seed in zip(self.grids, seeds, strict=True):
            grid.copy_(seeded(seed, self.shape))

    def run(self, n_steps: int, look: Callable[[int, Tensor], None] | None = None) -> None:
        """`n_steps` more; after each, `look` is shown the step's number, from 0, and the grids (B, M, T, C)."""
        with torch.inference_mode():
            for _ in range(n_steps):
                self._step(self._sky.at(self.steps), self._active())
                if look is not None:
                    look(self.steps, self.grids)
                self.steps += 1

    def _active(self) -> Tensor:
        """(n,) int64: which of the N cells the coin flips of their seeds let update now."""
        n = self.shape[1] * self.shape[2]
        flips = [coin_flips(seed, Stream.UPDATE_MASK, self.steps, n).bool().numpy() for seed in self.seeds]
        return torch.from_numpy(np.flatnonzero(np.concatenate(flips)))

    def _step(self, weather: Tensor, active: Tensor) -> None:
        n, state = len(self._gather), self.grids.view(-1, CHANNELS)
        if self._dtype != torch.float32:
            self._table[:n].copy_(state)
        self._table[n : 2 * n, : weather.shape[-1]].copy_(weather)
        # All updates are found before any is made: every cell reads its neighbours as they were.
        for start in range(0, len(active), _ROWS):
            cells = active[start : start + _ROWS]
            if len(cells) < _ROWS and self._dtype != torch.float32:
                # oneDNN compiles a product anew for every number of rows; in float32 it is not asked.
                cells = F.pad(cells, (0, _ROWS - len(cells)))
            x = self._x[: len(cells) * self._gather.shape[1]]
            torch.index_select(self._table, 0, self._gather.index_select(0, cells).view(-1), out=x)
            hidden = torch.mm(x.view(len(cells), -1), self._first, out=self._hidden[: len(cells)]).relu_()
            torch.mm(hidden, self._second, out=self._updates[start : start + len(cells)])
        state.index_add_(0, active, self._updates[: len(active)].to(state.dtype))


class _Sky:
    """The weather of all seeds at one clock, from the spline knots it lies between."""

    def __init__(self, spec: WeatherSpec, seeds: list[int], n_mels: int, n_frames: int) -> None:
        self._sources = [Weather(spec, n_mels, n_frames, seed) for seed in seeds]
        self._size = len(seeds) * n_mels * n_frames * spec.n_fields
        self._knots: dict[int, Tensor] = {}
        self._fields = torch.zeros(_SKY_STEPS, len(seeds) * n_mels * n_frames, spec.n_fields)
        self._first = -_SKY_STEPS

    def at(self, step: int) -> Tensor:
        """(N, K) float32, there until the next call."""
        if not self._first <= step < self._first + _SKY_STEPS:
            self._first = step
            self._blow()
        return self._fields[step - self._first]

    def _blow(self) -> None:
        blends = [self._sources[0].blend(self._first + i) for i in range(_SKY_STEPS)]
        first, last = blends[0][0], blends[-1][0] + 4
        weights = torch.zeros(_SKY_STEPS, last - first)
        for row, (knot, shares) in zip(weights, blends, strict=True):
            row[knot - first : knot - first + 4] = torch.tensor(shares)
        if self._knots.keys() != set(range(first, last)):
            self._knots = {k: self._knots[k] if k in self._knots else self._draw(k) for k in range(first, last)}
            self._stacked = torch.stack([self._knots[k] for k in range(first, last)])
        torch.mm(weights, self._stacked, out=self._fields.view(_SKY_STEPS, -1))

    def _draw(self, knot: int) -> Tensor:
        return torch.stack([source.knot(knot).permute(1, 2, 0) for source in self._sources]).view(-1)


def _cell_table(rule: LiveRule, shape: tuple[int, int, int], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """For each cell the rows of a table it reads, (N, 4 + a pair per dilation + 1): shifted cells, weather, place; and
    that table."""
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


def seeded(seed: int, shape: tuple[int, int, int]) -> Tensor:
    """A culture before any growth, (M, T, C); of `shape` only M and T count."""
    cells = seed_cells(uniform(seed, Stream.SEED_CELLS, 0, (CHANNELS, *shape[1:])))
    return cells.permute(1, 2, 0).contiguous()
