"""The pitch of a recording, and how it moves: vibrato and jitter. Axes: `N` samples, `F` points of a track."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.preset import Vibrato

Doubles = npt.NDArray[np.float64]

_RATE_HZ = 22050
_HOP = 256
_RANGE_HZ = (50.0, 2000.0)
_LEAST_VOICED = 0.5
_LONGEST_S = 6.0
_TRACK_HZ = 100.0
_VIBRATO_HZ = (3.5, 9.0)
_LEAST_DEPTH_CENTS = 4.0
_LEAST_SHARE = 0.3
_MOST_SWING_CENTS = 120.0
_MOST_DEPTH_CENTS, _MOST_JITTER_CENTS = 100.0, 12.0


@dataclass(frozen=True)
class PitchTrack:
    """Deviation from a frequency in cents, (F,), and how loud the partial was there, (F,)."""

    cents: Doubles
    weight: Doubles
    points_per_second: float


def find_f0(samples: Doubles, rate_hz: int) -> float:
    """Median pitch of a mono recording (N,) by probabilistic YIN (Mauch and Dixon 2014); 0 when mostly unvoiced."""
    import librosa
    import soxr

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


def vibrato_of(track: PitchTrack) -> Vibrato:
    """Rate and depth of the periodic part, and spread of the slow random part."""
    loud = track.weight > 0.02 * np.quantile(track.weight, 0.9) if len(track.weight) else track.weight > 0
    first, last = (int(np.argmax(loud)), len(loud) - int(np.argmax(loud[::-1]))) if loud.any() else (0, 0)
    cents, weight = track.cents[first:last], track.weight[first:last]
    if len(cents) < 0.8 * track.points_per_second:
        return Vibrato()
    t = np.arange(len(cents)) / track.points_per_second
    weight = np.minimum(weight / weight.max(), 0.25)
    middle = float(np.median(cents))
    cents = np.clip(cents - middle, -150, 150)
    flat = cents - np.polyval(np.polyfit(t, cents, 1, w=np.sqrt(weight)), t)
    rate, depth, rest = _periodic_part(flat, weight, t)
    smoothing = np.hanning(max(round(0.2 * track.points_per_second), 3))
    level = np.convolve(weight, smoothing, "same")
    slow = np.convolve(rest * weight, smoothing, "same") / level
    jitter = float(np.sqrt(np.average(slow**2, weights=weight)))
    return Vibrato(rate, min(depth, _MOST_DEPTH_CENTS), min(jitter, _MOST_JITTER_CENTS))


def _periodic_part(cents: Doubles, weight: Doubles, t: Doubles) -> tuple[float, float, Doubles]:
    """Rate and depth of the strongest sine between 3.5 and 9 Hz, both 0 when there is none, and what it leaves."""
    total = float(np.average(cents**2, weights=weight))
    best = (0.0, 0.0, cents)
    for rate in np.arange(*_VIBRATO_HZ, 0.1):
        basis = np.stack([np.cos(2 * np.pi * rate * t), np.sin(2 * np.pi * rate * t)], axis=1)
        root = np.sqrt(weight)[:, None]
        pair = np.linalg.lstsq(basis * root, cents * root[:, 0], rcond=None)[0]
        depth = float(np.hypot(*pair))
        if depth > best[1]:
            best = (float(rate), depth, cents - basis @ pair)
    share = best[1] ** 2 / 2 / max(total, 1e-9)
    return best if best[1] >= _LEAST_DEPTH_CENTS and share >= _LEAST_SHARE else (0.0, 0.0, cents)
