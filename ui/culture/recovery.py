"""How far wounded cells are from the recording, while they heal.

Axes: `M` mel bands, `T` frames, `Q` quantiles.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.automaton.gestures import PASSING_KINDS, Gesture, footprint
from synth.mel import GRID_MAX, GRID_MIN

WINDOW_S = 10.0
_DB_PER_UNIT = 40.0
_HEALED_DB = 1.5
"""Above what the same cells had before they were touched: a healthy culture wanders by about one."""
_HEALED_S = 0.5


@dataclass(frozen=True)
class Point:
    """The distance at one moment."""

    at_s: float
    distance_db: float


def distance_db(grid: NDArray[np.float32], cells: NDArray[np.bool_], quantiles: NDArray[np.float32]) -> float:
    """Mean distance in dB of chosen cells' levels, row by row, from the recording's distribution.

    `grid` and `cells` (M, T), `quantiles` (M, Q): the one-dimensional Wasserstein distance, sorted values against
    quantiles at the same ranks.
    """
    rows = cells.any(axis=1)
    chosen = cells[rows]
    count = chosen.sum(axis=1, keepdims=True)
    rank = np.arange(chosen.shape[1])
    heard = np.nan_to_num(grid[rows], nan=GRID_MIN).clip(GRID_MIN, GRID_MAX)
    ordered = np.sort(np.where(chosen, heard, np.inf), axis=1)
    Q = quantiles.shape[1]
    place = ((rank + 0.5) / count * Q - 0.5).clip(0, Q - 1)
    low = np.floor(place).astype(np.intp)
    target = quantiles[rows].clip(GRID_MIN, GRID_MAX)
    below = np.take_along_axis(target, low, axis=1)
    above = np.take_along_axis(target, np.minimum(low + 1, Q - 1), axis=1)
    expected = below + (above - below) * (place - low)
    there = rank < count
    return float(_DB_PER_UNIT * np.abs(ordered[there] - expected[there]).mean())


class Recovery:
    """Remembers what was touched, and follows it until it is as near to the recording as it was before."""

    def __init__(self) -> None:
        self._quantiles: NDArray[np.float32] | None = None
        self._cells: NDArray[np.bool_] = np.zeros((1, 1), dtype=bool)
        self._latest: NDArray[np.float32] | None = None
        self._before: NDArray[np.float32] | None = None
        self._touched_s = self._ill_s = 0.0
        self._grown = False
        self.usual_db = 0.0
        """Distance of the same cells before they were touched."""
        self.points: deque[Point] = deque()

    @property
    def healing(self) -> bool:
        """True from a wound until it has healed."""
        return bool(self.points)

    def set_culture(self, quantiles: NDArray[np.float32], n_frames: int) -> None:
        """Another culture: `quantiles` (M, Q) of its recording."""
        self._quantiles = quantiles
        self._cells = np.zeros((len(quantiles), n_frames), dtype=bool)
        self._latest = self._before = None
        self.points.clear()

    def touch(self, gesture: Gesture, now_s: float) -> None:
        """A gesture is on its way to the culture."""
        if gesture.kind in PASSING_KINDS and gesture.strength > 0:
            self._mark(footprint(gesture, *self._cells.shape).numpy() > 0.5, now_s)

    def touch_all(self, now_s: float) -> None:
        """The whole culture is reseeded."""
        self._mark(np.ones_like(self._cells), now_s)

    def _mark(self, cells: NDArray[np.bool_], now_s: float) -> None:
        if self._quantiles is None or self._latest is None or not cells.any():
            return
        if self._before is None:
            self._before = self._latest
        self._cells = self._cells | cells
        self._touched_s = self._ill_s = now_s
        # Measured at the next look: a quick stroke touches eight times between two, and each would cost milliseconds.
        self._grown = True

    def look(self, grid: NDArray[np.float32], now_s: float, frozen: NDArray[np.float32] | None = None) -> None:
        """The culture as it is now, (M, T), and its ice in 0 … 1: cells held as they are do not count."""
        if self._quantiles is None or grid.shape != self._cells.shape:
            return
        self._latest = grid
        if self._before is None:
            return
        cells = self._cells
        if frozen is not None and frozen.any():
            cells = cells & (frozen < 0.5)
            if not cells.any():
                self._end()
                return
            self._grown = True
        if self._grown:
            self.usual_db, self._grown = distance_db(self._before, cells, self._quantiles), False
        distance = distance_db(grid, cells, self._quantiles)
        self.points.append(Point(now_s, distance))
        while self.points[0].at_s < now_s - WINDOW_S:
            self.points.popleft()
        if distance > self.usual_db + _HEALED_DB:
            self._ill_s = now_s
        elif now_s - max(self._ill_s, self._touched_s) >= _HEALED_S:
            self._end()

    def _end(self) -> None:
        self._cells[...] = False
        self._before = None
        self.points.clear()
