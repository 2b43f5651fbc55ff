"""How much of each mel row, and of each band of air above, lies between the partials: breath, bow, air.

The spectrum between the partials is the lower quartile over one distance between partials. Made into noise, its mel
rows stand beside the recording's: what an oscillator explains of a row, and what only noise can give, is then known row
by row, which the mel alone does not tell. Axes: `N` samples, `M` mel bands, `H` high bands, `K` bins.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import MelFormat, log_mel
from synth.presets.model import Vibrato
from training.analysis.data import resampled
from training.analysis.pitch import follow_partial, straightened
from training.analysis.recording import Wave

Doubles = npt.NDArray[np.float64]

LARGEST_SHARE = 0.98
"""Of a row: a little is always left to the partials that are there."""
_RESOLUTION_HZ = 5.4
_PERCENT = 25
_REACH_PARTIALS, _LEAST_HZ = 1.2, 250.0
"""The quartile is taken over so many distances between partials, and no less than this."""
_LOBE_BINS, _NEAR_HZ = 4.5, 150.0
"""A partial fills so many bins to either side; what is there beside it is the mean over so many Hz."""
_STEADY_CENTS = 3.0
"""A vibrato no deeper smears nothing."""
_TINY = 1e-12


@dataclass(frozen=True)
class Between:
    """A recording's spectrum, and what it would be without its partials."""

    wave: Doubles
    """(N,) without vibrato."""
    rate_hz: int
    hz: Doubles
    """(K,)."""
    power: Doubles
    """(K,) mean power: 1 for white noise of variance 1."""
    noise: Doubles
    """(K,) the same between the partials."""


def between_partials(wave: Wave, rate_hz: int, root_hz: float = 0.0, vibrato: Vibrato | None = None) -> Between:
    """Of a recording (N,); `root_hz` is the distance between its partials, 0 where there is none.

    The swing of a vibrato is taken out first: the sides of swinging partials would pass for noise.
    """
    from scipy.ndimage import percentile_filter

    sound = np.asarray(wave, np.float64)
    if vibrato is not None and root_hz > 0 and vibrato.depth_cents + vibrato.jitter_cents > _STEADY_CENTS:
        sound = straightened(sound, rate_hz, follow_partial(sound, rate_hz, root_hz, min(0.5 * root_hz, 80.0)))
    n_fft = 2 ** round(np.log2(rate_hz / _RESOLUTION_HZ))
    power = _mean_power(sound, n_fft)
    size = round(max(_REACH_PARTIALS * root_hz, _LEAST_HZ) / (rate_hz / n_fft)) | 1
    # How far the quartile of noise lies below its mean depends on how many frames there are: noise itself says it.
    white = _mean_power(np.random.default_rng(0).standard_normal(len(sound)), n_fft)
    bias = float(percentile_filter(white, _PERCENT, size=size).mean() / white.mean())
    noise = np.minimum(percentile_filter(power, _PERCENT, size=size) / bias, power)
    return Between(sound, rate_hz, np.asarray(np.fft.rfftfreq(n_fft, 1 / rate_hz), np.float64), power, noise)


def noise_share(between: Between, fmt: MelFormat) -> Tensor:
    """Level of the noise in each row relative to the row's, (M,) float32 in 0 … 0.98."""
    return _share(between, between.noise, fmt)


def largest_noise_share(between: Between, partials_hz: Tensor, fmt: MelFormat) -> Tensor:
    """The same, (M,), of all that does not belong to one of the partials at `partials_hz` (P,).

    Close beside a partial there is more than between two: 7 dB in a voice, within 70 Hz of each of its partials. How
    much of that the sound of a partial brings along depends on how it moves, so this is the most that noise may be.
    """
    bin_hz = float(between.hz[1])
    places = partials_hz.double().numpy()
    partial = np.abs(between.hz[:, None] - places[None]).min(axis=1, initial=np.inf) <= _LOBE_BINS * bin_hz
    size = round(_NEAR_HZ / bin_hz) | 1
    power, count = (np.convolve(x, np.ones(size), "same") for x in (np.where(partial, 0.0, between.power), ~partial))
    known = count > 0.5
    if not known.any():
        return noise_share(between, fmt)
    beside = np.interp(between.hz, between.hz[known], power[known] / count[known])
    return torch.maximum(_share(between, np.minimum(beside, between.power), fmt), noise_share(between, fmt))


def _share(between: Between, noise: Doubles, fmt: MelFormat) -> Tensor:
    """Level of noise of this power (K,) in each row relative to the row's, (M,)."""
    white = np.fft.rfft(np.random.default_rng(1).standard_normal(len(between.wave)))
    hz = np.fft.rfftfreq(len(between.wave), 1 / between.rate_hz)
    sound = np.fft.irfft(white * np.sqrt(np.interp(hz, between.hz, noise)), len(between.wave))
    share = _rows(sound, between.rate_hz, fmt) / _rows(between.wave, between.rate_hz, fmt)
    return torch.from_numpy(np.clip(share, 0.0, LARGEST_SHARE)).float()


def band_noise_share(
    between: Between, edges_hz: Tensor, partials_hz: Tensor | None = None, root_hz: float = 0.0
) -> Tensor:
    """Level of the noise in each of the bands between `edges_hz` (H + 1,) relative to the band's, (H,) float32.

    With `partials_hz` (P,), `root_hz` apart, all that is not about one of them is noise: what stands out of the valleys
    elsewhere must not be played by the few that are stored. It made a flute's only partial up there a clean line 10 dB
    too loud.
    """
    noise, places = between.noise, np.zeros(0) if partials_hz is None else partials_hz.double().numpy()
    if len(places):
        reach = max(root_hz, _LEAST_HZ) / 2
        held = np.searchsorted(places, between.hz + reach) > np.searchsorted(places, between.hz - reach)
        noise = np.where(held, noise, between.power)
    at = np.searchsorted(between.hz, edges_hz.double().numpy())
    noise, whole = (np.diff(np.concatenate([[0.0], np.cumsum(p)])[at]) for p in (noise, between.power))
    return torch.from_numpy(np.sqrt(np.clip(noise / (whole + _TINY), 0.0, 1.0))).float()


def _mean_power(wave: Doubles, n_fft: int) -> Doubles:
    """Mean power of each bin, (K,), 1 for white noise of variance 1."""
    from scipy.signal import get_window

    window = get_window("blackmanharris", n_fft)
    padded = np.pad(wave, (0, max(0, n_fft - len(wave))))
    starts = range(0, len(padded) - n_fft + 1, n_fft // 8)
    power = np.mean([np.abs(np.fft.rfft(padded[s : s + n_fft] * window)) ** 2 for s in starts], axis=0)
    return np.asarray(power / np.square(window).sum())


def _rows(wave: Doubles, rate_hz: int, fmt: MelFormat) -> Doubles:
    """Mean magnitude of each row, (M,)."""
    at_rate = torch.from_numpy(resampled(wave.astype(np.float32), rate_hz, fmt.rate_hz))[None]
    return np.asarray(log_mel(at_rate, fmt)[0].exp().mean(dim=-1).double().numpy())
