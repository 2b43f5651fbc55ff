"""What partials and noise look like to a mel: the linear model the spectral vocoder inverts.

Axes: `M` mel bands, `P` partials, `K` frequencies or STFT bins. Everything is computed once per preset; the larger
tables are kept for the presets played last, and cannot be written to.
"""

import math
from functools import lru_cache

import numpy as np

from synth.mel import MelFormat, band_centres_hz, band_edges_hz, filterbank
from synth.vocoder.arrays import Doubles

RAYLEIGH_MEAN = math.sqrt(math.pi) / 2
"""Mean of |X| over its root mean square when X is complex Gaussian, as an STFT bin of noise is."""


def hann(length: int) -> Doubles:
    """Periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def partial_responses(hz: Doubles, fmt: MelFormat) -> Doubles:
    """Mel magnitude of a cosine of amplitude 1 at each frequency, (M, P)."""
    return _partial_responses(np.asarray(hz, np.float64).tobytes(), fmt)


@lru_cache(maxsize=16)
def _partial_responses(packed_hz: bytes, fmt: MelFormat) -> Doubles:
    hz = np.frombuffer(packed_hz)
    t = np.arange(fmt.n_fft) / fmt.rate_hz
    pad = (fmt.n_fft - fmt.win) // 2
    window = np.pad(hann(fmt.win), (pad, fmt.n_fft - fmt.win - pad))
    turn = 2 * np.pi * np.outer(hz, t)
    # The mean over two phases in quadrature removes what little the mirror image at −f contributes.
    cosine, sine = (np.abs(np.fft.rfft(window * wave, axis=1)) for wave in (np.cos(turn), np.sin(turn)))
    return _kept(filterbank(fmt).numpy() @ ((cosine + sine) / 2).T)


def triangles(hz: Doubles, fmt: MelFormat) -> Doubles:
    """The mel filterbank at any frequencies, (M, K): equals `filterbank` at its own bins."""
    edges = band_edges_hz(fmt).numpy()
    width = np.diff(edges)
    rising = (hz[None] - edges[:-2, None]) / width[:-1, None]
    falling = (edges[2:, None] - hz[None]) / width[1:, None]
    return np.asarray(np.maximum(np.minimum(rising, falling), 0) * (2 / (edges[2:] - edges[:-2]))[:, None])


def between_rows(hz: Doubles, fmt: MelFormat) -> Doubles:
    """Interpolation from rows to frequencies, (M, K): sums to 1 below fmax, flat beyond the outer rows' centres."""
    centres = band_centres_hz(fmt).numpy()
    weights = np.stack([np.interp(hz, centres, row) for row in np.eye(len(centres))])
    weights[:, hz > float(band_edges_hz(fmt)[-1])] = 0.0
    return weights


@lru_cache(maxsize=16)
def noise_response(fmt: MelFormat) -> Doubles:
    """Expected mel of Gaussian noise whose standard deviation per row is given, (M, M): rows = response @ sigma.

    `sigma` is per sample at `fmt.rate_hz`, as if the noise were white at that level; it is interpolated between rows.
    """
    bins = np.arange(fmt.n_fft // 2 + 1) * fmt.rate_hz / fmt.n_fft
    level = RAYLEIGH_MEAN * math.sqrt(float(np.sum(hann(fmt.win) ** 2)))
    return _kept(level * filterbank(fmt).numpy() @ between_rows(bins, fmt).T)


def _kept(table: Doubles) -> Doubles:
    """Given to all who ask, so nobody may change it."""
    table.setflags(write=False)
    return table
