"""How an effect's values follow its controls: by a critically damped curve per sample, without steps or kinks.

A value that is given anew in every frame moves from one to the next without standing still. Axes: `P` values, `N`
samples.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.compiled.cache import compiled
from synth.instrument.parameters.effect_rows import SMOOTHING_S

_STAGE_S = SMOOTHING_S / 2
"""Time constant of each of the two low-passes in a row."""
_ARRIVED = 20
"""After so many time constants 4e-8 of the way is left, and the value jumps there."""


def _follow(held, left, share, out):  # type: ignore[no-untyped-def]
    """The next N of each value → out (P, N); held (3, P) target, first and second low-pass; left (1,) samples to go."""
    n_values = held.shape[1]
    for i in range(out.shape[1]):
        if left[0] > 0:
            left[0] -= 1
            for p in range(n_values):
                if left[0] == 0:
                    held[1, p] = held[0, p]
                    held[2, p] = held[0, p]
                else:
                    held[1, p] += share * (held[0, p] - held[1, p])
                    held[2, p] += share * (held[1, p] - held[2, p])
        for p in range(n_values):
            out[p, i] = held[2, p]


class Glide:
    """Some values; `arrays` is their state."""

    def __init__(self, rate_hz: int, n_values: int) -> None:
        self._share = 1 - math.exp(-1 / (_STAGE_S * rate_hz))
        self._whole = math.ceil(_ARRIVED * _STAGE_S * rate_hz)
        self._held = np.zeros((3, n_values))
        self._left = np.zeros(1, np.int64)
        self._follow = compiled("void(f8[:,::1], i8[::1], f8, f8[:,::1])", _follow)
        self.arrays: dict[str, NDArray[np.generic]] = {"values": self._held, "values_left": self._left}

    def move(self, values: Sequence[float], *, at_once: bool) -> None:
        """Set out for these, or stand at them."""
        target = np.asarray(values, np.float64)
        if at_once:
            self._held[:] = target
            self._left[0] = 0
        elif not np.array_equal(target, self._held[0]):
            self._held[0] = target
            self._left[0] = self._whole

    def settle(self) -> None:
        """Stand at the targets."""
        self._held[1:] = self._held[0]
        self._left[0] = 0

    def take(self, n: int) -> NDArray[np.float64]:
        """The next `n` of each, (P, n), or (P, 1) where all stand still."""
        if not self._left[0]:
            still: NDArray[np.float64] = self._held[2][:, None].copy()
            return still
        out: NDArray[np.float64] = np.empty((self._held.shape[1], n))
        self._follow(self._held, self._left, self._share, out)
        return out
