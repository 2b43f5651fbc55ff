"""How loud paint may become: a column is weighed by its rows, and paint in it is as quiet as that asks for.

Axes: `M` mel bands, `m` those that are touched, `T` frames, `t` those that are touched.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synth.loudness import k_weighting
from synth.mel import MelFormat, band_centres_hz

PAINT_LEVEL = 0.9
"""Grid value of paint at most: 4 dB below the loudest cell of the recording."""
_SILENT = -0.98
_HEARD_MORE_LU = 3.4
"""A column sounds louder than its rows tell by up to so much: paint in a few rows becomes a tone, in many a noise."""
_NARROWEST_HZ = 86.0
"""A partial is as wide as the window's main lobe at least."""
_HALVINGS = 12


@dataclass(frozen=True)
class ColumnLoudness:
    """What a culture's columns usually come to."""

    weights: Tensor
    """(M,) power of a row of grid value 1, as loudness counts it."""
    columns: Tensor
    """(T,) power of each column as it was grown, the quietest first."""

    @classmethod
    def of(cls, fmt: MelFormat, grid: Tensor) -> "ColumnLoudness":
        """Of a grown culture's grid (M, T)."""
        hz = band_centres_hz(fmt).double().numpy()
        # The bands have equal areas: a tone in a wide one shows less of its level.
        width = np.maximum(np.gradient(hz), _NARROWEST_HZ)
        weights = torch.from_numpy(k_weighting(hz) * (width / _NARROWEST_HZ) ** 2).float()
        return cls(weights, _power(grid.float(), weights).sort().values)

    def limit(self, loudest_lu: float) -> float:
        """Power up to which quieter columns may be raised, louder ones staying as they are, until all of them together
        are as much louder than usual.

        A limit for each column alone let a violin's loop become 2 LU louder than asked for: its vibrato takes other
        columns beyond the limit by itself.
        """
        n = len(self.columns)
        wanted = n * float(self.columns.mean()) * 10 ** (loudest_lu / 10)
        louder = float(self.columns.sum()) - self.columns.cumsum(0)
        return float(((wanted - louder) / torch.arange(1, n + 1)).min())

    def paint_level(self, grid: Tensor, first: int, columns: Tensor, weight: Tensor, loudest_lu: float) -> Tensor:
        """Grid values of paint (t,) with which the culture becomes no more than `loudest_lu` louder than usual.

        `weight` (m, t) is how far paint replaces the cells of the rows from `first` on in these `columns` (t,) of the
        grid (M, T). A column that was louder before becomes no louder.
        """
        cells = grid.index_select(1, columns).float()
        touched = cells[first : first + len(weight)]
        weights = self.weights[first : first + len(weight)]
        before = _power(cells, self.weights)
        most = torch.clamp(before, min=self.limit(loudest_lu - _HEARD_MORE_LU))
        most = most - before + _power(touched, weights)
        low, high = torch.full_like(most, -1.0), torch.full_like(most, PAINT_LEVEL)
        level = high
        for _ in range(_HALVINGS):
            fits = _power(touched.lerp(level.expand_as(touched), weight), weights) <= most
            low, high = torch.where(fits, level, low), torch.where(fits, high, level)
            level = (low + high) / 2
        return low


def _power(cells: Tensor, weights: Tensor) -> Tensor:
    """(t,) of cells (m, t): 40 dB from one unit of the grid to the next, nothing below the silent one."""
    powers = torch.where(cells > _SILENT, torch.pow(10.0, 4 * (cells - 1)), 0.0)
    return (weights[:, None] * powers).sum(0)
