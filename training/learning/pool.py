"""The pool: cultures of all ages, each in weather of its own, that training takes its batches from.

After the sample pool of "Growing Neural Cellular Automata" (Mordvintsev et al., Distill 2020). Axes: `N` pool, `B`
batch, `S` steps, `M` mel bands, `T` frames, `C` channels, `K` weather fields. Grids are (·, M, T, C).
"""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.rules import CHANNELS, SEED_JITTER
from synth.automaton.weather import Weather, WeatherSpec


class Pool:
    """`size` cultures, their weather's seed and clock, and how badly each did last."""

    def __init__(self, size: int, n_mels: int, n_frames: int, rng: np.random.Generator, device: torch.device) -> None:
        self.grids = torch.empty(size, n_mels, n_frames, CHANNELS, device=device)
        self.clock = np.zeros(size, dtype=np.int64)
        self.seed = np.arange(1, size + 1, dtype=np.int64)
        self.badness = np.full(size, np.inf)
        for i in range(size):
            self.grids[i] = seeds(rng, n_mels, n_frames).to(device)

    def batch(self, rng: np.random.Generator, n: int, n_elders: int, n_drawn: int) -> NDArray[np.int64]:
        """`n` samples to go on with: first `n_drawn` of the pool's first `n_elders`, then others."""
        old = rng.choice(n_elders, n_drawn, replace=False)
        young = n_elders + rng.choice(len(self.clock) - n_elders, n - n_drawn, replace=False)
        return np.concatenate([old, young])

    def grown(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """Up to `n` samples that were trained on before: those never visited are still seed cells."""
        visited = np.flatnonzero(np.isfinite(self.badness))
        return rng.choice(visited, min(n, len(visited)), replace=False)

    def state_dict(self) -> dict[str, Any]:
        return {
            "grids": self.grids.cpu(),
            "clock": torch.from_numpy(self.clock),
            "seed": torch.from_numpy(self.seed),
            "badness": torch.from_numpy(self.badness),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.grids.copy_(state["grids"])
        self.clock, self.seed = state["clock"].numpy().copy(), state["seed"].numpy().copy()
        self.badness = state["badness"].numpy().copy()


class WeatherBank:
    """Weather of many seeds at many clocks, from cached spline knots."""

    def __init__(self, spec: WeatherSpec, n_mels: int, n_frames: int, dtype: torch.dtype, device: torch.device) -> None:
        self._source = Weather(spec, n_mels, n_frames, seed=0)
        self._shape = n_mels, n_frames, spec.n_fields
        self._dtype, self._device = dtype, device
        self._knots: dict[int, dict[int, Tensor]] = {}

    def drive(self, seeds: list[int], clocks: list[int], n_steps: int, every: int = 1) -> Tensor:
        """Fields for each sample at every `every`-th of `n_steps` steps, (ceil(S / every), B, M, T, K)."""
        blown = [
            self._blow(seed, range(clock, clock + n_steps, every)) for seed, clock in zip(seeds, clocks, strict=True)
        ]
        return torch.stack(blown, dim=1)

    def _blow(self, seed: int, clocks: range) -> Tensor:
        blends = [self._source.blend(clock) for clock in clocks]
        first, last = blends[0][0], blends[-1][0] + 4
        weights = torch.zeros(len(clocks), last - first)
        for row, (knot, shares) in zip(weights, blends, strict=True):
            row[knot - first : knot - first + 4] = torch.tensor(shares)
        cached = self._knots.get(seed, {})
        self._knots[seed] = {k: cached[k] if k in cached else self._draw(seed, k) for k in range(first, last)}
        knots = torch.stack([self._knots[seed][k] for k in range(first, last)])
        return (weights.to(self._device, self._dtype) @ knots).view(len(clocks), *self._shape)

    def _draw(self, seed: int, knot: int) -> Tensor:
        self._source.seed = seed
        fields = self._source.knot(knot).permute(1, 2, 0).flatten()
        return fields.to(self._device, self._dtype)


def seeds(rng: np.random.Generator, n_mels: int, n_frames: int) -> Tensor:
    """A grid of seed cells, (M, T, C)."""
    cells = rng.random((n_mels, n_frames, CHANNELS), dtype=np.float32) * 2 - 1
    cells *= SEED_JITTER
    cells[..., 0] -= 1.0
    return torch.from_numpy(cells)


def damage(grid: Tensor, rng: np.random.Generator) -> None:
    """Hurt one culture (M, T, C) in place as a player might: erase a stripe, paint a block, or throw noise."""
    M, T, C = grid.shape
    width = int(rng.integers(4, T // 2))
    start = int(rng.integers(0, T - width + 1))
    kind = rng.integers(3)
    if kind == 0:
        grid[:, start : start + width] = seeds(rng, M, width).to(grid)
    elif kind == 1:
        low = int(rng.integers(0, M))
        high = low + math.ceil(M / 4)
        grid[low:high, start : start + width] = torch.from_numpy(rng.standard_normal((1, 1, C))).to(grid)
    else:
        grid += torch.from_numpy(rng.standard_normal((M, T, C), dtype=np.float32)).to(grid) * 0.5
