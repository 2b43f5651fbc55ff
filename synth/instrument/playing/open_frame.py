"""The frame that was computed last, while its samples are taken piece by piece and notes are still added to them.

Axes: `N` samples; sound is (2, N), not brought to the preset's level yet.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class OpenFrame:
    """At most one frame: open from `begin` until its last sample was taken."""

    def __init__(self) -> None:
        self._sound: Tensor | None = None
        self.taken = 0
        """Samples of it that were taken."""

    @property
    def is_open(self) -> bool:
        return self._sound is not None

    @property
    def sound(self) -> Tensor:
        """All of it, (2, N)."""
        assert self._sound is not None
        return self._sound

    def begin(self, sound: Tensor) -> int:
        """Open a frame; its samples."""
        self._sound, self.taken = sound, 0
        return sound.shape[1]

    def take(self, n: int) -> Tensor:
        """The next (2, `n`); the last of them closes it."""
        sound = self.sound[:, self.taken : self.taken + n]
        self.taken += n
        if self.taken >= self.sound.shape[1]:
            self._sound = None
        return sound

    def fade(self, fade: NDArray[np.float64], instead: Tensor | None = None) -> None:
        """Fade what is left of it by (N,), or that of one sample (2, 1) in its place."""
        sound = self.sound[:, self.taken :] if instead is None else instead
        self.sound[:, self.taken :] = sound * torch.from_numpy(fade).float()

    @property
    def is_finite(self) -> bool:
        """True when every sample is a number."""
        return math.isfinite(float(self.sound.sum()))
