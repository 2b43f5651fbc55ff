"""The latest sound that was really sent to the device, for eyes: scope, spectrum and level meter.

Reading changes nothing, so any number of readers see the same. Axes: `N` samples; chunks are (N, 2) float32.
"""

import numpy as np
from numpy.typing import NDArray

from synth.loudness import decibels

_CAPACITY = 32768
LONGEST = _CAPACITY // 2
"""Half of what is kept: while a reader copies, the writer would need 0.3 s of sound to reach what is being read."""
PEAK_S = 0.15
"""How long a peak is told: longer than a window that is short of time lets pass between two looks, 0.1 s."""


class SentSound:
    """One thread puts, any other looks; nobody waits and nothing is allocated while putting."""

    def __init__(self, rate_hz: int) -> None:
        self._data = np.zeros((_CAPACITY, 2), np.float32)
        self._end = 0
        self._peak_samples = min(LONGEST, round(PEAK_S * rate_hz))

    def put(self, chunk: NDArray[np.float32]) -> None:
        """Append (N, 2); of a chunk longer than is kept, its end."""
        chunk = chunk[-_CAPACITY:]
        at = self._end % _CAPACITY
        first = min(len(chunk), _CAPACITY - at)
        self._data[at : at + first] = chunk[:first]
        self._data[: len(chunk) - first] = chunk[first:]
        # Last: a reader never counts on what is not there yet.
        self._end += len(chunk)

    def latest(self, n_samples: int) -> NDArray[np.float32]:
        """A copy of the last `n_samples` (at most `LONGEST`), (N, 2), oldest first; zeros before the first sound."""
        n = min(n_samples, LONGEST)
        end = self._end % _CAPACITY
        if end >= n:
            return self._data[end - n : end].copy()
        return np.concatenate([self._data[end - n :], self._data[:end]])

    def peaks_db(self) -> tuple[float, float]:
        """Largest sample of the last `PEAK_S` seconds, left and right, dBFS."""
        sound = self.latest(self._peak_samples)
        # One side at a time: a maximum over the first axis of (N, 2) takes fifteen times as long.
        left, right = (float(np.abs(sound[:, side]).max()) for side in (0, 1))
        return decibels(left**2), decibels(right**2)
