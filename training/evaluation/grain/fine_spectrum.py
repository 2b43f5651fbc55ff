"""The spectrum between the partials, and how far partials stand out of it.

A mel row below 8 kHz spans many partials: a sound can have every row right and be 20 dB too clean between them. Here a
bin is 5.4 Hz wide. Our own measure; shares nothing with `synth`. Axes: `N` samples, `K` bins, `F` frames.
"""

from dataclasses import dataclass

import numpy as np
import scipy.signal
import soxr

from training.evaluation.sound_metrics import FLOOR_MIN_DB, Levels, Wave

RATE_HZ, N_FFT, HOP = 44100, 8192, 1024
RANGE_DB = 90.0
COMPARED_HZ = (100.0, 11_000.0)
BANDS_HZ = ((100, 500), (500, 1000), (1000, 2000), (2000, 4000), (4000, 8000), (8000, 11_000))
TOP_OCTAVE_HZ = (8000.0, 16_000.0)
_VALLEY_PERCENT, _PEAK_PERCENT = 25.0, 97.5
_THIRDS_HZ = 125.0 * 2 ** (np.arange(22) / 3)
_LEAST_WIDTH_HZ = 500.0
"""A third of an octave narrower than this may hold one partial's slope and neither peak nor valley."""
_MOST_FRAMES = 1500


@dataclass(frozen=True)
class FineSpectrum:
    """One sound's long-time spectrum and tonality."""

    level_db: Levels
    """(K,) mean power of each bin, all bins together 0 dB."""
    tonality_db: Levels
    """(22,) by thirds of octaves from 125 Hz to 16 kHz: how far peaks stand above valleys, mean over frames."""

    @property
    def hz(self) -> Levels:
        return np.asarray(np.fft.rfftfreq(N_FFT, 1 / RATE_HZ), np.float64)


def fine_spectrum(wave: Wave, rate_hz: int) -> FineSpectrum:
    """Spectrum of a sound (N,) at 8192 points of 44.1 kHz, Blackman-Harris."""
    powers = np.maximum(_powers(wave, rate_hz), 1e-20)
    mean = powers.mean(axis=0)
    level = 10 * np.log10(mean / mean.sum() + 1e-16)
    return FineSpectrum(level, _tonality(powers))


@dataclass(frozen=True)
class FineDifference:
    """How a sound differs from its recording."""

    spectrum_db: float
    """Mean |difference| of the bins from 100 Hz to 11 kHz within 90 dB of the recording's loudest."""
    valleys_db: tuple[float, ...]
    """By `BANDS_HZ`: what lies between the partials, sound minus recording."""
    tonality_db: float
    """Mean |difference| over the thirds of octaves that are heard."""
    top_octave_db: float
    """Power from 8 to 16 kHz, sound minus recording."""


def difference(sound: FineSpectrum, recording: FineSpectrum) -> FineDifference:
    """`sound` beside `recording`; what is more than 90 dB below the recording's loudest bin is nothing in either."""
    hz = recording.hz
    floor = recording.level_db.max() - RANGE_DB
    a, b = np.maximum(sound.level_db, floor), np.maximum(recording.level_db, floor)
    heard = (hz > COMPARED_HZ[0]) & (hz < COMPARED_HZ[1]) & (recording.level_db > floor)
    bands = [(hz >= low) & (hz < high) for low, high in BANDS_HZ]
    thirds = np.array([np.percentile(recording.level_db[m], _PEAK_PERCENT) > floor for m in _thirds()])
    off = np.abs(sound.tonality_db - recording.tonality_db)[thirds]
    return FineDifference(
        float(np.abs(a - b)[heard].mean()),
        tuple(float(np.percentile(a[m], _VALLEY_PERCENT) - np.percentile(b[m], _VALLEY_PERCENT)) for m in bands),
        float(off.mean()) if len(off) else 0.0,
        _band_db(a, hz) - _band_db(b, hz),
    )


def floor_of(first: FineSpectrum, second: FineSpectrum) -> FineDifference:
    """The same between two halves of a recording: magnitudes, and none below 0.5 dB."""
    found = difference(first, second)
    return FineDifference(
        max(FLOOR_MIN_DB, found.spectrum_db),
        tuple(max(FLOOR_MIN_DB, abs(v)) for v in found.valleys_db),
        max(FLOOR_MIN_DB, found.tonality_db),
        max(FLOOR_MIN_DB, abs(found.top_octave_db)),
    )


def _powers(wave: Wave, rate_hz: int) -> Levels:
    """Power of every bin in evenly chosen frames, (F, K)."""
    wave = wave if rate_hz == RATE_HZ else soxr.resample(wave, rate_hz, RATE_HZ)
    wave = np.pad(wave, (0, max(0, N_FFT - len(wave))))
    starts = np.arange(0, len(wave) - N_FFT + 1, HOP)
    starts = starts[:: max(1, -(-len(starts) // _MOST_FRAMES))]
    window = scipy.signal.get_window("blackmanharris", N_FFT)
    return np.stack([np.abs(np.fft.rfft(wave[s : s + N_FFT] * window)) ** 2 for s in starts])


def _thirds() -> list[slice]:
    """The bins that tell of each third of an octave."""
    step = RATE_HZ / N_FFT
    ratio = 2 ** (1 / 6)
    widths = np.maximum(_THIRDS_HZ * (ratio - 1 / ratio), _LEAST_WIDTH_HZ)
    lows = np.maximum(_THIRDS_HZ - widths / 2, 50.0)
    return [slice(round(low / step), round((low + width) / step)) for low, width in zip(lows, widths, strict=True)]


def _tonality(powers: Levels) -> Levels:
    """Frame by frame, so that a vibrato that smears the long-time spectrum hides nothing, (22,)."""
    level = 10 * np.log10(powers)
    ends = (np.percentile(level[:, m], (_VALLEY_PERCENT, _PEAK_PERCENT), axis=1) for m in _thirds())
    return np.array([float((peak - valley).mean()) for valley, peak in ends])


def _band_db(level_db: Levels, hz: Levels) -> float:
    inside = (hz >= TOP_OCTAVE_HZ[0]) & (hz < TOP_OCTAVE_HZ[1])
    return float(10 * np.log10((10 ** (level_db[inside] / 10)).sum()))
