"""A value that moves along a raised cosine, such as a fade. Axes: `N` samples."""

import numpy as np
from numpy.typing import NDArray

from synth.saved_arrays import SavedArrays, fitted


class Ramp:
    """A value that moves to its target along a raised cosine; exact for any partition."""

    def __init__(self, value: float, n_samples: int) -> None:
        self._from = self._to = value
        self._length = n_samples
        self._done = n_samples

    @property
    def target(self) -> float:
        return self._to

    @property
    def value(self) -> float:
        """Where it is now."""
        return self._to if self._done >= self._length else float(self._at(np.array([self._done]))[0])

    @property
    def settled(self) -> bool:
        return self._done >= self._length

    @property
    def left(self) -> int:
        """Samples until it has settled."""
        return max(0, self._length - self._done)

    def jump(self, value: float) -> None:
        """Stand at a value."""
        self._from = self._to = value
        self._done = self._length

    def move(self, target: float, n_samples: int | None = None) -> None:
        """Set out for `target` from wherever it is now; on the way there already, arrive in `n_samples` if sooner."""
        if target == self._to and (n_samples is None or self._length - self._done <= n_samples):
            return
        self._from, self._to, self._done = self.value, target, 0
        self._length = self._length if n_samples is None else n_samples

    def save(self) -> NDArray[np.float64]:
        """(4,) from, to, samples done and samples in all."""
        return np.array([self._from, self._to, self._done, self._length])

    def restore(self, saved: SavedArrays, name: str, faster: float = 1.0) -> None:
        """Go on from what was saved by this name, of a ramp whose rate times `faster` is this one's."""
        self._from, self._to, done, length = fitted(saved, name, (4,), np.float64).tolist()
        self._done, self._length = round(done * faster), max(1, round(length * faster))

    def take(self, n: int) -> NDArray[np.float64] | float:
        """The next `n` values: (N,), or one number where it has settled."""
        if self.settled:
            return self._to
        values = self._at(np.arange(self._done, self._done + n))
        self._done += n
        return values

    def _at(self, index: NDArray[np.int_]) -> NDArray[np.float64]:
        x = np.minimum(1.0, (index + 1) / self._length)
        return np.where(x >= 1, self._to, self._from + (self._to - self._from) * (0.5 - 0.5 * np.cos(np.pi * x)))
