"""Does a row switch on and off where the recording is steady? Rows far below the others do it easily: a decibel of LTAS
and of row distance says nothing about them, and a spectrogram shows it at once.

Shares nothing with `synth`. Axes: `M` mel bands, `T` frames, `S` blocks of about 46 ms.
"""

from dataclasses import dataclass

import numpy as np

from training.evaluation.sound_metrics import Levels, audible

RANGE_DB = 90.0
"""Below the recording's loudest cell: what is softer is silence in both."""
_BLOCK_FRAMES = 4
_LAGS = (1, 2, 3, 4)
"""Blocks: 46 to 186 ms in both formats."""
_WORST_SHARE = 0.1
_FLOOR_MIN_DB = 0.5


@dataclass(frozen=True)
class Flicker:
    """How much more the rows of a sound jump than its recording's."""

    excess_db: Levels
    """(M,) root mean square of a row's change over 46 to 186 ms, sound minus recording."""
    worst_db: float
    """Mean of the tenth of the rows in which that is largest."""
    floor_db: float
    """The same of the recording's halves, whichever jumps more."""


def changes_db(level: Levels) -> Levels:
    """Root mean square of each row's change of level over 46 to 186 ms, (M, T) → (M,)."""
    n = level.shape[1] // _BLOCK_FRAMES
    power = 10 ** (level[:, : n * _BLOCK_FRAMES].reshape(len(level), n, _BLOCK_FRAMES) / 10)
    blocks = 10 * np.log10(power.mean(axis=2))
    squares = [np.square(blocks[:, lag:] - blocks[:, :-lag]).mean(axis=1) for lag in _LAGS if lag < n]
    return np.sqrt(np.mean(squares, axis=0)) if squares else np.zeros(len(level))


def flicker(sound: Levels, target: Levels) -> Flicker:
    """Of a sound (M, T) beside its recording (M, T'), levels in dB that need not be matched."""
    sound = sound - np.median((sound.mean(axis=1) - target.mean(axis=1))[audible(target)])
    least = target.max() - RANGE_DB
    sound, target = np.maximum(sound, least), np.maximum(target, least)
    half = target.shape[1] // 2
    first, second = changes_db(target[:, :half]), changes_db(target[:, half:])
    excess = changes_db(sound) - changes_db(target)
    return Flicker(excess, _worst(excess), max(_FLOOR_MIN_DB, _worst(first - second), _worst(second - first)))


def _worst(excess_db: Levels) -> float:
    n = max(1, round(_WORST_SHARE * len(excess_db)))
    return float(np.sort(excess_db)[-n:].mean())
