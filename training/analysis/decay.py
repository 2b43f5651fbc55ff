"""What a fading recording would be if it did not fade: the trend of each row, taken out as far as the row is heard.

Rows of a struck sound fade at speeds of their own, bend where a second, slower decay takes over, and sink one after
another into the recording's floor. What is floor is no longer the sound: raised by the slope of what was heard before,
it had rows of a bell rise by 50 dB within five seconds. Nor can a row stay at the floor it sank into where a row
beside it is held at its height: of a piano such rows were wanted 34 dB below what leaks into them.

Axes: `M` mel bands, `T` frames.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

STEEPEST_DB_PER_S = 60.0
"""What falls faster is the stroke itself, and no part of what can be held."""
_STROKE_S, _STROKE_SHARE = 0.1, 0.2
_SMOOTH_FRAMES = 9
_LEAST_HEARD_S = 0.5
"""Less than this of a row has no texture to go on with: its floor is raised instead."""
_SUNK_DB, _NEAR_FLOOR_DB, _LYING_DB = 12.0, 6.0, 1.5
_QUIET_DB = 45.0
"""A row this far below the loudest that does not fade is the room or the recorder."""
_CLEAR_DB = 10.0
"""Nearer to its floor than this a row beats with it."""
_LEAST_PIECE_S, _BEND_GAIN = 0.3, 0.3
"""A bend must take this share from what is left of the row about a straight line."""

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decay:
    """How a recording fades."""

    trend_db: Tensor
    """(M, T): each row's level without its texture, 0 at the first frame."""
    heard: Tensor
    """(M, 2) int64: first frame and end of what of each row is the sound, or of its floor where nothing lasts."""
    slopes_db_per_s: Tensor
    """(M,) float32: each row's mean slope while it is heard."""
    played_db_per_s: Tensor
    """(M,) float32, at or below 0: the slopes with which a note fades. Rows of which only the recording's quiet floor
    is known fade as the rows beside them do: the floor would stand above a note that has all but faded."""
    least_db: Tensor
    """(M, T): what leaks into a row from louder ones that are held, −inf where that is nothing or not known."""


def remove_decay(mel_db: Tensor, frame_s: float, leak_db: Tensor | None = None) -> tuple[Tensor, Decay]:
    """Rows (M, T) in dB as they would sound on at the level of their first frame, and what was taken out.

    Where a row is no longer heard, what was heard of it goes on, there and back again. `leak_db` (M, M) says how
    much of a row is measured in the others (`leak`): rows of which nothing but their floor is held lie no lower.
    """
    level = mel_db.double().numpy()
    trend, heard = np.zeros_like(level), np.zeros((len(level), 2), np.int64)
    for m, row in enumerate(level):
        first, end = _heard(row, frame_s)
        heard[m] = first, end
        if first == 0:
            trend[m] = _trend(row[:end], frame_s, len(row))
    rows, begins, ends = np.arange(len(level)), heard[:, 0], heard[:, 1] - 1
    slopes = (trend[rows, ends] - trend[rows, begins]) / (np.maximum(ends - begins, 1) * frame_s)
    trend_db, heard_ends = torch.from_numpy(trend).float(), torch.from_numpy(heard)
    held = _held(mel_db, trend_db, heard_ends)
    least_db = torch.full_like(held, -math.inf)
    if leak_db is not None:
        sunk = heard_ends[:, 0] > 0
        least_db[sunk] = _leaking(level, held, heard_ends, leak_db)[sunk]
    played = torch.from_numpy(_with_floors(slopes, level, heard[:, 0] > 0)).float()
    return held.maximum(least_db), Decay(trend_db, heard_ends, torch.from_numpy(slopes).float(), played, least_db)


def _with_floors(slopes: Rows, level: Rows, sunk: npt.NDArray[np.bool_]) -> Rows:
    """`slopes` (M,) at or below 0, those of quiet rows (M, T) that do not fade taken from the rows beside them."""
    mean = level.mean(axis=1)
    tenth = max(1, level.shape[1] // 10)
    flat = np.median(level[:, :tenth], axis=1) - np.median(level[:, -tenth:], axis=1) < _SUNK_DB
    floor = sunk | (flat & (mean < mean.max() - _QUIET_DB))
    rows = np.arange(len(slopes))
    played = (
        slopes
        if floor.all()
        else np.where(floor, np.minimum(slopes, np.interp(rows, rows[~floor], slopes[~floor])), slopes)
    )
    return np.asarray(np.minimum(played, 0.0))


def _held(mel_db: Tensor, trend_db: Tensor, heard: Tensor) -> Tensor:
    """`mel_db` (M, T) without its decay."""
    first, end = heard[:, :1], heard[:, 1:]
    n = end - first
    turn = (torch.arange(mel_db.shape[1]) - first) % (2 * n)
    there = first + torch.minimum(turn, 2 * n - 1 - turn)
    return (mel_db - trend_db).gather(1, there)


def _leaking(level: Rows, held: Tensor, heard: Tensor, leak_db: Tensor) -> Tensor:
    """What leaks into each row (M, T) from the peaks of the spectrum, and no more than was ever seen beside them."""
    mean = F.pad(held.mean(dim=1), (1, 1), value=-math.inf)
    # A row below its neighbour has its level from there, and says nothing of its own.
    peaks = (mean[1:-1] > mean[2:]) & (mean[1:-1] >= mean[:-2]) & (heard[:, 0] == 0)
    smooth = torch.from_numpy(np.stack([_smoothed(row) for row in level])).to(held)
    least_db = torch.full_like(held, -math.inf)
    for p in peaks.nonzero()[:, 0].tolist():
        seen_db = (smooth - smooth[p])[:, : int(heard[p, 1])].amin(dim=1)
        leak = torch.minimum(leak_db[:, p], seen_db)
        leak[p] = -math.inf
        least_db = least_db.maximum(leak[:, None] + held[p])
    return least_db


def stroke_frames(mel_db: Tensor, frame_s: float, range_db: float) -> int:
    """Frames at the beginning of (M, T) in which the stroke itself dies away: the rows' mean falls by more than
    `STEEPEST_DB_PER_S`. At most a fifth of all."""
    mean = mel_db.clamp(min=float(mel_db.amax()) - range_db).mean(dim=0)
    ahead = max(1, round(_STROKE_S / frame_s))
    most = int(_STROKE_SHARE * len(mean))
    for start in range(min(most, len(mean) - ahead)):
        if float(mean[start] - mean[start + ahead]) < STEEPEST_DB_PER_S * ahead * frame_s:
            return start
    return most


def _heard(row: Rows, frame_s: float) -> tuple[int, int]:
    """First frame and end of what of a row (T,) stands out of the floor it sinks into, or of the floor."""
    T = len(row)
    tenth = max(1, T // 10)
    smooth = _smoothed(row)
    floor, start = float(np.median(row[-tenth:])), float(np.median(row[:tenth]))
    sunk = int(np.flatnonzero(smooth > floor + _NEAR_FLOOR_DB).max(initial=-1)) + 1
    if max(start, float(smooth[0])) - floor < _SUNK_DB or T - sunk < tenth:
        return 0, T
    before, after = np.array_split(row[sunk:], 2)
    if np.median(before) - np.median(after) > _LYING_DB:
        return 0, T
    end = int(np.flatnonzero(smooth > floor + _CLEAR_DB).max(initial=-1)) + 1
    if end < 2 or _slope(row[:end]) < -STEEPEST_DB_PER_S * frame_s:
        return sunk, T
    return (0, end) if end * frame_s >= _LEAST_HEARD_S else (0, T)


def _slope(row: Rows) -> float:
    """dB per frame of a row (T,)."""
    return float(np.polyfit(np.arange(len(row)), row, 1)[0])


def _smoothed(row: Rows) -> Rows:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(row, _SMOOTH_FRAMES, mode="nearest"))


def _trend(row: Rows, frame_s: float, n_frames: int) -> Rows:
    """A straight line through a row (T,), or one that bends once if that is worth it, from 0, over `n_frames`."""
    T = len(row)
    time = np.arange(n_frames, dtype=float)
    lines = [np.stack([np.ones(n_frames), time], axis=1)]
    least = max(2, round(_LEAST_PIECE_S / frame_s))
    lines += [np.column_stack([lines[0], np.maximum(time - b, 0)]) for b in range(least, T - least + 1, 4)]
    fits = [np.linalg.lstsq(basis[:T], row, rcond=None)[0] for basis in lines]
    left = [float(np.square(row - basis[:T] @ fit).sum()) for basis, fit in zip(lines, fits, strict=True)]
    best = int(np.argmin(left))
    best = best if left[best] < (1 - _BEND_GAIN) * left[0] else 0
    trend = lines[best] @ fits[best]
    return np.asarray(trend - trend[0])
