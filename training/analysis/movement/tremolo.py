"""How the loudness of each partial followed the recording's vibrato.

Axes: `N` samples, `P` partials, `F` points of a pitch track.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import DB_PER_NEPER
from synth.presets.model import Vibrato
from training.analysis.pitch import follow_partial
from training.analysis.recording import Wave

Doubles = npt.NDArray[np.float64]

_HALF_BAND_HZ = 1.5
_SMOOTHING_S, _EDGE_S = 0.02, 0.3
_LEAST_COHERENCE = 0.5
"""Of a swing that lasts a few seconds and nothing that follows it chance makes 0.2."""
_MOST_DB, _MOST_CENTS, _MOST_REACH_HZ = 12.0, 120.0, 80.0
_LEAST_SECONDS = 1.5


def tremolo_db(wave: Wave, rate_hz: int, hz: Tensor, vibrato: Vibrato, root_hz: float) -> Tensor | None:
    """What of each partial's level goes with the pitch and with what the pitch is a quarter of a swing later, in dB at
    the vibrato's usual depth, (P, 2) float32; None without a vibrato that any partial follows."""
    sound = np.asarray(wave, np.float64)
    if not vibrato.depth_cents or root_hz <= 0 or len(sound) < _LEAST_SECONDS * rate_hz:
        return None
    track = follow_partial(sound, rate_hz, root_hz, min(0.5 * root_hz, _MOST_REACH_HZ))
    edge, points = round(_EDGE_S * track.points_per_second), len(track.cents)
    cents = np.clip(track.cents - np.median(track.cents), -_MOST_CENTS, _MOST_CENTS)
    pitch = _swing(cents, vibrato.rate_hz, track.points_per_second)[edge:-edge]
    depth = float(np.sqrt(np.mean(np.abs(pitch) ** 2)))
    if not depth > 0:
        return None
    # Partials are followed as they swing: a recording that is straightened is stretched, and late by milliseconds.
    times = (np.arange(points) + 1) * rate_hz / track.points_per_second
    swaying = np.cumsum(2 ** (np.interp(np.arange(len(sound)), times, cents) / 1200) - 1) * 2 * np.pi / rate_hz
    t = 2 * np.pi * np.arange(len(sound)) / rate_hz
    near = np.abs(np.fft.fftfreq(len(sound), 1 / rate_hz)) < root_hz / 2
    window = np.hanning(round(_SMOOTHING_S * rate_hz) | 1)
    at = np.minimum(np.round(times), len(sound) - 1).astype(int)
    found = np.zeros((len(hz), 2))
    for i, place in enumerate(hz.double().tolist()):
        base = np.fft.fft(sound * np.exp(-1j * place * (t + swaying)))
        envelope = np.abs(np.fft.ifft(base * near))
        level = np.log(np.maximum(np.convolve(envelope, window / window.sum(), "same")[at], 1e-9))
        swing = _swing(level - level.mean(), vibrato.rate_hz, track.points_per_second)[edge:-edge]
        product = np.vdot(pitch, swing)
        power = np.vdot(pitch, pitch).real
        if abs(product) ** 2 > _LEAST_COHERENCE * power * np.vdot(swing, swing).real:
            gain = DB_PER_NEPER * depth * product / power
            # sin φ − i cos φ is what the pitch swings as: the imaginary part is what goes with cos φ.
            found[i] = np.clip([gain.real, gain.imag], -_MOST_DB, _MOST_DB)
    return torch.from_numpy(found).float() if found.any() else None


def _swing(values: Doubles, rate_hz: float, points_per_second: float) -> npt.NDArray[np.complexfloating]:
    """The analytic signal of what moves near a rate, (F,)."""
    rates = np.fft.fftfreq(len(values), 1 / points_per_second)
    near = np.clip(1 - np.abs(rates - rate_hz) / _HALF_BAND_HZ, 0, 1)
    return np.asarray(np.fft.ifft(2 * near * np.fft.fft(values)))
