"""How a vocoded sound is measured. Sounds are (N,) float64 at the format's rate; mels (M, T)."""

import math

import numpy as np
import torch

from synth.mel import DB_PER_NEPER, MelFormat, log_mel
from synth.vocoder.arrays import Doubles

_RANGE_NEPERS = 80 / DB_PER_NEPER
"""What a culture's grid spans; cells further below the loudest are not compared."""
_REACH_CENTS, _BLUR_CENTS = 300, 10
"""Pitch is looked for this far around where it should be; vibrato and beating are blurred into one peak."""
_CLEAR = 4.0
"""How far a peak stands above the mean around it to be a pitch."""
_SEGMENT_S, _REACH_HZ = 1.0, 2.0


def mel_error_db(wave: Doubles, mel: Doubles, fmt: MelFormat) -> float:
    """Mean |difference| in dB between `mel` and the sound's own, over 80 dB below the loudest cell."""
    heard = log_mel(torch.from_numpy(wave)[None], fmt)[0].numpy()[:, : mel.shape[1]]
    floor = float(mel.max()) - _RANGE_NEPERS
    wanted = mel[:, : heard.shape[1]]
    return float(np.abs(np.maximum(heard, floor) - np.maximum(wanted, floor)).mean() * DB_PER_NEPER)


def strongest_hz(wave: Doubles, rate_hz: int, near_hz: float) -> float | None:
    """Frequency of the strongest tone within 300 cents, or None when nothing stands out there."""
    cents = np.arange(-_REACH_CENTS, _REACH_CENTS + 1)
    power = np.abs(np.fft.rfft(wave * np.blackman(len(wave)), 2 * len(wave))) ** 2
    hz = np.arange(len(power)) * rate_hz / (2 * len(wave))
    inside = np.abs(hz - near_hz) < near_hz * (2 ** ((_REACH_CENTS + 50) / 1200) - 1)
    place = 1200 * np.log2(hz[inside] / near_hz)
    weights = np.exp(-0.5 * ((place[None] - cents[:, None]) / _BLUR_CENTS) ** 2)
    level = weights @ power[inside] / weights.sum(axis=1)
    top = int(np.argmax(level))
    if level[top] < _CLEAR * level.mean():
        return None
    # Of the blurred peak the blur's own centre of power: finer than a cent.
    near = weights[top] * power[inside]
    return float(near_hz * 2 ** (float((near * place).sum() / near.sum()) / 1200))


def pitch_error_cents(wave: Doubles, rate_hz: int, wanted_hz: float | None) -> float | None:
    """How far the tone wanted at `wanted_hz` is off, or None when there is none to be heard."""
    if wanted_hz is None:
        return None
    found = strongest_hz(wave, rate_hz, wanted_hz)
    return None if found is None else 1200 * math.log2(found / wanted_hz)


def frame_rate_share_db(wave: Doubles, fmt: MelFormat) -> float:
    """Power within 2 Hz of multiples of the frame rate, in dB of all power.

    A vocoder that repeats itself every frame has all of it there (0 dB); white noise −13.3 dB at 86.13 Hz.
    """
    length = min(round(_SEGMENT_S * fmt.rate_hz), len(wave))
    window = np.hanning(length)
    starts = range(0, len(wave) - length + 1, max(length // 2, 1))
    power = sum((np.abs(np.fft.rfft(wave[s : s + length] * window)) ** 2 for s in starts), np.zeros(length // 2 + 1))
    hz = np.arange(len(power)) * fmt.rate_hz / length
    multiple = np.round(hz / fmt.frames_per_second)
    at = (np.abs(hz - multiple * fmt.frames_per_second) <= _REACH_HZ) & (multiple >= 1)
    heard = hz > _REACH_HZ
    return float(10 * np.log10(max(power[at].sum(), 1e-30) / max(power[heard].sum(), 1e-30)))
