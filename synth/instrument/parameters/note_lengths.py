"""Lengths of notes in beats, for every control that follows the tempo: "1/8", "1/8T" a triplet's, "1/8." a dotted one.

A beat is a quarter note and a bar has four. Controls store the place in this list: it stays as it is, and lengths that
are added later come last.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class NoteLength:
    """One length."""

    name: str
    beats: float


NOTE_LENGTHS: tuple[NoteLength, ...] = (
    NoteLength("1/32T", 1 / 12),
    NoteLength("1/32", 1 / 8),
    NoteLength("1/16T", 1 / 6),
    NoteLength("1/32.", 3 / 16),
    NoteLength("1/16", 1 / 4),
    NoteLength("1/8T", 1 / 3),
    NoteLength("1/16.", 3 / 8),
    NoteLength("1/8", 1 / 2),
    NoteLength("1/4T", 2 / 3),
    NoteLength("1/8.", 3 / 4),
    NoteLength("1/4", 1.0),
    NoteLength("1/2T", 4 / 3),
    NoteLength("1/4.", 3 / 2),
    NoteLength("1/2", 2.0),
    NoteLength("1/2.", 3.0),
    NoteLength("1 bar", 4.0),
    NoteLength("2 bars", 8.0),
    NoteLength("4 bars", 16.0),
)
"""Shortest first."""
NOTE_LENGTH_NAMES: tuple[str, ...] = tuple(length.name for length in NOTE_LENGTHS)
"""The `choices` of a control."""


def note_length(name: str) -> float:
    """The value of a control that stands at the length of this name; `ValueError` when there is none."""
    return float(NOTE_LENGTH_NAMES.index(name))


def beats_of(value: float) -> float:
    """The beats of a control's value."""
    return NOTE_LENGTHS[int(value)].beats


def seconds_of(value: float, tempo_bpm: float) -> float:
    """How long a control's value lasts at a tempo."""
    return beats_of(value) * 60 / tempo_bpm
