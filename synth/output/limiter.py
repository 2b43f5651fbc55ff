"""Look-ahead true-peak limiter, streaming and exact: any partition of the input gives the same bits.

Every operation is element-wise in a fixed order, or a running minimum that carries its state, so nothing depends on
where a block ends (a matrix product would: BLAS sums in another order near edges). Axes: `N` samples; audio is (2, N).
"""

import math

import numpy as np
from numpy.typing import NDArray

from synth.saved_arrays import SavedArrays, fitted

Audio = NDArray[np.float32]

_HALF_TAPS = 8
"""Samples on either side of the interval whose true peak is estimated."""
_OVERSAMPLING = 4
_HOLD_MARGIN = 3
"""Both neighbours of an inter-sample peak get its gain."""
_RELEASE_DB_PER_S = 60.0
_DETECTOR_MARGIN_DB = 0.35
"""Four-fold oversampling reads low near Nyquist (BS.1770-4, annex 2: 0.69 dB at it); music and noise less than this."""
_TOLD_S = 0.15
"""How long a gain reduction is told at least: longer than a window lets pass between two looks."""


def _interpolators() -> list[NDArray[np.float32]]:
    """Windowed sincs, (2·_HALF_TAPS,) each, for the points ¼, ½, ¾ of the way between the two middle samples."""
    taps = np.arange(1 - _HALF_TAPS, 1 + _HALF_TAPS)
    filters = []
    for phase in range(1, _OVERSAMPLING):
        x = taps - phase / _OVERSAMPLING
        window = np.i0(5.0 * np.sqrt(np.maximum(0.0, 1 - (x / _HALF_TAPS) ** 2)))
        h = np.sinc(x) * window
        filters.append((h / h.sum()).astype(np.float32))
    return filters


class Limiter:
    """Keeps the true peak at or below `ceiling_db`; delays by `delay_samples`, always, and is transparent below."""

    def __init__(self, rate_hz: int, ceiling_db: float = -1.0, look_ahead_s: float = 0.0014) -> None:
        self._ceiling = 10 ** ((ceiling_db - _DETECTOR_MARGIN_DB) / 20)
        self._attack = max(8, round(look_ahead_s * rate_hz))
        self._hold = self._attack + _HOLD_MARGIN
        self._release = _RELEASE_DB_PER_S / rate_hz
        self._filters = _interpolators()
        # No interpolated value exceeds the largest sample times this, so quiet stretches need no detection.
        self._overshoot = max(1.0, *(float(np.abs(h).sum()) for h in self._filters)) * 1.001
        self.delay_samples = _HALF_TAPS + self._attack + 1
        self._input = np.zeros((2, self.delay_samples), np.float32)
        self._targets = np.zeros(self._hold - 1)
        self._deficits = np.zeros(self._attack - 1)
        self._count = 0
        self._floor = 0.0
        self._told_samples = round(_TOLD_S * rate_hz)
        self._told = (0, 0.0, 0.0)
        """Samples since the latest span began, the largest deficit in it and in the span before. For eyes only."""

    @property
    def reduction_db(self) -> float:
        """By how much the gain was reduced at most in the latest tenths of a second; 0 where it was not."""
        deficit = max(self._told[1:])
        return -20 * math.log10(1 - deficit) if 0 < deficit < 1 else 0.0

    def save(self) -> SavedArrays:
        """A copy of its state between two samples."""
        return {
            "input": self._input.copy(),
            "targets": self._targets.copy(),
            "deficits": self._deficits.copy(),
            "count": np.array([self._count]),
            "floor": np.array([self._floor]),
        }

    def restore(self, saved: SavedArrays) -> None:
        """Go on from what was saved of one for the same rate."""
        self._input = fitted(saved, "input", self._input.shape)
        self._targets = fitted(saved, "targets", self._targets.shape, np.float64)
        self._deficits = fitted(saved, "deficits", self._deficits.shape, np.float64)
        self._count = int(fitted(saved, "count", (1,), np.int64)[0])
        self._floor = float(fitted(saved, "floor", (1,), np.float64)[0])

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N), the input `delay_samples` ago, limited."""
        n = x.shape[1]
        joined = np.concatenate([self._input, x], axis=1)
        self._input = joined[:, n:]
        deficit = self._deficit(self._targets_db(joined[:, 1 - 2 * _HALF_TAPS - n :], n), n)
        self._tell(0.0 if deficit is None else float(deficit.max(initial=0.0)), n)
        if deficit is None:
            return joined[:, :n]
        limited: Audio = np.multiply(joined[:, :n], 1 - deficit, dtype=np.float64).astype(np.float32)
        return limited

    def _tell(self, deficit: float, n: int) -> None:
        since, latest, before = self._told
        over = since >= self._told_samples
        self._told = (n, deficit, latest) if over else (since + n, max(latest, deficit), before)

    def _targets_db(self, recent: Audio, n: int) -> NDArray[np.float64]:
        """Gain in dB that each interval between two samples needs, (N,); `recent` (2, N + 2·_HALF_TAPS − 1)."""
        middle = np.abs(recent[:, _HALF_TAPS - 1 :]).max(axis=0)
        peak = np.maximum(middle[:n], middle[1 : n + 1])
        if float(np.abs(recent).max(initial=0.0)) * self._overshoot > self._ceiling:
            for h in self._filters:
                between = h[0] * recent[:, :n]
                for k in range(1, 2 * _HALF_TAPS):
                    between += h[k] * recent[:, k : k + n]
                peak = np.maximum(peak, np.abs(between).max(axis=0))
        if float(peak.max(initial=0.0)) <= self._ceiling:
            return np.zeros(n)
        needed: NDArray[np.float64] = 20 * np.log10(self._ceiling / np.maximum(peak, 1e-9, dtype=np.float64))
        return np.minimum(0.0, needed)

    def _deficit(self, targets: NDArray[np.float64], n: int) -> NDArray[np.float64] | None:
        """One minus the gain, (N,): held, released at a constant rate, averaged over the attack; None for gain 1."""
        start, self._count = self._count, self._count + n
        held = np.concatenate([self._targets, targets])
        self._targets = held[n:]
        if self._floor == -start * self._release and not held.any() and not self._deficits.any():
            self._floor = -self._count * self._release
            return None
        for k in range(1, self._hold):
            np.minimum(targets, held[self._hold - 1 - k : self._hold - 1 - k + n], out=targets)
        line = np.arange(start + 1, self._count + 1) * self._release
        floors = np.minimum.accumulate(np.concatenate([[self._floor], targets - line]))[1:]
        released = np.minimum(0.0, floors + line)
        if n:
            self._floor = float(floors[-1])
        deficits = np.concatenate([self._deficits, 1 - 10 ** (released / 20)])
        self._deficits = deficits[n:]
        average = deficits[:n].copy()
        for k in range(1, self._attack):
            average += deficits[k : k + n]
        return average / self._attack
