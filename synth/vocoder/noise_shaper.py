"""Noise with a given spectrum per frame: random-phase frames, windowed and overlapped.

Every frame's phases are a pure function of (seed, frame), so the noise does not depend on block size. Axes: `B` heads,
`M` mel bands, `H` high bands, `K` bins, `N` samples.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import fft

from synth.mel import MelFormat
from synth.noise import Stream, generator
from synth.vocoder.atoms import noise_response, row_triangles

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# Share of noise power that is independent between the heads at full spread: their mono sum then loses 2.2 dB.
_LARGEST_DIFFERENCE = 0.4
_DECONVOLUTION_STEPS = 3
_PHASES = np.exp(2j * np.pi * np.arange(256) / 256).astype(np.complex64)


class NoiseShaper:
    """Turns rows of noise (mel residual) and high bands into windowed frames ready to be overlapped."""

    def __init__(self, fmt: MelFormat, high_edges_hz: Doubles, out_rate_hz: int, seed: int) -> None:
        ratio = out_rate_hz / fmt.rate_hz
        self._seed = seed
        self.length = 2 * round(fmt.win * ratio / 2)
        self._n_fft = fft.next_fast_len(self.length, real=True)
        self._window = np.hanning(self.length + 1)[:-1].astype(np.float32)
        bins = np.arange(self._n_fft // 2 + 1) * out_rate_hz / self._n_fft
        overlap = float(np.sum(self._window**2)) / (fmt.hop * ratio)
        # A flat spectrum of magnitude g has samples of standard deviation g / √n_fft; overlapping adds their power.
        # A density is the same per hertz at any rate, so a sigma at the mel's rate grows with √ratio at ours.
        scale = math.sqrt(self._n_fft / overlap)
        heard = bins < out_rate_hz * 0.499
        rows = row_triangles(bins, fmt) * heard * scale * math.sqrt(ratio)
        bands = [
            np.where((bins >= low) & (bins < high) & heard, scale * math.sqrt(out_rate_hz / 2 / (high - low)), 0)
            for low, high in zip(high_edges_hz[:-1], high_edges_hz[1:], strict=True)
        ]
        shapes = np.concatenate([rows, np.stack(bands)]) if bands else rows
        used = int(np.flatnonzero(shapes.any(axis=0)).max(initial=0)) + 1
        self._shapes = np.ascontiguousarray(shapes[:, :used], dtype=np.float32)
        self._response = noise_response(fmt).astype(np.float32)
        self._response_t = np.ascontiguousarray(self._response.T)
        self._response_sum, self._response_total = self._response.sum(axis=0), self._response.sum(axis=1)

    def plain_densities(self, rows: Floats) -> Floats:
        """As `densities`, without sharpening: cheap and never extreme."""
        return rows / self._response_total

    def densities(self, rows: Floats) -> Floats:
        """Noise standard deviation per row (F, M) whose expected mel is `rows` (F, M)."""
        forward, back = self._response_t, self._response
        sigma = rows / self._response_total
        for _ in range(_DECONVOLUTION_STEPS):
            ratio = rows / (np.matmul(sigma[:, None], forward)[:, 0] + np.float32(1e-20))
            sigma = sigma * np.matmul(ratio[:, None], back)[:, 0] / self._response_sum
        return sigma

    def frame(self, gains: Floats, frame: int, spread: float) -> Floats:
        """One frame of noise for densities and high-band levels `gains` (B, M + H), (B, length), windowed."""
        magnitude = np.matmul(gains[:, None], self._shapes)[:, 0]
        used = magnitude.shape[1]
        random = np.frombuffer(generator(self._seed, Stream.VOCODER_NOISE, frame).bytes(2 * used), np.uint8)
        shared = _PHASES[random[:used]]
        spectrum = np.zeros((len(gains), self._n_fft // 2 + 1), np.complex64)
        share = _LARGEST_DIFFERENCE * min(max(spread, 0.0), 1.0) if len(gains) > 1 else 0.0
        if share:
            apart = np.float32(math.sqrt(share)) * _PHASES[random[used:]]
            shared = np.float32(math.sqrt(1 - share)) * shared
            for head in range(len(gains)):
                spectrum[head, :used] = magnitude[head] * (shared + apart if head % 2 == 0 else shared - apart)
        else:
            spectrum[:, :used] = magnitude * shared
        return fft.irfft(spectrum, self._n_fft, axis=1)[:, : self.length] * self._window
