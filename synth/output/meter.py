"""What the listener's meter shows: peak, RMS and short-term loudness of what is sent to the device.

Loudness follows BS.1770-4, with its K-weighting applied as a power response to spectra of overlapping Hann windows
instead of as a recursive filter. Axes: `N` samples; audio is (2, N).
"""

import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.loudness import k_weighting

SILENCE_DB = -120.0

_WINDOW = 4096
_SHORT_TERM_S = 3.0
_K_OFFSET_DB = -0.691


@dataclass(frozen=True)
class Levels:
    """Levels of the latest stretch of sound, in dB re full scale and LUFS."""

    peak_db: tuple[float, float] = (SILENCE_DB, SILENCE_DB)
    """Largest sample since the last reading, left and right."""
    rms_db: tuple[float, float] = (SILENCE_DB, SILENCE_DB)
    """Over the last window of about a tenth of a second."""
    short_term_lufs: float = SILENCE_DB
    """Over the last three seconds."""


def decibels(power: float) -> float:
    """10·log10, not below `SILENCE_DB`."""
    return max(SILENCE_DB, 10 * math.log10(power)) if power > 0 else SILENCE_DB


class Meter:
    """Fed every sample that is sent; read from any thread."""

    def __init__(self, rate_hz: int) -> None:
        self._window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
        bins = np.arange(_WINDOW // 2 + 1) * rate_hz / _WINDOW
        # Parseval for a real signal, per sample of a window of unit mean square.
        scale = 2 / (_WINDOW * float((self._window.astype(np.float64) ** 2).sum()))
        self._response = (k_weighting(bins) * scale).astype(np.float32)
        self._hop = _WINDOW // 2
        self._pending = np.zeros((2, _WINDOW), np.float32)
        self._filled = self._hop
        self._powers: deque[float] = deque(maxlen=max(1, round(_SHORT_TERM_S * rate_hz / self._hop)))
        self._levels = Levels()
        self._peak = np.zeros(2, np.float32)

    def read(self) -> Levels:
        """The latest levels, with the peaks since the last reading."""
        peak, self._peak = self._peak, np.zeros(2, np.float32)
        return replace(self._levels, peak_db=(decibels(float(peak[0]) ** 2), decibels(float(peak[1]) ** 2)))

    def feed(self, x: NDArray[np.float32]) -> None:
        """(2, N): updates the levels each time half a window is complete."""
        self._peak = np.maximum(self._peak, np.abs(x).max(axis=1, initial=0.0))
        start = 0
        while start < x.shape[1]:
            n = min(_WINDOW - self._filled, x.shape[1] - start)
            self._pending[:, self._filled : self._filled + n] = x[:, start : start + n]
            self._filled, start = self._filled + n, start + n
            if self._filled == _WINDOW:
                self._measure()
                self._pending[:, : self._hop] = self._pending[:, self._hop :]
                self._filled = self._hop

    def _measure(self) -> None:
        spectrum = np.fft.rfft(self._pending * self._window)
        self._powers.append(float(((spectrum.real**2 + spectrum.imag**2) * self._response).sum()))
        power = np.square(self._pending, dtype=np.float32).mean(axis=1)
        self._levels = Levels(
            rms_db=(decibels(float(power[0])), decibels(float(power[1]))),
            short_term_lufs=max(SILENCE_DB, decibels(sum(self._powers) / len(self._powers)) + _K_OFFSET_DB),
        )
