"""Keeping time while notes are transposed: which generator frames to make, and where in their sound to read.

A note at `ratio` times its root is the generator's sound read `ratio` times as fast, from frames stretched by as much.
Generator time runs along the integral of the ratio; frame f of the input covers [f, f + 1). Axes: `B` heads, `M` mel
bands, `n` frames.
"""

import math

import numpy as np

from synth.vocoder.arrays import Doubles, Floats

_KEEP_FRAMES = 64
"""Beyond what is needed: old frames go in whole lots."""


class Pace:
    """Input frames with their ratios, mapped to generator time."""

    def __init__(self, columns: Floats, lookahead: float) -> None:
        """`columns` (B, M, k) are the past, played at the root; `lookahead` in generator frames."""
        self._columns = columns
        self._lookahead = lookahead
        self._first: int = -columns.shape[2]
        self._position: Doubles = np.arange(self._first, 1, dtype=np.float64)
        self._made = 0
        """Generator frames handed out since time 0."""

    @property
    def _frame(self) -> int:
        """Input frames known, since time 0."""
        return self._first + int(self._position.size) - 1

    def advance(self, columns: Floats, ratio: Doubles) -> Floats:
        """Take in (B, M, n) and (n,); the generator frames that are due, (B, M, any number).

        After every input frame the generator must have made what will be read until the next, and its lookahead. Read
        faster than at the root this is known already; read slower it reaches past the newest frame, and what is not
        known yet is replaced by what is: the gesture is heard later by as much as the note is slower.
        """
        self._forget()
        self._columns = np.concatenate([self._columns, columns], axis=2)
        due = [columns[:, :, :0]]
        for step in ratio:
            self._position = np.append(self._position, self._position[-1] + step)
            target = math.ceil(
                float(self.places(np.array([self._frame - self._lookahead]))[0]) + self._lookahead - 1e-9
            )
            if target > self._made:
                due.append(self._stretched(np.arange(self._made, target, dtype=np.float64)))
                self._made = target
        return np.concatenate(due, axis=2)

    def places(self, frames: Doubles) -> Doubles:
        """Generator time at input times."""
        places: Doubles = np.interp(frames, self._starts, self._position)
        return places

    def speeds(self, frames: Doubles) -> Doubles:
        """Generator frames per input frame at input times."""
        at = np.clip(np.floor(frames).astype(np.int64) - self._first, 0, len(self._position) - 2)
        speeds: Doubles = np.diff(self._position)[at]
        return speeds

    @property
    def _starts(self) -> Doubles:
        return self._first + np.arange(len(self._position), dtype=np.float64)

    def _stretched(self, made: Doubles) -> Floats:
        """Columns of generator frames, linear between the input's frame centres."""
        newest = self._frame - 1
        centre = self._when(made + 0.5) - 0.5
        # A frame back from when it is due, so that both neighbours are there: held columns would stumble.
        known = self._when(made - self._lookahead) + self._lookahead - 1
        centre = np.clip(np.where(centre > newest, np.minimum(known, newest), centre), self._first, newest)
        left = np.floor(centre)
        share = (centre - left).astype(np.float32)
        index = left.astype(np.int64) - self._first
        right = np.minimum(index + 1, newest - self._first)
        mixed: Floats = self._columns[:, :, index] * (1 - share) + self._columns[:, :, right] * share
        return mixed

    def _when(self, places: Doubles) -> Doubles:
        """Input times of generator times."""
        frames: Doubles = np.interp(places, self._position, self._starts)
        return frames

    def _forget(self) -> None:
        """What lies further back than anything still to be made or read."""
        old = self._columns.shape[2] - 2 * math.ceil(self._lookahead) - 2
        if old > _KEEP_FRAMES:
            self._columns, self._position = self._columns[:, :, old:], self._position[old:]
            self._first += old
