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
_HEARD_MORE_LU = 3.3
"""A column sounds louder than its rows tell by up to so much: paint in a few rows becomes a tone, in many a noise."""
_NARROWEST_HZ = 86.0
"""A partial is as wide as the window's main lobe at least."""
_HALVINGS = 12


@dataclass(frozen=True)
class ColumnLoudness:
    """What a culture's columns usually come to."""

    weights: Tensor
    """(M,) power of a row of grid value 1, as loudness counts it."""
    usual: float
    """Power of a column, on average."""

    @classmethod
    def of(cls, fmt: MelFormat, grid: Tensor) -> "ColumnLoudness":
        """Of a grown culture's grid (M, T)."""
        hz = band_centres_hz(fmt).double().numpy()
        # The bands have equal areas: a tone in a wide one shows less of its level.
        width = np.maximum(np.gradient(hz), _NARROWEST_HZ)
        weights = torch.from_numpy(k_weighting(hz) * (width / _NARROWEST_HZ) ** 2).float()
        return cls(weights, float(_power(grid.float(), weights).mean()))

    def paint_level(self, grid: Tensor, first: int, columns: Tensor, weight: Tensor, loudest_lu: float) -> Tensor:
        """Grid values of paint (t,) with which no column becomes louder than `loudest_lu` above the usual one.

        `weight` (m, t) is how far paint replaces the cells of the rows from `first` on in these `columns` (t,) of the
        grid (M, T). A column that was louder before becomes no louder.
        """
        cells = grid.index_select(1, columns).float()
        touched = cells[first : first + len(weight)]
        weights = self.weights[first : first + len(weight)]
        before = _power(cells, self.weights)
        most = torch.clamp(before, min=self.usual * 10 ** ((loudest_lu - _HEARD_MORE_LU) / 10))
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
