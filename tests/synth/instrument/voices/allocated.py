"""An allocator of voices, played without any sound, and the events that play it."""

import numpy as np

from synth.instrument.note_events import (
    ChannelExpression,
    NoteEvent,
    NoteOff,
    NoteOn,
)
from synth.instrument.voices.allocator import Allocator, Phase
from synth.instrument.voices.notes import (
    MOST_VOICES,
    VoiceAction,
    VoiceSettings,
)

QUIET = np.zeros(MOST_VOICES)
POLY, MONO, LEGATO = VoiceSettings("poly"), VoiceSettings("mono"), VoiceSettings("legato")


def on(note_id: int, key: int | None = None, channel: int = 0) -> NoteOn:
    return NoteOn(note_id, 60 + note_id if key is None else key, 0.8, channel)


def off(note_id: int) -> NoteOff:
    return NoteOff(note_id)


def pedal(name: str, down: bool, channel: int = 0) -> ChannelExpression:
    assert name in ("sustain", "sostenuto", "soft")
    return ChannelExpression(channel, name, float(down))  # type: ignore[arg-type]


class Player:
    """An allocator with what it asked of its voices."""

    def __init__(self, how: VoiceSettings = POLY) -> None:
        self.allocator, self.how, self.levels = Allocator(), how, QUIET.copy()
        self.actions: list[VoiceAction] = []

    def play(self, *events: NoteEvent) -> list[VoiceAction]:
        new = [a for event in events for a in self.allocator.handle(event, self.how, self.levels)]
        self.actions += new
        return new

    @property
    def held(self) -> list[int]:
        """Keys of the voices that are held, ascending."""
        state = self.allocator.state
        return sorted(state.key[state.phase == Phase.HELD].tolist())

    @property
    def released(self) -> list[int]:
        state = self.allocator.state
        return sorted(state.key[state.phase == Phase.RELEASED].tolist())


SUSTAIN, SUSTAIN_UP = pedal("sustain", True), pedal("sustain", False)
SOSTENUTO, SOSTENUTO_UP = pedal("sostenuto", True), pedal("sostenuto", False)
