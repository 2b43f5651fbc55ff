"""Messages between the threads: what may be asked of the instrument, and what it tells.

Axes: `M` mel bands, `T` frames. Everything here is immutable; arrays are copies nobody writes to.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.controls import Controls
from synth.gestures import Gesture


@dataclass(frozen=True)
class SetControls:
    """Replace all controls."""

    controls: Controls


@dataclass(frozen=True)
class Touch:
    """Apply a gesture."""

    gesture: Gesture


@dataclass(frozen=True)
class ReseedAll:
    """Start the whole culture again from seed cells."""


@dataclass(frozen=True)
class Hand:
    """Where the hand is: while it is down, sound is read from under it (with `Controls.follow_hand`)."""

    down: bool
    column: float = 0.0
    radius_frames: float = 22.0


Action = SetControls | Touch | ReseedAll | Hand


@dataclass(frozen=True)
class Event:
    """An action due at a frame of the instrument's own time."""

    frame: int
    action: Action


@dataclass(frozen=True)
class View:
    """The culture as it is at one moment, for the eye."""

    frame: int
    """Frames played since the start."""
    steps: int
    """Automaton steps since the start."""
    grid: NDArray[np.float32]
    """(M, T) grid values, channel 0."""
    rest: NDArray[np.float32]
    """(M, T) in 0 … 1: how much of its rest a wounded cell still has."""
    playhead: float
    """Column the playhead is at, in frames."""
    heads: tuple[float, float]
    """Columns that are heard left and right."""
    hand: bool
    """True while the sound follows the hand."""
