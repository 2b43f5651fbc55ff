"""The pitch of a recording, and how it moves: vibrato and jitter. Axes: `N` samples, `F` points of a track.

A player's finger moves every partial alike; two modes that beat, or a note that decays, move each partial on its own.
So only what several partials have in common is pitch.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.presets.model import Vibrato

Doubles = npt.NDArray[np.float64]

_RATE_HZ = 22050
_HOP = 256
_RANGE_HZ = (50.0, 2000.0)
_LEAST_VOICED = 0.5
_LONGEST_S = 6.0
_TRACK_HZ = 100.0
_VIBRATO_HZ = (3.5, 9.0)
_HALF_BAND_HZ = 0.75
_FASTEST_HZ = 12.0
_LEAST_DEPTH_CENTS = 4.0
_LEAST_SHARE = 0.3
_MOST_SWING_CENTS = 120.0
_MOST_DEPTH_CENTS, _MOST_JITTER_CENTS = 100.0, 12.0
_MOST_RATE_WANDER_HZ, _MOST_DEPTH_WANDER, _WANDER_S = 1.0, 0.5, 0.1
# The slow wander of two partials of one string correlates by 0.6 to 1; of two modes of a bowl, or of a choir, by less.
_LEAST_COHERENCE = 0.4
# What a single partial may claim, with no other to bear it out.
_MOST_JITTER_ALONE_CENTS = 5.0


@dataclass(frozen=True)
class PitchTrack:
    """Deviation from a frequency in cents, (F,), and how loud the partial was there, (F,)."""

    cents: Doubles
    weight: Doubles
    points_per_second: float


def find_f0(samples: Doubles, rate_hz: int) -> float:
    """Median pitch of a mono recording (N,) by probabilistic YIN (Mauch and Dixon 2014); 0 when mostly unvoiced."""
    import soxr

    from training.analysis.librosa_loops import librosa

    longest = int(_LONGEST_S * rate_hz)
    start = max(len(samples) - longest, 0) // 2
    wave = soxr.resample(samples[start : start + longest], rate_hz, _RATE_HZ)
    low, high = _RANGE_HZ
    if len(wave) < 2048 or not wave.any():
        return 0.0
    f0, voiced, _ = librosa.pyin(wave, fmin=low, fmax=high, sr=_RATE_HZ, frame_length=2048, hop_length=_HOP)
    f0 = np.where(voiced, f0, np.nan)
    return float(np.nanmedian(f0)) if np.isfinite(f0).mean() >= _LEAST_VOICED else 0.0


def follow_partial(samples: Doubles, rate_hz: int, hz: float, reach_hz: float) -> PitchTrack:
    """Instantaneous frequency of the partial at `hz`: what the pitch tracker's 10-cent grid cannot resolve.

    The recording is shifted to 0 Hz, smoothed so that only ±`reach_hz` passes, and its phase differentiated.
    """
    from scipy.signal import fftconvolve

    t = np.arange(len(samples)) / rate_hz
    # A Hann window of length L has its main lobe's null at 2 / L.
    window = np.hanning(max(round(2 / reach_hz * rate_hz), 3))
    base = fftconvolve(samples * np.exp(-2j * np.pi * hz * t), window / window.sum(), "same")
    step = max(round(rate_hz / _TRACK_HZ), 1)
    points = base[step // 2 :: step]
    turn = np.angle(points[1:] * np.conj(points[:-1])) / (2 * np.pi) * rate_hz / step
    weight = np.abs(points[1:] * points[:-1])
    cents = 1200 * np.log2(np.maximum(1 + turn / hz, 0.5))
    return PitchTrack(np.asarray(cents), np.asarray(weight), rate_hz / step)


def straightened(samples: Doubles, rate_hz: int, track: PitchTrack) -> Doubles:
    """The recording played at a speed that undoes its pitch track: every partial holds still, (N',)."""
    from scipy.interpolate import CubicSpline

    if not len(track.cents) or not track.weight.max() > 0:
        return samples
    width = np.hanning(max(round(0.06 * track.points_per_second), 3) + 2)
    sure = np.minimum(track.weight / np.quantile(track.weight, 0.9), 1) ** 2 + 1e-9
    middle = float(np.average(np.clip(track.cents, -_MOST_SWING_CENTS, _MOST_SWING_CENTS), weights=sure))
    cents = np.clip(track.cents - middle, -_MOST_SWING_CENTS, _MOST_SWING_CENTS)
    smooth = np.convolve(cents * sure, width, "same") / np.convolve(sure + 1e-3, width, "same")
    at = (np.arange(len(smooth)) + 1) * rate_hz / track.points_per_second
    speed = 2 ** (np.interp(np.arange(len(samples)), at, smooth) / 1200)
    turned = np.concatenate([[0.0], np.cumsum(speed)[:-1]])
    places = np.interp(np.arange(turned[-1]), turned, np.arange(len(samples)))
    return np.asarray(CubicSpline(np.arange(len(samples)), samples)(places))


def vibrato_of(tracks: Sequence[PitchTrack]) -> Vibrato:
    """Rate and depth of the periodic part and spread of the slow random part, as far as the partials share them.

    The strongest partial comes first; equally long tracks of other partials are its witnesses.
    """
    first, last = _sounding(tracks[0])
    points_per_second = tracks[0].points_per_second
    if last - first < 0.8 * points_per_second:
        return Vibrato()
    flat, weights = zip(*(_flattened(track, first, last) for track in tracks), strict=True)
    rate, depth = _common_swing(flat, weights, points_per_second)
    smoothing = np.hanning(max(round(0.2 * points_per_second), 3))
    slow = [
        np.convolve(cents * weight, smoothing, "same") / np.convolve(weight, smoothing, "same")
        for cents, weight in zip(flat, weights, strict=True)
    ]
    if rate:
        slow = [_without_band(wander, rate, points_per_second) for wander in slow]
    rate_wander, depth_wander = _swing_wander(flat[0], weights[0], rate, points_per_second) if rate else (0.0, 0.0)
    return Vibrato(rate, min(depth, _MOST_DEPTH_CENTS), _common_wander(slow, weights), rate_wander, depth_wander)


def _swing_wander(cents: Doubles, weight: Doubles, rate_hz: float, points_per_second: float) -> tuple[float, float]:
    """Standard deviations of the swing's rate in Hz and of its depth, relative, from its analytic signal.

    The band about the rate is narrow, so only what changes over a second or so is seen, as it is played.
    """
    spectrum = np.fft.fft(cents)
    hz = np.fft.fftfreq(len(cents), 1 / points_per_second)
    near = np.clip(1 - np.abs(hz - rate_hz) / (2 * _HALF_BAND_HZ), 0, 1)
    swing = np.fft.ifft(2 * near * spectrum)
    edge = len(swing) // 8
    swing, sure = swing[edge : len(swing) - edge], weight[edge : len(weight) - edge]
    depth = np.abs(swing)
    if len(swing) < points_per_second or not depth.mean() > 0:
        return 0.0, 0.0
    smooth = np.convolve(swing, np.ones(round(_WANDER_S * points_per_second)), "valid")
    turn = np.angle(smooth[1:] * np.conj(smooth[:-1])) * points_per_second / (2 * np.pi)
    loud = np.minimum(np.abs(smooth[1:]), np.abs(smooth[:-1])) ** 2
    middle = float(np.average(turn, weights=loud))
    rate_wander = float(np.sqrt(np.average((turn - middle) ** 2, weights=loud)))
    depth_wander = float(np.sqrt(np.average((depth / np.average(depth, weights=sure) - 1) ** 2, weights=sure)))
    return min(rate_wander, _MOST_RATE_WANDER_HZ), min(depth_wander, _MOST_DEPTH_WANDER)


def _sounding(track: PitchTrack) -> tuple[int, int]:
    """First point, and one past the last, within 34 dB of the partial's loud parts."""
    loud = track.weight > 0.02 * np.quantile(track.weight, 0.9) if len(track.weight) else track.weight > 0
    return (int(np.argmax(loud)), len(loud) - int(np.argmax(loud[::-1]))) if loud.any() else (0, 0)


def _flattened(track: PitchTrack, first: int, last: int) -> tuple[Doubles, Doubles]:
    """Deviation in cents from the track's own straight line, and the weight of each point."""
    cents, weight = track.cents[first:last], track.weight[first:last]
    t = np.arange(len(cents))
    weight = np.minimum(weight / max(float(weight.max()), 1e-12), 0.25) + 1e-9
    cents = np.clip(cents - np.median(cents), -150, 150)
    return cents - np.polyval(np.polyfit(t, cents, 1, w=np.sqrt(weight)), t), weight


def _common_wander(slow: Sequence[Doubles], weights: Sequence[Doubles]) -> float:
    """Standard deviation in cents of what the partials' slow wander has in common: the root of its covariance."""
    if len(slow) == 1:
        return min(float(np.sqrt(np.average(slow[0] ** 2, weights=weights[0]))), _MOST_JITTER_ALONE_CENTS)
    covariances, correlations = [], []
    for i, j in itertools.combinations(range(len(slow)), 2):
        weight = np.minimum(weights[i], weights[j])
        covariance = float(np.average(slow[i] * slow[j], weights=weight))
        power = np.average(slow[i] ** 2, weights=weight) * np.average(slow[j] ** 2, weights=weight)
        covariances.append(covariance)
        correlations.append(covariance / float(np.sqrt(power) + 1e-12))
    if np.median(correlations) < _LEAST_COHERENCE:
        return 0.0
    return min(float(np.sqrt(max(np.median(covariances), 0.0))), _MOST_JITTER_CENTS)


def _common_swing(
    cents: Sequence[Doubles], weights: Sequence[Doubles], points_per_second: float
) -> tuple[float, float]:
    """Rate and depth of the vibrato the partials share, both 0 when there is none.

    The mean cross-spectrum of all pairs of partials: what only one of them does cancels, and a player's vibrato, whose
    rate wanders by half a hertz, is a hump in it where a single sine would find a third of it.
    """
    window = np.hanning(len(cents[0]))
    spectra = [np.fft.rfft(c * np.sqrt(w / w.mean()) * window) for c, w in zip(cents, weights, strict=True)]
    pairs = list(itertools.combinations(spectra, 2)) or [(spectra[0], spectra[0])]
    scale = 2 / (len(window) * np.square(window).sum())
    common = scale * np.mean([(a * np.conj(b)).real for a, b in pairs], axis=0)
    each = scale * np.mean([np.abs(x) ** 2 for x in spectra], axis=0)
    hz = np.fft.rfftfreq(len(window), 1 / points_per_second)
    bands = [np.abs(hz - rate) <= _HALF_BAND_HZ for rate in np.arange(*_VIBRATO_HZ, 0.1)]
    band = max(bands, key=lambda b: float(common[b].sum()))
    power = float(common[band].sum())
    pitch = (hz > 0.4) & (hz < _FASTEST_HZ)
    if power < _LEAST_DEPTH_CENTS**2 / 2 or power < _LEAST_SHARE * np.maximum(common[pitch], 0).sum():
        return 0.0, 0.0
    if power < _LEAST_COHERENCE * each[band].sum():
        return 0.0, 0.0
    hump = np.maximum(common[band], 0)
    return float((hump * hz[band]).sum() / hump.sum()), float(np.sqrt(2 * power))


def _without_band(cents: Doubles, rate_hz: float, points_per_second: float) -> Doubles:
    """A track without what moves near the vibrato's rate."""
    spectrum = np.fft.rfft(cents)
    spectrum[np.abs(np.fft.rfftfreq(len(cents), 1 / points_per_second) - rate_hz) <= _HALF_BAND_HZ] = 0
    return np.asarray(np.fft.irfft(spectrum, len(cents)))
