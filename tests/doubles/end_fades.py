"""What a take's file holds of the sound that was sent, by a formula of the tests' own."""

import numpy as np
from numpy.typing import NDArray


def fade_length(rate_hz: int) -> int:
    """Samples over which an end in mid-wave is faded."""
    return round(0.005 * rate_hz)


def as_filed(sound: NDArray[np.float32], rate_hz: int, *, begin: bool = True, end: bool = True) -> NDArray[np.float64]:
    """(N, 2) with the ends that lie in mid-wave faded by sin²."""
    n = fade_length(rate_hz)
    rise = np.sin(np.pi * (np.arange(n) + 0.5) / (2 * n))[:, None] ** 2
    filed = sound.astype(np.float64)
    if begin:
        filed[:n] *= rise[: len(filed)]
    if end:
        filed[-n:] *= rise[::-1][-len(filed) :]
    return filed


def between_fades(take: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """The samples of a take that are what was sent, wherever it began and ended."""
    n = fade_length(rate_hz)
    return take[n:-n]
