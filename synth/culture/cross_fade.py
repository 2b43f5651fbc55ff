"""From one grid to another without a break, frame by frame.

Axes: `M` mel bands, `T` frames.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from synth.mel import GRID_MAX, GRID_MIN

FADE_FRAMES = 5
"""58 ms, of which the vocoder glides through the first and the last frame."""
_DECADES_PER_UNIT = 4.0
"""A grid unit is 40 dB: four decades of power."""


def mixed(old: Tensor, new: Tensor, share: float) -> Tensor:
    """Two grids (M, T) at equal power, by powers and not by decibels: half-way from silence is −3 dB, not −40."""
    return mixed_by_power(old, new, math.sin(share * math.pi / 2) ** 2)


def mixed_by_power(old: Tensor, new: Tensor, power: float | Tensor) -> Tensor:
    """Two grids (M, T) as the sum of their powers, `power` (M, T) or one for all being the new one's part of it."""
    before, after = (torch.pow(10.0, _DECADES_PER_UNIT * grid.clamp(GRID_MIN, GRID_MAX)) for grid in (old, new))
    return torch.lerp(before, after, power).log10() / _DECADES_PER_UNIT


@dataclass(frozen=True)
class FadeState:
    """A cross-fade under way."""

    old: Tensor
    """The grid (M, T) that is being left."""
    frame: int
    second: Tensor | None = None
    """That of a culture on a plate of its own beside it."""


class CrossFade:
    """Holds the grid that is being left; counts frames, so it does not depend on block size."""

    def __init__(self) -> None:
        self._old: Tensor | None = None
        self._second: Tensor | None = None
        self._frame = 0

    def leave(self, grid: Tensor, second: Tensor | None = None) -> None:
        """Begin at `grid` (M, T), a copy nobody changes, and at that of a second culture beside it."""
        self._old, self._second, self._frame = grid, second, 0

    def advance(self) -> None:
        """A frame has begun."""
        self._frame += 1
        if self._frame >= FADE_FRAMES:
            self._old = self._second = None

    def save(self) -> FadeState | None:
        """None when no fade is under way. The grid it holds is never written to."""
        return None if self._old is None else FadeState(self._old, self._frame, self._second)

    def restore(self, saved: FadeState | None) -> None:
        self._old, self._second, self._frame = (
            (None, None, 0) if saved is None else (saved.old, saved.second, saved.frame)
        )

    def apply(self, grid: Tensor) -> Tensor:
        """What is heard while the culture is `grid`: `grid` itself when no fade is under way."""
        return grid if self._old is None else mixed(self._old, grid, self._frame / FADE_FRAMES)

    def apply_second(self, grid: Tensor) -> Tensor:
        """The same of the second culture."""
        return grid if self._second is None else mixed(self._second, grid, self._frame / FADE_FRAMES)

    def forget_second(self) -> None:
        """The second culture is gone."""
        self._second = None
