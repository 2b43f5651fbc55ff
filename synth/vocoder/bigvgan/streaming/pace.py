"""Keeping time while notes are transposed: which generator frames to make, and where in their sound to read.

A note at `ratio` times its root is the generator's sound read `ratio` times as fast, from frames stretched by as much.
A note is heard at once: the ratio is the speed at which the sound that is sent now is read. The frames that are then
under way were stretched for the note before, so what they show comes a little early or late; the frames that are made
next catch up, at half to one and a half times the culture's own pace.

Input frame f covers [f, f + 1) of signal time, and of it sounds what lies `delay` frames back; generator time runs
along the integral of the ratio. Axes: `B` heads, `M` mel bands, `n` frames.
"""

import math

import numpy as np

from synth.vocoder.arrays import Doubles, Floats

_KEEP_FRAMES = 64
"""Beyond what is needed: old frames go in whole lots."""
_CATCH_UP = 0.5
"""Of the culture's own pace."""


class Pace:
    """Input frames with their ratios, mapped to generator time."""

    def __init__(self, columns: Floats, delay: float) -> None:
        """`columns` (B, M, k) are the past, played at the root; `delay` in frames, the generator's lookahead within."""
        self._columns = columns
        self._delay = delay
        self._first: int = -columns.shape[2]
        """Input frame of the first column, and of the first position."""
        self._position: Doubles = np.arange(self._first, 1, dtype=np.float64) - delay
        """Generator time of the sound at the start of signal frame f − delay."""
        self._made = 0
        """Generator frames handed out since time 0."""
        self._shown: float | None = None
        """Signal time, in columns, that the newest generator frame shows; None before the first."""

    @property
    def _frame(self) -> int:
        """Input frames known, since time 0."""
        return self._first + int(self._position.size) - 1

    def advance(self, columns: Floats, ratio: Doubles) -> Floats:
        """Take in (B, M, n) and (n,); the generator frames that are due, (B, M, any number).

        After every input frame the generator must have made what is read until the next, and its lookahead. Read
        faster than at the root this is known already; read slower it reaches past the newest frame, and what is not
        known yet is replaced by what is: a gesture is heard later by as much as the note is slower.
        """
        self._forget()
        self._columns = np.concatenate([self._columns, columns], axis=2)
        due = [columns[:, :, :0]]
        for step in ratio:
            if self._shown is None and self._frame == 0:
                # Signal time 0 falls on a generator frame's edge, whatever the note.
                self._position = self._position - (self._position[-1] + step * self._delay) % 1
            self._position = np.append(self._position, self._position[-1] + step)
            target = math.ceil(self._position[-1] + self._delay - 1e-9)
            if target > self._made:
                due.append(self._stretched(target, float(step)))
        return np.concatenate(due, axis=2)

    def places(self, frames: Doubles) -> Doubles:
        """Generator time at signal times."""
        places: Doubles = np.interp(frames, self._starts, self._position)
        return places

    def speeds(self, frames: Doubles) -> Doubles:
        """Generator frames per signal frame at signal times."""
        at = np.clip(np.floor(frames - self._starts[0]).astype(np.int64), 0, len(self._position) - 2)
        speeds: Doubles = np.diff(self._position)[at]
        return speeds

    @property
    def _starts(self) -> Doubles:
        return self._first - self._delay + np.arange(len(self._position), dtype=np.float64)

    def _stretched(self, target: int, ratio: float) -> Floats:
        """Columns of the generator frames before `target`, linear between the input's frame centres."""
        newest = self._frame - 1
        ahead = np.arange(self._made, target) - self._position[-1]
        # When they are heard, should the note stay.
        wanted = self._frame - self._delay + (ahead + 0.5) / ratio - 0.5
        # A frame back from when it is due, so that both neighbours are there: held columns would stumble.
        known = self._frame - 1 + (ahead - self._delay) / ratio
        wanted = np.where(wanted > newest + 1e-9, np.minimum(known, newest), wanted)
        centre = self._caught_up(wanted, 1 / ratio)
        self._made = target
        centre = np.clip(centre, self._first, newest)
        left = np.floor(centre + 1e-9)
        share = np.maximum(centre - left, 0).astype(np.float32)
        index = left.astype(np.int64) - self._first
        right = np.minimum(index + 1, newest - self._first)
        mixed: Floats = self._columns[:, :, index] * (1 - share) + self._columns[:, :, right] * share
        return mixed

    def _caught_up(self, wanted: Doubles, pace: float) -> Doubles:
        """The signal times that are shown: as wanted, or on the way there."""
        shown = np.empty_like(wanted)
        for i, goal in enumerate(wanted):
            if self._shown is not None:
                least, most = (1 - _CATCH_UP) * pace, (1 + _CATCH_UP) * pace
                goal = min(max(goal, self._shown + least), self._shown + most)
            shown[i] = self._shown = float(goal)
        return shown

    def _forget(self) -> None:
        """What lies further back than anything still to be made or read."""
        old = self._columns.shape[2] - 2 * math.ceil(self._delay) - 2
        if old > _KEEP_FRAMES:
            self._columns, self._position = self._columns[:, :, old:], self._position[old:]
            self._first += old
