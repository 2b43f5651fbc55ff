"""Events that play notes: what a keyboard, a controller, a clock, a MIDI file or the window's keys ask of the voices.

A note is named by whoever starts it: `note_id` is unique among the notes that sound, so that one key can hold several
notes and each of them is released and bent by itself. Pedals belong to a channel and are obeyed by the voice bank,
which makes them part of the instrument's state. Channels are 0 … 15; key numbers are MIDI's (60 is middle C).
"""

from dataclasses import dataclass
from typing import Literal

from synth.errors import UsageError

MOST_BEATS = 1e9
"""Either way from a song's beginning: 950 years at 120 bpm."""


@dataclass(frozen=True)
class NoteOn:
    """Start a note."""

    note_id: int
    key: int
    velocity: float
    """Above 0, up to 1."""
    channel: int = 0


@dataclass(frozen=True)
class NoteOff:
    """Let a note go; one that a pedal holds sounds on until the pedal is lifted."""

    note_id: int
    velocity: float = 0.5
    """Release velocity, 0 … 1."""


NoteDimension = Literal["bend", "pressure", "timbre"]
ChannelDimension = Literal[
    "bend", "pressure", "timbre", "wheel", "volume", "expression", "pan", "sustain", "sostenuto", "soft"
]

Pedal = Literal["sustain", "sostenuto", "soft"]
PEDALS: tuple[Pedal, ...] = ("sustain", "sostenuto", "soft")


@dataclass(frozen=True)
class NoteExpression:
    """Move one sounding note: `bend` in semitones, `pressure` and `timbre` in 0 … 1."""

    note_id: int
    dimension: NoteDimension
    value: float


@dataclass(frozen=True)
class ChannelExpression:
    """Move every note of a channel: `bend` in semitones, `pan` in −1 … 1, everything else in 0 … 1; a pedal is down
    from 0.5 on."""

    channel: int
    dimension: ChannelDimension
    value: float


@dataclass(frozen=True)
class AllNotesOff:
    """Let go of every note of a channel, or of all with None; pedals still hold what they hold."""

    channel: int | None = None


@dataclass(frozen=True)
class AllSoundOff:
    """Silence every voice of a channel, or of all with None, in 5 ms, pedals or not: the panic key."""

    channel: int | None = None


@dataclass(frozen=True)
class SongPosition:
    """The song is at this position now, because a clock from outside says so."""

    beats: float
    runs: bool
    """True while that clock runs: then what follows the tempo keeps to the song's beats."""

    def __post_init__(self) -> None:
        if not abs(self.beats) <= MOST_BEATS:
            raise UsageError(f"A song position of {self.beats:g} beats is not possible: choose at most {MOST_BEATS:g}.")


NoteEvent = NoteOn | NoteOff | NoteExpression | ChannelExpression | AllNotesOff | AllSoundOff | SongPosition
