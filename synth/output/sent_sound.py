"""The latest sound that was really sent to the device, for eyes: scope, spectrum and level meter.

Reading changes nothing, so any number of readers see the same. Axes: `N` samples; chunks are (N, 2) float32.
"""

import numpy as np
from numpy.typing import NDArray

from synth.loudness import decibels

_CAPACITY = 2**19
LONGEST = _CAPACITY // 2
"""Half of what is kept, 5.5 s at 48 kHz: while a reader copies, the writer would need as long to reach what is read.

A window that nobody sees looks once a second and still measures every sample."""
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
        return self._before(self._end, min(n_samples, LONGEST))

    def since(self, position: int) -> tuple[NDArray[np.float32], int]:
        """What was put after a position, (N, 2), at most the last `LONGEST` of it, and the position now.

        Positions count all samples that were put.
        """
        now = self._end
        return self._before(now, min(now - position, LONGEST)), now

    def _before(self, position: int, n: int) -> NDArray[np.float32]:
        """A copy of the `n` samples before a position."""
        end = position % _CAPACITY
        if end >= n:
            return self._data[end - n : end].copy()
        return np.concatenate([self._data[end - n :], self._data[:end]])

    def peaks_db(self) -> tuple[float, float]:
        """Largest sample of the last `PEAK_S` seconds, left and right, dBFS."""
        sound = self.latest(self._peak_samples)
        # One side at a time: a maximum over the first axis of (N, 2) takes fifteen times as long.
        left, right = (float(np.abs(sound[:, side]).max()) for side in (0, 1))
        return decibels(left**2), decibels(right**2)
