"""The air above the mel's fmax: a map from log-mel columns to the levels of noise bands.

Axes: `M` mel bands, `T` frames, `H` high bands, `N` samples.
"""

import itertools

import numpy as np
import numpy.typing as npt
import torch

from synth.mel import MelFormat, log_mel
from synth.presets.model import HighBand

_BANDS_PER_OCTAVE = 3
_PARTS = 4
"""Bands follow the mel's columns by thirds of octaves, and noise is even within each part of these. Even within all of
one, what surrounds the strongest partials of a bell filled its valleys up to 10 kHz: they were 9 dB too high."""
_POINTS, _MOVED_SHARE, _LINE_HZ = 4096, 0.3, 90.0
"""An edge of a part is moved by this share of its width at most, to where the least is heard within so many Hz: a line
upon an edge would be noise in the part that its partial is not in."""
_QUIETEST = 1e-7
# The map must also be safe for columns no recording has, so it is pulled towards "the air follows the column's upper
# quarter, decibel for decibel"; in units of the variance of one row.
_RIDGE = 0.3
_UPPER_SHARE = 0.25
_LARGEST_SHIFT = 1.5


def fit(wave: npt.NDArray[np.floating], rate_hz: int, fmt: MelFormat) -> HighBand | None:
    """Fit on a mono recording (N,); None when it holds nothing above `fmt.fmax_hz`."""
    import soxr

    top = rate_hz / 2
    if top < fmt.fmax_hz * 1.05:
        return None
    edges = _edges(fmt.fmax_hz, top)
    columns = _columns(soxr.resample(np.asarray(wave, np.float64), rate_hz, fmt.rate_hz), fmt)
    levels = _band_levels(np.asarray(wave, np.float64), rate_hz, fmt, edges)
    count = min(columns.shape[1], levels.shape[1])
    if count < 2:
        return None
    x, y = columns[:, :count].T, np.log(np.maximum(levels[:, :count], _QUIETEST)).T
    prior = np.zeros(fmt.n_mels)
    upper = round(fmt.n_mels * _UPPER_SHARE)
    prior[-upper:] = 1 / upper
    # Loud frames count more: they are what is heard, and quiet ones are mostly the recording's own hiss.
    weight = np.exp(0.5 * (y.mean(axis=1) - y.mean(axis=1).max()))
    weight /= weight.mean()
    x_mean, y_mean = np.average(x, axis=0, weights=weight), np.average(y, axis=0, weights=weight)
    centred = x - x_mean
    rest = (y - y_mean) - (centred @ prior)[:, None]
    penalty = _RIDGE * count * max(float(centred.var(axis=0).mean()), 1e-3)
    weighted = centred * weight[:, None]
    gram = weighted.T @ centred + penalty * np.eye(fmt.n_mels)
    weights = prior[None] + np.linalg.solve(gram, weighted.T @ rest).T
    offset = y_mean - weights @ x_mean
    # A fit of logarithms misses the mean power where a few loud frames hold most of it, as in a struck note.
    predicted = np.exp(np.clip(x @ weights.T + offset, np.log(_QUIETEST), 0))
    missing = 0.5 * np.log(np.mean(np.exp(2 * y), axis=0) / np.mean(predicted**2, axis=0))
    offset = offset + np.clip(missing, -_LARGEST_SHIFT, _LARGEST_SHIFT)
    return _in_parts(edges, np.concatenate([weights, offset[:, None]], axis=1), np.asarray(wave, np.float64), rate_hz)


def _in_parts(
    edges: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], wave: npt.NDArray[np.float64], rate_hz: int
) -> HighBand:
    """Bands between `edges` (H + 1,) with their map (H, M + 1) in parts, each with its share of the band's power."""
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import welch

    hz, power = welch(wave, rate_hz, "blackmanharris", nperseg=min(_POINTS, len(wave)), detrend=False)
    near = uniform_filter1d(power, max(1, round(_LINE_HZ / float(hz[1]))), mode="nearest")
    power = np.concatenate([[0.0], np.cumsum(power)])
    finer, maps = [edges[:1]], []
    for (low, high), band in zip(itertools.pairwise(edges), weights, strict=True):
        parts = low * (high / low) ** (np.arange(_PARTS + 1) / _PARTS)
        for i in range(1, _PARTS):
            places = np.flatnonzero(np.abs(hz - parts[i]) <= _MOVED_SHARE * (high - low) / _PARTS)
            if len(places):
                parts[i] = hz[places[np.argmin(near[places])]]
        share = np.diff(np.interp(parts, hz, power[:-1]))
        of_part = np.repeat(band[None], _PARTS, axis=0)
        of_part[:, -1] += 0.5 * np.log(np.maximum(share, _QUIETEST**2 * share.sum() + 1e-30) / (share.sum() + 1e-30))
        finer.append(parts[1:])
        maps.append(of_part)
    return HighBand(
        torch.from_numpy(np.concatenate(finer).astype(np.float32)),
        torch.from_numpy(np.concatenate(maps).astype(np.float32)),
    )


def _edges(low_hz: float, top_hz: float) -> npt.NDArray[np.float64]:
    """Third-octave edges from `low_hz`, the last moved to `top_hz`."""
    count = max(round(_BANDS_PER_OCTAVE * np.log2(top_hz / low_hz)), 1)
    edges = low_hz * 2.0 ** (np.arange(count + 1) / _BANDS_PER_OCTAVE)
    edges[-1] = top_hz
    return edges


def _columns(wave: npt.NDArray[np.float64], fmt: MelFormat) -> npt.NDArray[np.float64]:
    return log_mel(torch.from_numpy(wave)[None], fmt)[0].numpy()


def _band_levels(
    wave: npt.NDArray[np.float64], rate_hz: int, fmt: MelFormat, edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Root mean square of each band around each mel frame's centre, (H, T)."""
    length = 2 * round(fmt.win * rate_hz / fmt.rate_hz / 2)
    window = np.hanning(length + 1)[:-1]
    frames = int(len(wave) * fmt.rate_hz / rate_hz) // fmt.hop
    padded = np.pad(wave, length)
    hz = np.arange(length // 2 + 1) * rate_hz / length
    masks = np.stack([(hz >= a) & (hz < b) for a, b in itertools.pairwise(edges)]).astype(float)
    scale = 2 / (length * np.sum(window**2))
    levels = np.empty((len(masks), frames))
    for t in range(frames):
        start = round((t + 0.5) * fmt.hop * rate_hz / fmt.rate_hz) + length // 2
        power = np.abs(np.fft.rfft(padded[start : start + length] * window)) ** 2
        levels[:, t] = np.sqrt(scale * (masks @ power))
    return levels
