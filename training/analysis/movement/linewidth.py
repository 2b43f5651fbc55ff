"""How wide each partial's line is: many voices, a bow, a breath make of a tone a band a few hertz wide.

Axes: `N` samples, `P` partials, `M` mel bands.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import DB_PER_NEPER, MelFormat, band_centres_hz
from training.analysis.noise_share import Between

Doubles = npt.NDArray[np.float64]

_ENVELOPE_HZ = 250.0
_BLOCK_S = 1.0
_REACH_HZ, _REACH_SHARE = 60.0, 0.4
"""A partial is all that lies so near to it, and no further than this share of the way to the next."""
_PADDING = 8
_WIDEST_HZ, _WIDEST_ABOVE_HZ = 20.0, 40.0
"""Above the mel's fmax there are no rows that a wide line could move: upper partials of a choir are a blur there."""
STEADY_CENTS = 3.0
"""Of a pitch that swings further something is left however it is straightened: upper partials would seem wide."""
_LEAST_HZ = 0.15
"""What is narrower cannot be told from a pure tone in a few seconds."""


def linewidths_hz(between: Between, hz: Tensor, slopes_db_per_s: Tensor | None, fmt: MelFormat) -> Tensor:
    """Width at half power of each partial at `hz` (P,) ascending, (P,) float32: that of the random walk of a phase.

    A vibrato is out of `between`; the noise between partials is taken off, and what a tone gets from fading with the
    row's slope (M,).
    """
    places = hz.double().numpy()
    gaps = np.diff(places, prepend=0.0, append=2 * places[-1])
    reaches = np.minimum(_REACH_SHARE * np.minimum(gaps[:-1], gaps[1:]), _REACH_HZ)
    pure = _half_power_hz(np.ones(round(2 * _BLOCK_S * _ENVELOPE_HZ), complex), _REACH_HZ, 0.0)
    widths = _without(pure, np.array([_one(between, at, reach) for at, reach in zip(places, reaches, strict=True)]))
    if slopes_db_per_s is not None:
        rows = np.searchsorted(band_centres_hz(fmt).numpy(), places).clip(0, fmt.n_mels - 1)
        # A tone that fades at α nepers per second has a line α / π wide.
        widths -= np.abs(slopes_db_per_s.double().numpy()[rows]) / DB_PER_NEPER / np.pi
    widest = np.where(places < fmt.fmax_hz, _WIDEST_HZ, _WIDEST_ABOVE_HZ)
    return torch.from_numpy(np.where(widths < _LEAST_HZ, 0.0, np.minimum(widths, widest))).float()


def _without(window_hz: float, widths_hz: Doubles) -> Doubles:
    """Lorentzian widths of lines that a window made this wide: the width of a Voigt profile (Olivero and Longbothum
    1977) solved for its Lorentzian part."""
    a, b = 0.5346**2 - 0.2166, 2 * 0.5346 * widths_hz
    c = np.maximum(widths_hz**2 - window_hz**2, 0)
    return np.asarray((b - np.sqrt(np.maximum(b**2 - 4 * a * c, 0))) / (2 * a))


def _one(between: Between, hz: float, reach_hz: float) -> float:
    """Width of what lies about `hz`, the window's own with it."""
    from scipy.signal import fftconvolve

    step = max(1, round(between.rate_hz / _ENVELOPE_HZ))
    t = np.arange(len(between.wave)) / between.rate_hz
    # The main lobe of a Hann window of length L ends 2 / L from its middle.
    low_pass = np.hanning(round(2 * between.rate_hz / (_ENVELOPE_HZ / 2)) + 2)
    base = fftconvolve(between.wave * np.exp(-2j * np.pi * hz * t), low_pass / low_pass.sum(), "same")[::step]
    noise = float(np.interp(hz, between.hz, between.noise)) / between.rate_hz
    return _half_power_hz(base, reach_hz, noise, between.rate_hz / step)


def _half_power_hz(
    base: npt.NDArray[np.complexfloating], reach_hz: float, noise: float, rate_hz: float = _ENVELOPE_HZ
) -> float:
    """The narrowest width that holds half the power of a signal (N,) within ±`reach_hz`, above `noise` per hertz."""
    n = min(len(base), round(_BLOCK_S * rate_hz))
    window = np.hanning(n)
    starts = range(0, max(len(base) - n, 0) + 1, max(1, n // 4))
    power = np.mean([np.abs(np.fft.fft(base[s : s + n] * window, _PADDING * n)) ** 2 for s in starts], axis=0)
    hz = np.fft.fftshift(np.fft.fftfreq(_PADDING * n, 1 / rate_hz))
    density = np.fft.fftshift(power) / (np.square(window).sum() * rate_hz)
    part = np.maximum(density - noise, 0)[np.abs(hz) <= reach_hz]
    whole = part.sum()
    if not whole > 0:
        return 0.0
    cumulated = np.concatenate([[0.0], np.cumsum(part)]) / whole
    ends = np.searchsorted(cumulated, cumulated + 0.5)
    widths = (ends - np.arange(len(ends)))[ends < len(cumulated)]
    return float(widths.min() * (hz[1] - hz[0]))
