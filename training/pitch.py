"""The pitch of a recording over time, and its vibrato."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.preset import Vibrato

Doubles = npt.NDArray[np.float64]

_RATE_HZ = 22050
_HOP = 256
_FRAME = 2048
_RANGE_HZ = (50.0, 2000.0)
_SURE = 0.5
_VIBRATO_HZ = (3.5, 9.0)
_LEAST_DEPTH_CENTS = 5.0
_LONGEST_S = 6.0


@dataclass(frozen=True)
class PitchTrack:
    """Deviation from the median in cents per frame (NaN where unvoiced)."""

    f0_hz: float
    """Median, 0 when most frames are unvoiced."""
    cents: Doubles
    frames_per_second: float


def track_pitch(samples: Doubles, rate_hz: int, f0_hint: float | None = None) -> PitchTrack:
    """Probabilistic YIN (Mauch and Dixon 2014) on the middle of a mono recording (N,)."""
    import librosa
    import soxr

    middle = samples
    if len(samples) > _LONGEST_S * rate_hz:
        start = (len(samples) - int(_LONGEST_S * rate_hz)) // 2
        middle = samples[start : start + int(_LONGEST_S * rate_hz)]
    wave = soxr.resample(middle, rate_hz, _RATE_HZ)
    low, high = _RANGE_HZ if not f0_hint else (max(f0_hint / 1.3, 45.0), min(f0_hint * 1.3, 5000.0))
    frame = _FRAME if low >= 2 * _RATE_HZ / _FRAME else 2 * _FRAME
    if len(wave) < frame or not wave.any():
        return PitchTrack(0.0, np.zeros(0), _RATE_HZ / _HOP)
    f0, voiced, _ = librosa.pyin(wave, fmin=low, fmax=high, sr=_RATE_HZ, frame_length=frame, hop_length=_HOP)
    f0 = np.where(voiced, f0, np.nan)
    if np.isfinite(f0).mean() < _SURE:
        return PitchTrack(0.0, np.full(len(f0), np.nan), _RATE_HZ / _HOP)
    median = float(np.nanmedian(f0))
    return PitchTrack(median, 1200 * np.log2(f0 / median), _RATE_HZ / _HOP)


def vibrato_of(track: PitchTrack) -> Vibrato:
    """Rate and depth of the periodic part and spread of the slow random part of a pitch track."""
    cents = _longest_voiced(track.cents)
    # pyin's frames and grid blur what is slower than a frame; less than 0.7 s cannot hold a vibrato.
    if len(cents) < 0.7 * track.frames_per_second:
        return Vibrato()
    t = np.arange(len(cents)) / track.frames_per_second
    flat = cents - np.polyval(np.polyfit(t, cents, 1), t)
    flat = np.clip(flat, -150, 150)
    window = np.hanning(len(flat))
    n_fft = 8 * len(flat)
    spectrum = np.abs(np.fft.rfft(flat * window, n_fft)) * 2 / window.sum()
    hz = np.arange(len(spectrum)) * track.frames_per_second / n_fft
    inside = np.flatnonzero((hz >= _VIBRATO_HZ[0]) & (hz <= _VIBRATO_HZ[1]))
    best = int(inside[np.argmax(spectrum[inside])])
    rate, depth = float(hz[best]), float(spectrum[best])
    if depth < _LEAST_DEPTH_CENTS or depth**2 / 2 < 0.25 * float(np.var(flat)):
        rate = depth = 0.0
    basis = np.stack([np.cos(2 * np.pi * rate * t), np.sin(2 * np.pi * rate * t), np.ones_like(t)], axis=1)
    rest = flat - basis @ np.linalg.lstsq(basis, flat, rcond=None)[0]
    jitter = _slow_spread(rest, track.frames_per_second)
    return Vibrato(rate, depth, min(jitter, 30.0))


def _longest_voiced(cents: Doubles) -> Doubles:
    """The longest run without NaN."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.isfinite(cents).astype(int), [0]])))
    if not len(edges):
        return np.zeros(0)
    runs = edges.reshape(-1, 2)
    start, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return cents[start:end]


def _slow_spread(cents: Doubles, frames_per_second: float) -> float:
    """Standard deviation after a 0.1 s mean, which removes the tracker's own steps."""
    width = max(round(0.1 * frames_per_second), 1)
    return float(np.std(np.convolve(cents, np.ones(width) / width, "valid")))
