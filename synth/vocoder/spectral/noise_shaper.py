"""Noise whose mel frames are those asked for, not only on average.

Plain noise of the right density adds its own fluctuation to that of the frames: 3 dB in every row. So each frame looks
at what has already been written in its window, fills the rest with fresh noise and corrects row by row, as real-time
spectrogram inversion does (Beauregard, Zhu and Wyse 2005), but leaving the phases and the fine structure within a
row to chance. Fresh noise is a pure function of (seed, frame). Axes: `B` heads, `R` rows: mel bands, then high bands;
`K` bins, `N` samples.
"""

import itertools
import math

import numpy as np
import numpy.typing as npt
from numpy import fft

from synth.mel import MelFormat
from synth.random_streams import Stream, generator
from synth.vocoder.arrays import Doubles, Floats, each_row_times
from synth.vocoder.spectral.atoms import RAYLEIGH_MEAN, between_rows, hann, noise_response, triangles

# Share of noise power that is independent between the heads at full spread: their mono sum then loses 2.2 dB.
_LARGEST_DIFFERENCE = 0.4
_CORRECTIONS = 2
_LARGEST_CORRECTION = np.float32(4.0)
# What is written by four frames that do not quite agree comes out half a decibel low.
_COMPENSATION = np.float32(1.05)
_TINY = np.float32(1e-12)
_PHASES = np.exp(2j * np.pi * np.arange(256) / 256).astype(np.complex64)


class NoiseShaper:
    """Streams noise frame by frame; frame t's window is centred on frame t."""

    def __init__(self, fmt: MelFormat, high_edges_hz: Doubles, out_rate_hz: int, seed: int, n_heads: int) -> None:
        ratio = out_rate_hz / fmt.rate_hz
        self._seed, self._n_heads = seed, n_heads
        self.length = 2 * round(fmt.win * ratio / 2)
        self._n_fft = _fast_length(self.length)
        bins = np.arange(self._n_fft // 2 + 1) * out_rate_hz / self._n_fft
        window = hann(self.length)
        rows_to_bins, bins_to_rows, self._expected = _bands(fmt, bins, high_edges_hz, out_rate_hz)
        used = int(np.flatnonzero(rows_to_bins.any(axis=0)).max(initial=0)) + 1
        # Magnitude in our longer window → magnitude in the mel's, and a sum over our bins → a sum over its bins.
        to_mel = (fmt.n_fft / fmt.rate_hz) / (self._n_fft / out_rate_hz) / ratio
        self._spread_out = np.ascontiguousarray(rows_to_bins[:, :used], dtype=np.float32)
        self._gather = np.ascontiguousarray((bins_to_rows * to_mel)[:, :used].T, dtype=np.float32)
        self._analysis = window.astype(np.float32)
        hop = fmt.hop * ratio
        overlap = float(np.sum(window**2)) / hop
        self._synthesis = (window / overlap).astype(np.float32)
        # How much of each sample the frames before this one have already written.
        samples = np.arange(self.length)
        steps = range(1, math.ceil(self.length / hop))
        written = sum(np.interp(samples + k * hop, samples, window**2, right=0) for k in steps) / overlap
        self._fresh_share = (1 - written).astype(np.float32)
        # Fresh noise of standard deviation σ at the mel's rate: √ratio more per sample at ours, for equal density.
        self._fresh_scale = np.float32(math.sqrt(self._n_fft * ratio))
        self._total = self._expected.sum(axis=1).astype(np.float32)
        self.reset()

    def reset(self) -> None:
        self.written = np.zeros((self._n_heads, self.length), np.float32)
        """What the frames so far have put into the window that comes next, (B, length): all that is remembered."""

    def densities(self, rows: Floats) -> Floats:
        """Noise standard deviation per row (F, R) whose expected rows are about `rows`."""
        densities: Floats = rows / self._total[: rows.shape[1]]
        return densities

    def high_rows(self, densities: Floats) -> Floats:
        """The rows (F, H) that noise of these densities gives in the high bands."""
        rows: Floats = densities * self._total[len(self._total) - densities.shape[1] :]
        return rows

    def advance(self, rows: Floats, frame: int, spread: float, count: int) -> Floats:
        """Add the frame with these rows (B, R); its window moves on by `count` samples, returned as (B, count)."""
        written = self.written
        if rows.any():
            whole = written + self._fresh(rows, frame, spread) * self._fresh_share
            for _ in range(_CORRECTIONS):
                spectrum = fft.rfft(whole * self._analysis, self._n_fft, axis=1)
                used = len(self._gather)
                have = each_row_times(np.abs(spectrum[:, :used]), self._gather)
                gain = np.minimum(rows * _COMPENSATION / (have + _TINY), _LARGEST_CORRECTION)
                spectrum[:, :used] *= each_row_times(gain, self._spread_out)
                spectrum[:, used:] = 0
                framed = self._in_time(spectrum)
                own = framed * self._synthesis
                whole = written + own
            written = written + own
        self.written = np.zeros_like(written)
        self.written[:, : self.length - count] = written[:, count:]
        return written[:, :count]

    def _fresh(self, rows: Floats, frame: int, spread: float) -> Floats:
        """Stationary noise with these rows on average, (B, length)."""
        magnitude = each_row_times(self.densities(rows), self._spread_out) * self._fresh_scale
        used = magnitude.shape[1]
        random = np.frombuffer(generator(self._seed, Stream.VOCODER_NOISE, frame).bytes(2 * used), np.uint8)
        shared, apart = _PHASES[random[:used]], _PHASES[random[used:]]
        spectrum = np.zeros((len(rows), self._n_fft // 2 + 1), np.complex64)
        share = _LARGEST_DIFFERENCE * min(max(spread, 0.0), 1.0) if len(rows) > 1 else 0.0
        common, difference = np.float32(math.sqrt(1 - share)), np.float32(math.sqrt(share))
        for head in range(len(rows)):
            side = difference if head % 2 == 0 else -difference
            spectrum[head, :used] = magnitude[head] * (common * shared + side * apart)
        return self._in_time(spectrum)

    def _in_time(self, spectrum: npt.NDArray[np.complexfloating]) -> Floats:
        """(B, bins) → (B, length); numpy keeps single precision, which its annotations do not say."""
        return fft.irfft(spectrum, self._n_fft, axis=1)[:, : self.length].astype(np.float32, copy=False)


def _bands(fmt: MelFormat, bins: Doubles, high_edges_hz: Doubles, out_rate_hz: int) -> tuple[Doubles, Doubles, Doubles]:
    """Rows → bins (R, K), bins → rows (R, K) and what unit densities give (R, R)."""
    heard = bins < out_rate_hz * 0.499
    masks = [((bins >= low) & (bins < high)).astype(np.float64) for low, high in itertools.pairwise(high_edges_hz)]
    to_bins = np.stack([*between_rows(bins, fmt), *_between_bands(bins, high_edges_hz)]) * heard
    # A high band's row is its mean magnitude over the band, in the same units as a mel row's.
    means = [mask / max(mask.sum(), 1.0) for mask in masks]
    to_rows = np.stack([*triangles(bins, fmt), *means])
    expected = np.zeros((len(to_bins), len(to_bins)))
    expected[: fmt.n_mels, : fmt.n_mels] = noise_response(fmt)
    per_bin = RAYLEIGH_MEAN * math.sqrt(float(np.sum(hann(fmt.win) ** 2)))
    finer = (fmt.n_fft / fmt.rate_hz) / ((len(bins) - 1) * 2 / out_rate_hz)
    for high in range(fmt.n_mels, len(expected)):
        expected[high, high] = per_bin * finer
    return to_bins, to_rows, expected


def _between_bands(bins: Doubles, edges_hz: Doubles) -> Doubles:
    """Interpolation from high bands to bins, (H, K): linear in pitch between centres, so that no edge shows."""
    if len(edges_hz) < 2:
        return np.zeros((0, len(bins)))
    centres = np.log(edges_hz[:-1] * edges_hz[1:]) / 2
    at = np.log(np.maximum(bins, 1.0))
    inside = (bins >= edges_hz[0]) & (bins < edges_hz[-1])
    return np.stack([np.interp(at, centres, band) * inside for band in np.eye(len(centres))])


def _fast_length(n: int) -> int:
    """The smallest length of at least `n` without prime factors above 5. scipy has this, but importing `scipy.fft`
    takes 0.4 s of the start; numpy's transforms are as fast (27 against 35 µs there and back for 2 × 1536)."""
    length = n
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1
