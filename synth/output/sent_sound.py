"""The latest sound that was really sent to the device, for eyes: scope, spectrum and level meter.

Axes: `N` samples; chunks are (N, 2) float32.
"""

import numpy as np
from numpy.typing import NDArray

from synth.output.meter import decibels

_CAPACITY = 32768
LONGEST = _CAPACITY // 2
"""Half of what is kept: while a reader copies, the writer would need 0.3 s of sound to reach what is being read."""


class SentSound:
    """One thread puts, any other looks; nobody waits and nothing is allocated while putting but a peak."""

    def __init__(self) -> None:
        self._data = np.zeros((_CAPACITY, 2), np.float32)
        self._end = 0
        self._peak = np.zeros(2, np.float32)

    def put(self, chunk: NDArray[np.float32]) -> None:
        """Append (N, 2); of a chunk longer than is kept, its end."""
        self._peak = np.maximum(self._peak, np.abs(chunk).max(axis=0, initial=0.0))
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

    def read_peaks_db(self) -> tuple[float, float]:
        """Left and right peak since the last reading, dBFS."""
        peak, self._peak = self._peak, np.zeros(2, np.float32)
        return decibels(float(peak[0]) ** 2), decibels(float(peak[1]) ** 2)
