"""What passes between the allocator of voices and those who play them: settings, notes, and what a voice is to do.

A slot is the place of one voice, 0 … V − 1. A note takes as many slots as it has unison voices.
"""

from dataclasses import dataclass
from typing import Literal

MOST_VOICES = 64
"""V: slots there are. The voice limit is a number up to this."""
MOST_UNISON = 8
FREE_NOTE = -1
"""Note id of a slot that plays nothing; note ids of events are 0 or more."""

VoiceMode = Literal["poly", "mono", "legato"]
NotePriority = Literal["last", "low", "high"]


@dataclass(frozen=True)
class VoiceSettings:
    """How notes are given to voices."""

    mode: VoiceMode = "poly"
    """`mono` plays one note at a time and begins its envelope anew with every note; `legato` goes on with the envelope
    while one note is held as the next begins."""
    priority: NotePriority = "last"
    """Which of the keys that are down a single voice plays."""
    limit: int = 16
    """Voices that may sound at once, unison voices counted one by one."""
    unison: int = 1
    """Voices per note."""
    latch: bool = False
    """True holds every note whose key is let go, as a pedal would, on all channels."""

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MOST_VOICES or not 1 <= self.unison <= MOST_UNISON:
            raise ValueError(f"A limit of 1 to {MOST_VOICES} voices and 1 to {MOST_UNISON} per note, not {self}.")

    @property
    def voices_per_note(self) -> int:
        return min(self.unison, self.limit)


@dataclass(frozen=True)
class Note:
    """A key that was struck."""

    note_id: int
    key: int
    velocity: float
    channel: int
    soft: bool = False
    """True when the soft pedal was down as it began."""


@dataclass(frozen=True)
class Start:
    """Begin a voice in a slot that is free by now."""

    slot: int
    note: Note
    unison_index: int
    unison_count: int
    legato: bool
    """True when another note was held as this one began."""


@dataclass(frozen=True)
class Retrigger:
    """Play another note with a voice that sounds: its envelope begins anew from the level it is at."""

    slot: int
    note: Note
    legato: bool


@dataclass(frozen=True)
class Move:
    """Play another note with a voice that sounds, whose envelope goes on."""

    slot: int
    note: Note


@dataclass(frozen=True)
class Release:
    """Let a voice's envelope end."""

    slot: int
    velocity: float
    """Release velocity, 0 … 1."""


@dataclass(frozen=True)
class Stop:
    """Silence a voice at once by a short fade; its slot is free, and may be started by the next action."""

    slot: int


VoiceAction = Start | Retrigger | Move | Release | Stop
