"""How each strong partial lives: how wide its line is, and how its amplitude moves, slowly and faster than mel frames.

Shares nothing with `synth`. Axes: `N` samples, `P` partials, `S` samples of a partial's envelope.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal
import soxr

from training.evaluation.sound_metrics import Levels, Wave

RATE_HZ, ENVELOPE_HZ = 22050, 450
FRAME_HZ = 43.0
"""Half the rate of mel frames: what moves faster, no frame says."""
SLOWEST_HZ, FASTEST_HZ = 0.7, 180.0
_MOST_PARTIALS = 12
_STRONG_DB, _TONAL_DB = 45.0, 15.0
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 10_000.0
_OCCUPIED = 0.9
_BLOCK_S = 1.0
_MOST_SECONDS = 20.0
_STILL_DB = -60.0
"""A partial whose amplitude moves less is as still as one that does not move."""
_LEAST_OCTAVES, _LEAST_DB, _LEAST_CORRELATION = 0.1, 0.5, 0.05
_VIBRATO_HZ = (3.5, 9.0)
_MOVES_HZ = (SLOWEST_HZ, FRAME_HZ, FASTEST_HZ)


@dataclass(frozen=True)
class Movement:
    """Of the partials at `hz` (P,)."""

    hz: Levels
    width_hz: Levels
    """(P,) that holds 90 % of a partial's power."""
    slow_db: Levels
    """(P,) root mean square of the amplitude's movement below 43 Hz, of its mean."""
    fast_db: Levels
    """(P,) the same from 43 to 180 Hz, as far as half the way to the next partial; not a number where that is nearer
    than 43 Hz."""
    slow_together: Levels
    """(P, P) correlation of two partials' amplitudes as they move below 43 Hz: one swell of all is a tremolo."""
    fast_together: Levels
    """(P, P) the same from 43 to 180 Hz; not a number where one of them is not known."""
    with_pitch: npt.NDArray[np.complexfloating]
    """(P,) correlation of each amplitude with the strongest partial's pitch at the rates of a vibrato: its angle is by
    how much of a swing it is ahead."""


@dataclass(frozen=True)
class MovementDifference:
    """Mean |difference| over the partials, or over their pairs; None where too few are strong."""

    width_octaves: float | None
    slow_db: float | None
    fast_db: float | None
    slow_together: float | None = None
    fast_together: float | None = None
    with_pitch: float | None = None


def strong_partials(wave: Wave, rate_hz: int) -> Levels:
    """Frequencies of up to twelve partials within 45 dB of the strongest, ascending, (P,)."""
    wave = _at_rate(wave, rate_hz)
    n = min(16384, len(wave))
    hz, power = scipy.signal.welch(wave, RATE_HZ, "blackmanharris", n, 3 * n // 4, detrend=False)
    level = 10 * np.log10(power + 1e-20)
    peaks, _ = scipy.signal.find_peaks(level, prominence=_TONAL_DB, distance=max(1, round(30 / hz[1])))
    good = [p for p in peaks if _LOWEST_HZ < hz[p] < _HIGHEST_HZ and level[p] > level.max() - _STRONG_DB]
    strongest = sorted(good, key=lambda p: -level[p])[:_MOST_PARTIALS]
    return np.sort(hz[strongest])


def movement(wave: Wave, rate_hz: int, hz: Levels) -> Movement:
    """Of the partials at `hz` (P,) in a sound (N,), its middle 20 s."""
    wave = _at_rate(wave, rate_hz)
    first = max(0, len(wave) - round(_MOST_SECONDS * RATE_HZ)) // 2
    wave = wave[first : first + round(_MOST_SECONDS * RATE_HZ)]
    gaps = np.diff(hz, prepend=-hz[:1], append=2 * hz[-1:]) if len(hz) else hz
    reaches = np.minimum(np.minimum(gaps[:-1], gaps[1:]) / 2, FASTEST_HZ) if len(hz) else hz
    rows = [_one(wave, centre, reach) for centre, reach in zip(hz, reaches, strict=True)]
    width, slow, fast = np.array([row[:3] for row in rows]).T if rows else np.zeros((3, 0))
    bases = np.stack([row[3] for row in rows]) if rows else np.zeros((0, 2), complex)
    moves = _spectra(np.abs(bases))
    rates = np.fft.rfftfreq(2 * (moves.shape[1] - 1), 1 / ENVELOPE_HZ)
    together = [_together(moves[:, (rates >= a) & (rates < b)]) for a, b in itertools.pairwise(_MOVES_HZ)]
    together[1][~(np.isfinite(fast)[:, None] & np.isfinite(fast))] = np.nan
    return Movement(hz, width, slow, fast, together[0], together[1], _with_pitch(bases, moves, rates))


def difference(sound: Movement, recording: Movement) -> MovementDifference:
    """Of the same partials in two sounds."""
    if not len(recording.hz):
        return MovementDifference(None, None, None)
    both = np.isfinite(sound.fast_db) & np.isfinite(recording.fast_db)
    fast = np.abs(sound.fast_db - recording.fast_db)[both]
    pairs = np.triu(np.ones((len(both), len(both)), dtype=bool), 1)
    together = [
        np.abs(a - b)[pairs & np.isfinite(a - b)]
        for a, b in (
            (sound.slow_together, recording.slow_together),
            (sound.fast_together, recording.fast_together),
        )
    ]
    with_pitch = np.abs(sound.with_pitch - recording.with_pitch)
    return MovementDifference(
        float(np.abs(np.log2(sound.width_hz / recording.width_hz)).mean()),
        float(np.abs(sound.slow_db - recording.slow_db).mean()),
        float(fast.mean()) if len(fast) else None,
        *(float(found.mean()) if len(found) else None for found in (*together, with_pitch)),
    )


def beside_halves(
    sound: Wave, sound_hz: int, recording: Wave, recording_hz: int
) -> tuple[MovementDifference, MovementDifference]:
    """A sound beside its recording, and the recording's halves beside each other."""
    hz = strong_partials(recording, recording_hz)
    half = len(recording) // 2
    parts = [movement(part, recording_hz, hz) for part in (recording[:half], recording[half:])]
    found = difference(movement(sound, sound_hz, hz), movement(recording, recording_hz, hz))
    between = difference(*parts)
    return found, MovementDifference(
        _at_least(_LEAST_OCTAVES, between.width_octaves),
        _at_least(_LEAST_DB, between.slow_db),
        _at_least(_LEAST_DB, between.fast_db),
        _at_least(_LEAST_CORRELATION, between.slow_together),
        _at_least(_LEAST_CORRELATION, between.fast_together),
        _at_least(_LEAST_CORRELATION, between.with_pitch),
    )


def _at_least(least: float, value: float | None) -> float | None:
    return None if value is None else max(least, value)


def _at_rate(wave: Wave, rate_hz: int) -> Wave:
    return wave if rate_hz == RATE_HZ else np.asarray(soxr.resample(wave, rate_hz, RATE_HZ))


def _spectra(moves: Levels) -> npt.NDArray[np.complexfloating]:
    """Of what moves about its mean, (P, S) → (P, …)."""
    return np.fft.rfft((moves - moves.mean(axis=1, keepdims=True)) * np.hanning(moves.shape[1]), axis=1)


def _with_pitch(
    bases: npt.NDArray[np.complexfloating],
    moves: npt.NDArray[np.complexfloating],
    rates: npt.NDArray[np.floating],
) -> npt.NDArray[np.complexfloating]:
    """Correlation of amplitudes, by the spectra `moves` (P, …), with the pitch of the strongest of `bases` (P, S)."""
    if not len(bases):
        return np.zeros(0, complex)
    strongest = bases[np.abs(bases).mean(axis=1).argmax()]
    turns = np.angle(strongest[1:] * strongest[:-1].conj())
    pitch = _spectra(np.append(turns, turns[-1:])[None])[0]
    near = (rates >= _VIBRATO_HZ[0]) & (rates < _VIBRATO_HZ[1])
    scale = np.sqrt((np.abs(pitch[near]) ** 2).sum() * (np.abs(moves[:, near]) ** 2).sum(axis=1))
    return np.asarray(moves[:, near] @ pitch[near].conj() / np.maximum(scale, 1e-30))


def _together(moves: npt.NDArray[np.complexfloating]) -> Levels:
    """Correlation of movements whose spectra are given, (P, …) → (P, P)."""
    product = (moves @ moves.conj().T).real
    each = np.sqrt(np.maximum(np.diag(product), 1e-30))
    return np.asarray(product / np.outer(each, each))


def _one(wave: Wave, hz: float, reach_hz: float) -> tuple[float, float, float, npt.NDArray[np.complexfloating]]:
    """Width in Hz, slow and fast movement in dB of the partial at `hz`, of what lies within `reach_hz`, and all
    of that about 0 Hz, (S,)."""
    spectrum = np.fft.fft(wave)
    offset = np.fft.fftfreq(len(wave), 1 / RATE_HZ) - hz
    shape = np.sqrt(np.cos(np.pi / 2 * np.clip(offset / reach_hz, -1, 1)).clip(0))
    base = np.fft.ifft(spectrum * shape) * np.exp(-2j * np.pi * hz * np.arange(len(wave)) / RATE_HZ)
    base = base[:: RATE_HZ // ENVELOPE_HZ]
    whole = base
    # The ends of an excerpt ring in a narrow band.
    edge = min(len(base) // 8, round(ENVELOPE_HZ / reach_hz))
    base = base[edge : len(base) - edge]
    envelope = np.abs(base)
    power = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)))) ** 2
    moves = np.fft.rfftfreq(len(envelope), 1 / ENVELOPE_HZ)
    scale = 2 / (len(envelope) * np.square(np.hanning(len(envelope))).sum() * envelope.mean() ** 2 + 1e-30)

    def moving_db(low: float, high: float) -> float:
        return max(_STILL_DB, float(10 * np.log10(scale * power[(moves >= low) & (moves < high)].sum() + 1e-12)))

    fast = moving_db(FRAME_HZ, reach_hz) if reach_hz > 1.25 * FRAME_HZ else np.nan
    return _occupied_hz(base), moving_db(SLOWEST_HZ, min(FRAME_HZ, reach_hz)), fast, whole


def _occupied_hz(base: Wave) -> float:
    """The narrowest width that holds 90 % of the power of a complex signal at `ENVELOPE_HZ`."""
    n = min(len(base), round(_BLOCK_S * ENVELOPE_HZ))
    hz, power = scipy.signal.welch(base, ENVELOPE_HZ, "hann", n, n // 2, 4 * n, detrend=False, return_onesided=False)
    power = np.fft.fftshift(power)
    cumulated = np.concatenate([[0.0], np.cumsum(power)]) / power.sum()
    ends = np.searchsorted(cumulated, cumulated + _OCCUPIED)
    widths = (ends - np.arange(len(ends)))[ends < len(cumulated)]
    return float(widths.min() * hz[1])
