"""The statistics by which an ear knows a texture: McDermott and Simoncelli, Neuron 71 (2011).

Thirty bands of equal width on the ear's scale, their envelopes compressed to the power 0.3: how strong they are, how
they vary, how lopsided they are, how they move together, and how fast. Shares nothing with `synth`.
Axes: `N` samples, `E` bands, `S` envelope samples, `L` modulation bands.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal
import soxr

from training.evaluation.sound_metrics import Levels, Wave

RATE_HZ, ENVELOPE_HZ = 22050, 441
N_BANDS, LOWEST_HZ, HIGHEST_HZ = 30, 50.0, 10_000.0
POWER = 0.3
_MODULATION_HZ = np.geomspace(1.0, 180.0, 16)
_QUALITY = 2.0
_HEARD_DB = 60.0
_MOST_EXCERPTS = 8
_RINGING_S = 0.08
"""The bands are parts of a discrete spectrum, to which the end of an excerpt is followed by its beginning: that step
rings in every band at both ends. Of noise 50 dB below a tone of 220 Hz the band that suffers most had a skew wrong by
16 with the whole envelopes, by 0.6 without 60 ms of each end, by 0.13 without 80 ms, and no less without 100 ms."""


@dataclass(frozen=True)
class Texture:
    """Statistics of one excerpt."""

    level_db: Levels
    """(E,) mean of each compressed envelope, as dB of sound, all bands' mean power 0."""
    variation: Levels
    """(E,) standard deviation over mean."""
    skew: Levels
    """(E,) third standardised moment."""
    correlation: Levels
    """(E, E) of the envelopes."""
    modulation_db: Levels
    """(E, L) power of each modulation band, of the envelope's variance."""

    @property
    def heard(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.level_db > self.level_db.max() - _HEARD_DB)


@dataclass(frozen=True)
class TextureDistance:
    """Mean |difference| of each kind of statistics, over the bands that are heard."""

    level_db: float
    variation: float
    skew: float
    correlation: float
    modulation_db: float

    def as_array(self) -> Levels:
        return np.array([self.level_db, self.variation, self.skew, self.correlation, self.modulation_db])


def texture(wave: Wave, rate_hz: int) -> Texture:
    """Statistics of a sound (N,), but for 80 ms at each of its ends."""
    return statistics(_envelopes(wave, rate_hz))


def statistics(envelopes: Levels) -> Texture:
    """Statistics of compressed envelopes (E, S)."""
    mean, deviation = envelopes.mean(axis=1), envelopes.std(axis=1)
    shape = (envelopes - mean[:, None]) / np.maximum(deviation, 1e-12)[:, None]
    level_db = 20 / POWER * np.log10(np.maximum(mean, 1e-9))
    return Texture(
        level_db - 10 * np.log10(np.mean(10 ** (level_db / 10))),
        deviation / np.maximum(mean, 1e-9),
        (shape**3).mean(axis=1),
        shape @ shape.T / shape.shape[1],
        _modulation(shape),
    )


def distance(a: Texture, b: Texture) -> TextureDistance:
    """Between two sounds, over the bands heard in `b`."""
    heard = b.heard
    pair = np.triu(heard[:, None] & heard[None], 1)
    return TextureDistance(
        float(np.abs(a.level_db - b.level_db)[heard].mean()),
        float(np.abs(a.variation - b.variation)[heard].mean()),
        float(np.abs(a.skew - b.skew)[heard].mean()),
        float(np.abs(a.correlation - b.correlation)[pair].mean()) if pair.any() else 0.0,
        float(np.abs(a.modulation_db - b.modulation_db)[heard].mean()),
    )


def beside_halves(sound: Wave, sound_hz: int, recording: Wave, recording_hz: int) -> tuple[Levels, Levels]:
    """Distance of a long sound's excerpts from the recording's halves, and that between the halves: (5,) each.

    Excerpts are as long as a half, so both are known as well as each other: of the same process they are equal. The
    halves are of the recording's envelopes, so no end is in its middle.
    """
    whole = _envelopes(recording, recording_hz)
    half = whole.shape[1] // 2
    halves = [statistics(whole[:, :half]), statistics(whole[:, half : 2 * half])]
    # A sample of the envelope more, because envelopes of parts of seconds are rounded.
    n = min(len(sound), math.ceil(((half + 1) / ENVELOPE_HZ + 2 * _RINGING_S) * sound_hz))
    starts = np.linspace(0, len(sound) - n, min(_MOST_EXCERPTS, max(1, len(sound) // n))).astype(int)
    excerpts = [statistics(_envelopes(sound[s : s + n], sound_hz)[:, :half]) for s in starts]
    found = np.mean([distance(e, h).as_array() for e in excerpts for h in halves], axis=0)
    floor = np.mean([distance(*halves).as_array(), distance(*halves[::-1]).as_array()], axis=0)
    return np.asarray(found), np.asarray(floor)


def _envelopes(wave: Wave, rate_hz: int) -> Levels:
    """Compressed envelopes of the bands at `ENVELOPE_HZ`, (E, S), of a sound brought to unit power, without the ends
    that ring; of a sound too short for that, the middle half."""
    wave = wave if rate_hz == RATE_HZ else soxr.resample(wave, rate_hz, RATE_HZ)
    wave = wave / max(float(wave.std()), 1e-12)
    n = len(wave)
    spectrum = np.fft.fft(wave)
    hz = np.fft.fftfreq(n, 1 / RATE_HZ)
    # Analytic: negative frequencies are left out, so a band's magnitude is its envelope.
    place = np.where(hz > 0, _erb_number(np.maximum(hz, 0.0)), -np.inf)
    ends = _erb_number(np.array([LOWEST_HZ, HIGHEST_HZ]))
    centres = np.linspace(ends[0], ends[1], N_BANDS + 2)
    width = centres[1] - centres[0]
    rows = []
    for centre in centres[1:-1]:
        apart = np.clip((place - centre) / width, -1, 1)
        band = np.abs(np.fft.ifft(2 * spectrum * np.cos(np.pi / 2 * apart))) ** POWER
        rows.append(scipy.signal.resample_poly(band, 1, RATE_HZ // ENVELOPE_HZ))
    envelopes = np.maximum(np.stack(rows), 1e-9)
    edge = min(round(_RINGING_S * ENVELOPE_HZ), envelopes.shape[1] // 4)
    return np.asarray(envelopes[:, edge : envelopes.shape[1] - edge])


def _erb_number(hz: Levels) -> Levels:
    """Glasberg and Moore (1990)."""
    return np.asarray(9.265 * np.log(1 + hz / (24.7 * 9.265)))


def _modulation(shape: Levels) -> Levels:
    """Power in bands of constant Q of envelopes (E, S) with unit variance, in dB, (E, L)."""
    # Without a window the step from the end to the beginning is movement at every rate: up to 15 dB too much of it in a
    # tone that sways, by where in its sway it was cut.
    window = np.hanning(shape.shape[1] + 2)[1:-1]
    moves = (shape - (shape @ window)[:, None] / window.sum()) * window
    power = np.abs(np.fft.rfft(moves, axis=1)) ** 2
    hz = np.fft.rfftfreq(shape.shape[1], 1 / ENVELOPE_HZ)
    octaves = np.log2(np.maximum(hz, 1e-6)[None] / _MODULATION_HZ[:, None])
    bands = np.cos(np.pi / 2 * np.clip(octaves * _QUALITY / 2, -1, 1)) ** 2
    bands[:, 0] = 0.0
    return np.asarray(10 * np.log10(power @ bands.T / power[:, 1:].sum(axis=1, keepdims=True).clip(1e-12) + 1e-6))
