"""What partials and noise look like to a mel: the linear model the spectral vocoder inverts.

Axes: `M` mel bands, `P` partials, `K` STFT bins. Everything is computed once per preset.
"""

import math

import numpy as np
import numpy.typing as npt

from synth.mel import MelFormat, band_centres_hz, band_edges_hz, filterbank

Array = npt.NDArray[np.float64]

RAYLEIGH_MEAN = math.sqrt(math.pi) / 2
"""Mean of |X| over its root mean square when X is complex Gaussian, as an STFT bin of noise is."""


def partial_responses(hz: Array, fmt: MelFormat) -> Array:
    """Mel magnitude of a cosine of amplitude 1 at each frequency, (M, P)."""
    t = np.arange(fmt.n_fft) / fmt.rate_hz
    window = np.hanning(fmt.win + 1)[:-1]
    pad = (fmt.n_fft - fmt.win) // 2
    window = np.pad(window, (pad, fmt.n_fft - fmt.win - pad))
    bank = filterbank(fmt).numpy()
    # The mean over two phases in quadrature removes what little the mirror image at −f contributes.
    tones = [window * np.cos(2 * np.pi * np.outer(hz, t) + phase) for phase in (0.5, 0.5 + math.pi / 2)]
    magnitude = sum(np.abs(np.fft.rfft(tone, axis=1)) for tone in tones) / 2
    return np.asarray(bank @ magnitude.T)


def row_triangles(hz: Array, fmt: MelFormat) -> Array:
    """Interpolation from rows to frequencies, (M, K): triangles that sum to 1 below fmax, flat at both ends."""
    centres = band_centres_hz(fmt).numpy()
    weights = np.stack([np.interp(hz, centres, row) for row in np.eye(len(centres))])
    weights[:, hz > float(band_edges_hz(fmt)[-1])] = 0.0
    return weights


def noise_response(fmt: MelFormat) -> Array:
    """Expected mel of Gaussian noise whose standard deviation per row is given, (M, M): rows = response @ sigma.

    `sigma` is per sample at `fmt.rate_hz`, as if the noise were white at that level; it is interpolated between rows.
    """
    bins = np.arange(fmt.n_fft // 2 + 1) * fmt.rate_hz / fmt.n_fft
    window = np.hanning(fmt.win + 1)[:-1]
    level = RAYLEIGH_MEAN * math.sqrt(float(np.sum(window**2)))
    return np.asarray(level * filterbank(fmt).numpy() @ row_triangles(bins, fmt).T)
