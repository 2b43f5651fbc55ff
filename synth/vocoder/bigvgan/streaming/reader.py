"""Reading a signal at fractional places: rate conversion and transposition in one windowed sinc.

Axes: `B` heads, `N` samples.
"""

import math

import numpy as np

from synth.vocoder.arrays import Doubles, Floats

REACH = 24
"""Samples on either side that a reading needs: 1.1 ms at 22.05 kHz."""
_KAISER_BETA = 9.0
"""Stop band 90 dB down (Kaiser 1974)."""
_PHASES = 512
_BANDS_PER_OCTAVE = 16


class Reader:
    """Reads arrays at places between samples; what is read faster than it was made is low-passed first."""

    def __init__(self) -> None:
        self._tables: dict[int, Floats] = {}

    def prepare(self, slowest: float, fastest: float) -> None:
        """Make the filters for these steps, in samples read per sample made, ahead of time."""
        for band in range(_band(slowest), _band(fastest) + 1):
            self._table(band)

    def read(self, sound: Floats, places: Doubles, steps: Doubles) -> Floats:
        """(B, K) at `places` (N,), counted from the first of K → (B, N); needs `REACH` samples on both sides."""
        out = np.empty((len(sound), len(places)), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(sound, 2 * REACH, axis=1)
        base = np.floor(places).astype(np.int64)
        phase = (places - base) * _PHASES
        left = phase.astype(np.int64)
        share = (phase - left).astype(np.float32)[:, None]
        bands = np.array([_band(step) for step in np.unique(steps)])[np.unique(steps, return_inverse=True)[1]]
        for band in np.unique(bands):
            here = bands == band
            table, at = self._table(int(band)), left[here]
            weights = table[at] + share[here] * (table[at + 1] - table[at])
            out[:, here] = np.einsum("bnk,nk->bn", windows[:, base[here] - REACH + 1], weights)
        return out

    def _table(self, band: int) -> Floats:
        """Weights at `_PHASES` + 1 places between two samples, (phase, tap)."""
        if band not in self._tables:
            edge = 2 ** (-band / _BANDS_PER_OCTAVE)
            offsets = np.arange(_PHASES + 1)[:, None] / _PHASES - np.arange(-REACH + 1, REACH + 1)[None]
            window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0, 1 - (offsets / REACH) ** 2))) / np.i0(_KAISER_BETA)
            h = edge * np.sinc(edge * offsets) * window
            self._tables[band] = (h / h.sum(1, keepdims=True)).astype(np.float32)
        return self._tables[band]


def _band(step: float) -> int:
    """Sixteenths of an octave by which the band edge lies below the Nyquist frequency; none for slow readings."""
    return max(0, math.ceil(_BANDS_PER_OCTAVE * math.log2(max(step, 1e-9)) - 1e-6))
