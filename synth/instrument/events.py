"""Messages between the threads: what may be asked of the instrument, and what it tells.

Axes: `M` mel bands, `T` frames. Everything here is immutable; arrays are copies nobody writes to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture
from synth.errors import UsageError
from synth.instrument.modulation.view import MotionView
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.values import parameter
from synth.instrument.tuning import Tuning
from synth.mel import MelFormat
from synth.presets.routes import Region, Route, check_place
from synth.vocoder.contract import samples_until

MOST_STEPS = 1000
"""In one `Evolve`."""


@dataclass(frozen=True)
class SetParameter:
    """Move one control; `UsageError` when there is none of this id or the value is out of range."""

    id: str
    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", parameter(self.id).check(self.value))


def set_parameters(values: Mapping[str, float]) -> list[SetParameter]:
    """One event per control: a burst of them moves these and leaves all others to whoever else moves them."""
    return [SetParameter(id, value) for id, value in values.items()]


@dataclass(frozen=True)
class Touch:
    """Apply a gesture."""

    gesture: Gesture


@dataclass(frozen=True)
class ReseedAll:
    """Start the whole culture again from seed cells."""


@dataclass(frozen=True)
class Hand:
    """Where the hand is: while it is down, sound is read from under it (with the control `follow_hand`)."""

    down: bool
    column: float = 0.0
    radius_frames: float = 22.0


@dataclass(frozen=True)
class ThawAll:
    """Let every frozen cell live again."""


@dataclass(frozen=True)
class Undo:
    """Go back to the culture as it was just before the last gesture: a stroke, a reseed or a thaw."""


@dataclass(frozen=True)
class Redo:
    """Take back the last `Undo`."""


@dataclass(frozen=True)
class Rescue:
    """Start a culture that is not well from seed cells; nobody's gesture, so nothing to undo."""

    ailment: str
    """As `Culture.ailment` names it."""


@dataclass(frozen=True)
class LimitEvolution:
    """Evolve at this share of the asked speed, because the machine cannot afford more."""

    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise UsageError(f"A share of {self.share:g} of the evolution is not possible: choose 0 to 1.")


@dataclass(frozen=True)
class HoldDrone:
    """Begin or end the drone: the voice that plays the preset at its own pitch, or at the control's note.

    It comes and goes within a frame, or in a straight line over `fade_s`.
    """

    on: bool
    fade_s: float = 0.0


@dataclass(frozen=True)
class Tune:
    """Give keys other pitches, those that sound as well."""

    tuning: Tuning


@dataclass(frozen=True)
class Evolve:
    """Take so many steps between two frames, unheard: the engine rests, and somebody looks at the culture."""

    steps: int

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise UsageError(f"{self.steps} steps between two frames are not possible: choose 1 to {MOST_STEPS}.")


@dataclass(frozen=True)
class SetRoute:
    """Put a route of modulation at one place, or none; `UsageError` when there is no place of this number.

    A route that this version cannot play is kept and has no effect.
    """

    place: int
    """From 1 on."""
    route: Route | None

    def __post_init__(self) -> None:
        check_place(self.place)


@dataclass(frozen=True)
class SetRegion:
    """Let the sources that follow the culture follow this part of it."""

    region: Region


@dataclass(frozen=True)
class EndMorph:
    """Go back to the first preset, and leave the second one once nothing of it is heard."""


@dataclass(frozen=True)
class PaintShare:
    """Paint which preset cells belong to, for the morph's map “brush”."""

    place: Gesture
    """Where, how large and how strongly; its kind does not matter."""
    second: bool
    """True for the second preset, False for the first."""


OwnAction = (
    SetParameter
    | SetRoute
    | SetRegion
    | Touch
    | ReseedAll
    | ThawAll
    | Hand
    | Undo
    | Redo
    | Rescue
    | LimitEvolution
    | HoldDrone
    | Tune
    | Evolve
    | EndMorph
    | PaintShare
)
Action = OwnAction | NoteEvent
"""What can be asked of an instrument by itself."""


@dataclass(frozen=True)
class Play:
    """Fade in."""


@dataclass(frozen=True)
class Stop:
    """Fade out; the culture lives on unheard."""


@dataclass(frozen=True)
class ChangePreset:
    """Cross-fade to an instrument of this preset. Whoever asks hands the prepared instrument over beside this."""

    preset: str
    sha256: str
    """Of the preset's file as it would be written now."""


@dataclass(frozen=True)
class ChangeVocoder:
    """Cross-fade to another vocoder, which is handed over beside this; the culture goes on."""

    vocoder: str
    reason: str = ""
    """Why it was chosen."""


@dataclass(frozen=True)
class BeginMorph:
    """Play this preset beside the first one, by the control `morph`. It is handed over beside this, prepared."""

    preset: str
    sha256: str
    """Of the preset's file as it would be written now."""


AnyAction = Action | Play | Stop | ChangePreset | ChangeVocoder | BeginMorph
"""Everything that changes what is heard later; a log of these is complete."""


@dataclass(frozen=True)
class Event:
    """An action due before a frame of the instrument's own time; a note event's, at its moment inside the frame."""

    frame: int
    action: Action
    share: float = 0.0
    """0 ≤ share < 1 of the frame has passed by then. Only note events know of it: all else is done before the frame."""

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise UsageError(f"A moment {self.share:g} of a frame after its beginning lies outside of it.")


def at_sample(sample: int, action: Action, fmt: MelFormat, out_rate_hz: int) -> Event:
    """An event at a sample of the instrument's sound, counted from its frame 0."""
    frame = max(0, sample * fmt.rate_hz // (fmt.hop * out_rate_hz))
    while samples_until(frame + 1, fmt, out_rate_hz) <= sample:
        frame += 1
    begin, end = (samples_until(f, fmt, out_rate_hz) for f in (frame, frame + 1))
    # In the middle of the sample, so that no rounding moves it to the one before.
    return Event(frame, action, (max(sample, 0) - begin + 0.5) / (end - begin))


@dataclass(frozen=True)
class LoggedEvent:
    """What was done, and before or in which frame of the instrument that played."""

    frame: int
    action: AnyAction
    share: float = 0.0
    """As in `Event`."""


@dataclass(frozen=True)
class View:
    """The culture as it is at one moment, for the eye."""

    frame: int
    """Frames played since the start."""
    steps: int
    """Automaton steps of this culture's life; an undo goes back in it."""
    grid: NDArray[np.float32]
    """(M, T) grid values, channel 0."""
    rest: NDArray[np.float32]
    """(M, T) in 0 … 1: how much of its rest a wounded cell still has."""
    frozen: NDArray[np.float32]
    """(M, T) in 0 … 1: how firmly a cell is held as it is."""
    playhead: float
    """Column the playhead is at in the sound that is heard now, in frames."""
    heads: tuple[float, float]
    """Columns that are heard now, left and right."""
    hand: bool
    """True while what is heard follows the hand."""
    undos: int = 0
    """Gestures that can be undone."""
    redos: int = 0
    read: float | None = None
    """Column that is being read now and heard later: what is done from there on is heard on this pass."""
    hidden: NDArray[np.float32] | None = None
    """(M, T, 3) in −1 … 1: the hidden channels along their three main directions, when they were asked for."""
    card_lost: bool = False
    """True when the graphics card the culture lived on was lost: it lives on the processor since."""
    share: NDArray[np.float32] | None = None
    """(M, T) a second preset's share of each cell; None without one, and where it is the same everywhere."""
    keys: tuple[int, ...] = ()
    """MIDI keys of the notes that sound and that a key, a pedal or a latch holds, ascending."""
    motion: MotionView = field(default_factory=MotionView)
    """Present values of the sources of modulation and of what they move."""
