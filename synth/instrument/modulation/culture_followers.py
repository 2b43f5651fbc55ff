"""The culture as a source: how fast a region of it changes, and how strong it is.

Axes: `M` mel bands, `T` frames (columns), `m` and `t` those of the region.
"""

import math

import numpy as np
from numpy.typing import NDArray

from synth.mel import GRID_MAX, GRID_MIN
from synth.presets.routes import Region

Grid = NDArray[np.float32]

_SMOOTHING_FRAMES = 6.0
"""Time constant of the activity: 70 ms, since only half of the cells move in each step."""
_LIVELY = 0.03
"""Mean change of a cell per frame at which the source is at 1 − 1/e. Measured in bundled presets: 0.003 to 0.028 for an
untouched culture, 0.015 to 0.06 while a wound grows back, 0.04 to 0.15 as it is cut."""
_LEAST_STRENGTH = 0.02
"""A region that is silent in the preset is compared with this."""


def cut(grid: Grid, region: Region) -> Grid:
    """The cells (m, t) of a region, at least one row and one column."""
    M, T = grid.shape
    low = min(int(region.low * M), M - 1)
    high = max(low + 1, math.ceil(region.high * M))
    left = min(int(region.left * T), T - 1)
    right = math.ceil(region.right * T)
    if region.right > region.left:
        return grid[low:high, left : max(left + 1, right)]
    return np.concatenate([grid[low:high, left:], grid[low:high, : max(1, right)]], axis=1)


def change(before: Grid, now: Grid, region: Region) -> float:
    """How far the region's cells moved from one frame to the next, on average."""
    return float(np.abs(cut(now, region) - cut(before, region)).mean())


def smoothed(activity: float, changed: float) -> float:
    """The activity one frame later."""
    return activity + (changed - activity) / _SMOOTHING_FRAMES


def activity_source(activity: float) -> float:
    """0 where nothing changes, towards 1 where much does."""
    return 1 - math.exp(-activity / _LIVELY)


def strength(grid: Grid, region: Region) -> float:
    """How strong the region's cells are on average, 0 (silent) … 1 (all at the loudest)."""
    cells = np.clip(cut(grid, region), GRID_MIN, GRID_MAX)
    return float((cells - GRID_MIN).mean()) / (GRID_MAX - GRID_MIN)


def strength_source(now: float, usual: float) -> float:
    """One half where a region is as strong as in the preset, 0 where it is silent, 1 from twice as strong on."""
    return min(1.0, 0.5 * now / max(usual, _LEAST_STRENGTH))
