"""The recording's own beginning and end: how its rows come up to the trained region, and how they fall after the note.

A culture is the middle of a note for ever. Played over it, the attack makes a piano of a piano's middle. Axes: `N`
samples, `M` mel bands, `A` frames of the attack, `T` frames.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import DB_PER_NEPER, MelFormat, log_mel
from training.analysis.data import PEAK, RANGE_DB, Target, resampled
from training.analysis.recording import Recording, load_recording

Doubles = npt.NDArray[np.float64]

LONGEST_ATTACK_S = 0.75
_BEFORE_S, _AFTER_S = 4.0, 6.0
"""How far around the region the note's beginning and end are looked for."""
_ONSET_DB = 30.0
"""A note begins and ends where it is so far below its loudest millisecond."""
_STEP_S = 0.001
_SMOOTH = np.array([1.0, 1.0, 1.0]) / 3
_SETTLED_DB, _SETTLED_SWAYS, _BLEND_FRAMES = 1.5, 1.2, 8
"""A sustained note has arrived, and is led into the region's mean, where its heard rows are this near to it, or as near
as the region's own usually are: what the culture does itself is no part of the attack."""
_LEAST_ATTACK_DB = 3.0
_HEARD_DB = 40.0
_FALLING_DB, _LEAST_FALL_DB = 3.0, 20.0
_SHORTEST_RELEASE_S = 0.03
"""What falls faster was cut off, and is no instrument's release."""
_STEEPEST_DB_PER_S = 600.0
"""Faster than this the mel's own window falls."""


@dataclass(frozen=True)
class Contour:
    """What a note has besides its middle; None where the recording does not show it."""

    attack_db: Tensor | None = None
    """(A, M) float32: level of each row in dB relative to the region's mean, from the onset on."""
    release_db_per_s: Tensor | None = None
    """(M,) float32, 0 or less."""


@dataclass(frozen=True)
class _Note:
    """The recording around the region, at the mel's rate and the target's level."""

    wave: Doubles
    region: tuple[int, int]
    """Samples of `wave`."""
    fmt: MelFormat


def measure_contour(path: Path, target: Target) -> Contour:
    """Attack and release of the note of which `target` is the middle; `TrainingError` where `path` cannot be read."""
    start, end = target.region_s
    first = max(0.0, start - _BEFORE_S)
    note = _note(load_recording(path, first, end + _AFTER_S - first), target)
    levels = _millisecond_levels_db(note)
    onset, stop = _ends(levels, note)
    fades = target.decay is not None
    return Contour(
        None if onset is None else _attack(note, onset, _region_db(target), fades),
        None if stop is None else _release(note, stop),
    )


def _note(recording: Recording, target: Target) -> _Note:
    start, end = (second - recording.offset_s for second in target.region_s)
    rate_hz = recording.rate_hz
    middle = recording.wave[round(start * rate_hz) : round(end * rate_hz)]
    wave = resampled(recording.wave * (PEAK / max(float(np.abs(middle).max()), 1e-9)), rate_hz, target.fmt.rate_hz)
    region = round(start * target.fmt.rate_hz), min(len(wave), round(end * target.fmt.rate_hz))
    return _Note(wave.astype(np.float64), region, target.fmt)


def _region_db(target: Target) -> Doubles:
    """Levels of the region (M, T) as it is grown: a decay is out of it."""
    return np.asarray((40 * target.grid.double() - 40 + target.reference_db).numpy())


def _millisecond_levels_db(note: _Note) -> Doubles:
    step = round(_STEP_S * note.fmt.rate_hz)
    whole = note.wave[: len(note.wave) // step * step].reshape(-1, step)
    return np.asarray(10 * np.log10(np.square(whole).mean(axis=1) + 1e-12))


def _ends(levels_db: Doubles, note: _Note) -> tuple[int | None, int | None]:
    """Samples at which the note around the region begins and stops sounding; None where it was sounding before."""
    step = round(_STEP_S * note.fmt.rate_hz)
    first, last = note.region[0] // step, min(note.region[1] // step, len(levels_db) - 1)
    # 20 ms at once, so that zero crossings of low notes are no silence.
    width = 20
    loud = np.lib.stride_tricks.sliding_window_view(np.pad(levels_db, (0, width - 1), mode="edge"), width).max(axis=1)
    limit = levels_db.max() - _ONSET_DB
    quiet_before = np.flatnonzero(loud[: first + 1] < limit)
    begin = int(quiet_before[-1]) + width if len(quiet_before) else 0
    sounding = np.flatnonzero(levels_db[begin : first + width + 1] > limit)
    onset = (begin + int(sounding[0])) * step if len(sounding) else None
    quiet_after = np.flatnonzero(loud[last:] < limit)
    stop = (last + int(quiet_after[0])) * step if len(quiet_after) else None
    return onset, stop


def _attack(note: _Note, onset: int, region_db: Doubles, fades: bool) -> Tensor | None:
    """Rows (A, M) from the onset on; None for a recording that begins in the middle of its sound."""
    fmt, mean_db = note.fmt, region_db.mean(axis=1)
    wanted = round(LONGEST_ATTACK_S * fmt.frames_per_second)
    before = 2 * fmt.n_fft
    # The end of the file and what was before it are silence, not a mirror image.
    padded = np.pad(note.wave, (before, fmt.n_fft))
    part = padded[onset + before % fmt.hop : onset + before + wanted * fmt.hop + fmt.n_fft]
    skip = (before - before % fmt.hop) // fmt.hop
    rows = log_mel(torch.from_numpy(part)[None], fmt)[0].numpy()[:, skip : skip + wanted] * DB_PER_NEPER
    floor = mean_db.max() - RANGE_DB
    relative = np.maximum(rows, floor) - np.maximum(mean_db, floor)[:, None]
    heard = mean_db > mean_db.max() - _HEARD_DB
    sway = float(np.abs(region_db - mean_db[:, None])[heard].mean())
    if np.abs(relative[heard]).mean(axis=0)[:4].max() < max(_LEAST_ATTACK_DB, 2 * sway):
        return None
    smooth = np.apply_along_axis(lambda row: np.convolve(np.pad(row, 1, mode="edge"), _SMOOTH, "valid"), 1, relative)
    if not fades:
        near = max(_SETTLED_DB, _SETTLED_SWAYS * sway)
        arrived = np.flatnonzero(np.abs(smooth[heard]).mean(axis=0) <= near)
        length = min(smooth.shape[1], (int(arrived[0]) if len(arrived) else smooth.shape[1]) + _BLEND_FRAMES)
        smooth = smooth[:, :length]
        blend = min(_BLEND_FRAMES, length)
        smooth[:, length - blend :] *= np.linspace(1, 0, blend + 1)[1:]
    return torch.from_numpy(smooth.T.copy()).float()


def _release(note: _Note, stop: int) -> Tensor | None:
    """Slopes (M,) of the rows from where the note begins to fall faster than it did, to where it has gone."""
    fmt = note.fmt
    rows = log_mel(torch.from_numpy(note.wave)[None], fmt)[0].numpy() * DB_PER_NEPER
    hop_s = fmt.hop / fmt.rate_hz
    last = min(rows.shape[1], round(stop / fmt.hop) + 1)
    loudest = 10 * np.log10((10 ** (rows / 10)).sum(axis=0))
    first = _falls_from(loudest[:last], round(note.region[1] / fmt.hop), hop_s)
    if (
        first is None
        or (last - first) * hop_s < _SHORTEST_RELEASE_S
        or loudest[first] - loudest[last - 1] < _LEAST_FALL_DB
    ):
        return None
    floor = rows.max() - RANGE_DB
    slopes = np.full(len(rows), np.nan)
    for m, row in enumerate(rows):
        fall = row[first:last]
        sunk = np.flatnonzero(fall < max(floor, row[last - 1 :].min()) + 3)
        n = int(sunk[0]) if len(sunk) else len(fall)
        if n >= 3 and row[first] > floor + _LEAST_FALL_DB / 2:
            slopes[m] = np.polyfit(np.arange(n) * hop_s, fall[:n], 1)[0]
    known = np.isfinite(slopes)
    if not known.any():
        return None
    filled = np.interp(np.arange(len(slopes)), np.flatnonzero(known), slopes[known])
    return torch.from_numpy(np.clip(filled, -_STEEPEST_DB_PER_S, 0.0)).float()


def _falls_from(level_db: Doubles, region_end: int, hop_s: float) -> int | None:
    """The frame from which a level (T,) stays below the line that it kept to in the region's second half."""
    kept = level_db[region_end // 2 : region_end]
    if len(kept) < 8 or region_end >= len(level_db):
        return None
    line = np.polyfit(np.arange(len(kept)), kept, 1)
    slope = min(float(line[0]), 0.0)
    expected = kept.mean() + slope * (np.arange(len(level_db)) - region_end // 2 - (len(kept) - 1) / 2)
    below = level_db < expected - _FALLING_DB
    above = np.flatnonzero(~below)
    first = int(above[-1]) if len(above) else 0
    return first if first < len(level_db) - 1 and first >= region_end // 2 else None
