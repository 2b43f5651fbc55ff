"""Live sample rate conversion for a device that refuses the engine's rate: one polyphase filter, fixed delay.

Axes: `N` samples; chunks are (N, 2) float32. The filter is a Kaiser-windowed sinc, 32 taps per phase: it delays by 16
input samples, 0.4 ms.
"""

import math

import numpy as np
from numpy.typing import NDArray

_TAPS = 32
_BETA = 8.0
"""Stop band 80 dB down (Kaiser 1974)."""
_PASS = 0.91
"""Band edge as a share of the lower Nyquist frequency: 20.06 kHz at 44.1 kHz."""


class Resampler:
    """Converts `from_hz` to `to_hz`; output does not depend on how the input is split, to rounding."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        common = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._filters = _polyphase(self._up, min(1.0, to_hz / from_hz))
        self._history = np.zeros((_TAPS - 1, 2), np.float32)
        self._position = 0
        """Time of the next output, in 1/up of an input sample from the start of the next input."""

    @property
    def delay_samples(self) -> int:
        """Of the input."""
        return _TAPS // 2

    def process(self, chunk: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 2) → about (N·to/from, 2)."""
        joined = np.concatenate([self._history, chunk])
        self._history = joined[len(chunk) :]
        end = len(chunk) * self._up
        times = np.arange(self._position, end, self._down)
        self._position = int(times[-1]) + self._down - end if len(times) else self._position - end
        if not len(times):
            return np.zeros((0, 2), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(joined, _TAPS, axis=0)
        picked = windows[times // self._up]
        out: NDArray[np.float32] = np.einsum("nck,nk->nc", picked, self._filters[times % self._up])
        return out


def _polyphase(up: int, band: float) -> NDArray[np.float32]:
    """Filters for each of `up` positions between two samples, (up, taps), each of unit gain at zero frequency."""
    offsets = np.arange(_TAPS)[None] - (_TAPS // 2 - 1) - np.arange(up)[:, None] / up
    edge = band * (1 + _PASS) / 2
    window = np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (offsets / (_TAPS / 2)) ** 2)))
    h = np.sinc(edge * offsets) * window
    filters: NDArray[np.float32] = (h / h.sum(1, keepdims=True)).astype(np.float32)
    return filters
