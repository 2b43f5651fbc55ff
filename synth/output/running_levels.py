"""Loudness and true peak of a sound that comes in blocks, as `synth.loudness` measures a whole one.

Axes: sound is (2, N); kept of it are a number every tenth of a second and the last few samples.
"""

import math

import numpy as np
from numpy.typing import NDArray

from synth.loudness import OVERSAMPLED_HZ, SILENT_DB, decibels, loudness_lufs

_GATE_S, _STEP = 0.4, 0.25
"""Length of a gating block, and the share of it from one to the next (ITU-R BS.1770)."""
_ABSOLUTE_LUFS, _RELATIVE_LU, _OFFSET = -70.0, -10.0, -0.691
_REACH = 32
"""Samples on each side that decide what is between two: the interpolator of `true_peak_db` has ten."""
_PEAK_BLOCK_S = 1.0

Sound = NDArray[np.float32]


class RunningLevels:
    """Fed with blocks, asked at the end."""

    def __init__(self, rate_hz: int) -> None:
        import pyloudnorm

        self._rate_hz = rate_hz
        self._filters = [
            (stage.b, stage.a, stage.passband_gain, np.zeros((2, max(len(stage.a), len(stage.b)) - 1)))
            for stage in pyloudnorm.Meter(rate_hz)._filters.values()
        ]
        self._n = 0
        self._energy = np.zeros(2)
        """Of each channel so far, K-weighted."""
        self._at: list[NDArray[np.float64]] = []
        """That energy where gating blocks begin or end, in order."""
        self._edges = 0
        self._short: list[Sound] = []
        """The whole sound while it is shorter than a gating block."""
        self._waiting: list[Sound] = [np.zeros((2, _REACH), np.float32)]
        self._n_waiting = 0
        self._peak = 0.0

    def add(self, sound: Sound) -> None:
        """The next (2, n)."""
        if not sound.shape[1]:
            return
        if self._n <= _GATE_S * self._rate_hz:
            self._short.append(sound)
        self._add_energy(sound)
        self._waiting.append(sound)
        self._n_waiting += sound.shape[1]
        if self._n_waiting >= _PEAK_BLOCK_S * self._rate_hz:
            self._look_for_peak()

    def loudness_lufs(self) -> float:
        """Integrated loudness in LUFS; `SILENT_DB` for silence."""
        if self._n <= math.ceil(_GATE_S * self._rate_hz):
            return loudness_lufs(np.concatenate(self._short, axis=1), self._rate_hz) if self._short else SILENT_DB
        self._at_edge(self._edges, self._energy)
        seconds = self._n / self._rate_hz
        n_blocks = round((seconds - _GATE_S) / (_GATE_S * _STEP)) + 1
        edges = np.asarray(self._at)
        last = len(edges) - 1
        powers = np.array(
            [
                (edges[min(j + round(1 / _STEP), last)] - edges[min(j, last)]).sum() / (_GATE_S * self._rate_hz)
                for j in range(n_blocks)
            ]
        )
        return _gated(powers)

    def true_peak_db(self) -> float:
        """Peak in dBTP, between the samples as well."""
        self._waiting.append(np.zeros((2, _REACH), np.float32))
        self._look_for_peak()
        return decibels(self._peak**2)

    def _add_energy(self, sound: Sound) -> None:
        from scipy.signal import lfilter

        weighted: NDArray[np.float64] = sound.astype(np.float64)
        for i, (b, a, gain, state) in enumerate(self._filters):
            weighted, state = lfilter(b, a, weighted, axis=1, zi=state)
            weighted = gain * weighted
            self._filters[i] = (b, a, gain, state)
        squares = np.square(weighted)
        begin, end = self._n, self._n + sound.shape[1]
        done = begin
        while (edge := self._edge(self._edges)) < end:
            self._energy = self._energy + squares[:, done - begin : edge - begin].sum(axis=1)
            done = edge
            self._at_edge(self._edges, self._energy)
        self._energy = self._energy + squares[:, done - begin :].sum(axis=1)
        self._n = end

    def _edge(self, number: int) -> int:
        return int(_GATE_S * (number * _STEP) * self._rate_hz)

    def _at_edge(self, number: int, energy: NDArray[np.float64]) -> None:
        self._at.append(energy)
        self._edges = number + 1

    def _look_for_peak(self) -> None:
        """Of all that waits but the last samples, whose other side is not known yet."""
        sound = np.concatenate(self._waiting, axis=1)
        self._waiting, self._n_waiting = [sound[:, -2 * _REACH :]], 0
        if sound.shape[1] > 2 * _REACH:
            self._peak = max(self._peak, _peak_between(sound, self._rate_hz))


def _peak_between(sound: Sound, rate_hz: int) -> float:
    """Linear true peak of (2, N) without its first and last `_REACH` samples."""
    from scipy.signal import resample_poly

    factor = max(math.ceil(OVERSAMPLED_HZ / rate_hz), 1)
    inside = slice(_REACH * factor, (sound.shape[1] - _REACH) * factor)
    fine = resample_poly(sound.astype(np.float64), factor, 1, axis=1)[:, inside]
    return max(float(np.abs(fine).max()), float(np.abs(sound[:, _REACH:-_REACH]).max()))


def _gated(powers: NDArray[np.float64]) -> float:
    """Loudness of the blocks that count: above −70 LUFS, and within 10 LU of the mean of those."""
    loud = powers[_OFFSET + 10 * np.log10(np.maximum(powers, 1e-300)) >= _ABSOLUTE_LUFS]
    if not len(loud):
        return SILENT_DB
    threshold = _OFFSET + 10 * math.log10(loud.mean()) + _RELATIVE_LU
    counted = loud[_OFFSET + 10 * np.log10(loud) > threshold]
    return max(SILENT_DB, _OFFSET + 10 * math.log10(counted.mean())) if len(counted) else SILENT_DB
