"""MIDI messages to note events, by one translator for each port or file.

Notes get ids from a counter, so that five note-ons on one key are five notes and five note-offs release them in the
order in which they began. In an MPE zone the notes of a member channel carry the master's channel: what the master
says reaches all of them, and what the member says is sent to its own notes alone.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelDimension,
    ChannelExpression,
    NoteDimension,
    NoteEvent,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.midi.controllers import ControllerReader, Move
from synth.midi.messages import ChannelMessage, Kind, Message, RealTime
from synth.midi.mpe import CONFIGURATION_RPN, MASTER_BEND_SEMITONES, MEMBER_BEND_SEMITONES, Zones

ALL_CHANNELS = frozenset(range(16))
BEND_SEMITONES = 2.0
_BEND_RPN, _FINE_RPN, _COARSE_RPN = 0, 1, 2
_CENTRE = 8192
_RESET = 0xFF

_DIMENSIONS: dict[int, ChannelDimension] = {
    1: "wheel",
    7: "volume",
    10: "pan",
    11: "expression",
    64: "sustain",
    66: "sostenuto",
    67: "soft",
    74: "timbre",
}
_ALL_SOUND_OFF, _RESET_CONTROLLERS, _ALL_NOTES_OFF = 120, 121, 123
_AFTER_RESET: tuple[tuple[ChannelDimension, float], ...] = (
    ("wheel", 0.0),
    ("expression", 1.0),
    ("sustain", 0.0),
    ("sostenuto", 0.0),
    ("soft", 0.0),
    ("pressure", 0.0),
)
"""Recommended practice RP-015: volume, pan, timbre and the program stay as they are."""


@dataclass(frozen=True)
class ProgramChange:
    """A program chosen from afar: number 0 … 127 of the preset list."""

    channel: int
    number: int


Translated = NoteEvent | ProgramChange | Move
"""A `Move` comes for every controller, after what it means to the notes: MIDI learn listens to it."""


@dataclass
class _Channel:
    """What a channel's messages have set so far."""

    held: dict[int, list[int]] = field(default_factory=dict)
    """Ids of the notes of each key that has not been let go, oldest first."""
    bend: int = _CENTRE
    bend_semitones: float = BEND_SEMITONES
    tuning_semitones: float = 0.0
    """Coarse tuning (RPN 2)."""
    fine_semitones: float = 0.0
    """Fine tuning (RPN 1)."""
    touch: dict[Literal["pressure", "timbre"], float] = field(default_factory=dict)
    """What an MPE member has sent, for its next note."""

    def ids(self) -> list[int]:
        return [note for notes in self.held.values() for note in notes]

    def semitones(self) -> float:
        """The bend of the wheel and of the tuning together; the wheel's ends are exactly the range."""
        offset = self.bend - _CENTRE
        wheel = offset / (_CENTRE if offset < 0 else _CENTRE - 1)
        return wheel * self.bend_semitones + self.tuning_semitones + self.fine_semitones


class Translator:
    """Turns the messages of one source into events for the instrument."""

    def __init__(
        self,
        ids: Iterator[int] | None = None,
        channels: frozenset[int] = ALL_CHANNELS,
        zones: Zones | None = None,
        is_learned: Callable[[Move], bool] = lambda _: False,
    ) -> None:
        """`ids` names notes: sources that sound together share one counter. Messages outside `channels` are left out,
        but for the members of a zone whose master is in them. A controller for which `is_learned` answers True moves
        its parameter and nothing else."""
        self.channels = channels
        self._ids = itertools.count() if ids is None else ids
        self._zones = Zones() if zones is None else zones
        self._is_learned = is_learned
        self._reader = ControllerReader()
        self._state = [_Channel() for _ in range(16)]
        self._set_ranges()

    @property
    def zones(self) -> Zones:
        """The MPE zones that are played now."""
        return self._zones

    def feed(self, message: Message) -> list[Translated]:
        """The events that a message asks for, in order, all for the same time."""
        if isinstance(message, RealTime):
            return [*self.release_all(), AllSoundOff()] if message.status == _RESET else []
        if not isinstance(message, ChannelMessage) or not self._listens(message.channel):
            return []
        channel, state = message.channel, self._state[message.channel]
        match message.kind:
            case Kind.NOTE_ON if message.second > 0:
                return self._begin(channel, message.first, message.second / 127)
            case Kind.NOTE_ON | Kind.NOTE_OFF:
                return self._end(state, message)
            case Kind.POLY_PRESSURE:
                ids = state.held.get(message.first, [])
                return [NoteExpression(note, "pressure", message.second / 127) for note in ids]
            case Kind.CHANNEL_PRESSURE:
                return self._touch(channel, "pressure", message.first / 127)
            case Kind.BEND:
                state.bend = message.value14
                return self._bent(channel)
            case Kind.PROGRAM:
                is_member = self._zones.master_of(channel) is not None
                return [] if is_member else [ProgramChange(channel, message.first)]
            case Kind.CONTROL:
                return self._control(channel, message.first, message.second)

    def release_all(self) -> list[Translated]:
        """Let every note go and lift every pedal: for a port that has vanished and for a file that ends.

        Pedals are lifted on all channels, since one may be down without a note of this source.
        """
        events: list[Translated] = [event for channel in range(16) for event in self._released(channel)]
        for channel in sorted(self.channels):
            events += [ChannelExpression(channel, pedal, 0.0) for pedal in ("sustain", "sostenuto", "soft")]
        return events

    def set_zones(self, zones: Zones) -> list[Translated]:
        """Play by other MPE zones from now on; notes of channels whose part changes are let go."""
        events: list[Translated] = []
        if zones != self._zones:
            for channel in range(16):
                before = self._zones.master_of(channel), self._zones.is_master(channel)
                if before != (zones.master_of(channel), zones.is_master(channel)):
                    events += self._released(channel)
                    self._state[channel] = _Channel()
            self._zones = zones
        self._set_ranges()
        return events

    def _listens(self, channel: int) -> bool:
        master = self._zones.master_of(channel)
        return (channel if master is None else master) in self.channels

    def _begin(self, channel: int, key: int, velocity: float) -> list[Translated]:
        state, note = self._state[channel], next(self._ids)
        state.held.setdefault(key, []).append(note)
        master = self._zones.master_of(channel)
        if master is None:
            return [NoteOn(note, key, velocity, channel)]
        events: list[Translated] = [NoteOn(note, key, velocity, master)]
        if semitones := state.semitones():
            events.append(NoteExpression(note, "bend", semitones))
        events += [NoteExpression(note, dimension, value) for dimension, value in state.touch.items()]
        return events

    def _end(self, state: _Channel, message: ChannelMessage) -> list[Translated]:
        notes = state.held.get(message.first)
        if not notes:
            return []
        note = notes.pop(0)
        if not notes:
            del state.held[message.first]
        if message.kind == Kind.NOTE_ON:
            return [NoteOff(note)]
        return [NoteOff(note, message.second / 127)]

    def _released(self, channel: int) -> list[Translated]:
        state = self._state[channel]
        events: list[Translated] = [NoteOff(note) for note in state.ids()]
        state.held.clear()
        return events

    def _expressed(self, channel: int, dimension: NoteDimension, value: float) -> list[Translated]:
        """One value for a member's own notes, or for a channel and so, on a master, for its whole zone."""
        if self._zones.master_of(channel) is None:
            return [ChannelExpression(channel, dimension, value)]
        return [NoteExpression(note, dimension, value) for note in self._state[channel].ids()]

    def _touch(self, channel: int, dimension: Literal["pressure", "timbre"], value: float) -> list[Translated]:
        self._state[channel].touch[dimension] = value
        return self._expressed(channel, dimension, value)

    def _bent(self, channel: int) -> list[Translated]:
        return self._expressed(channel, "bend", self._state[channel].semitones())

    def _control(self, channel: int, number: int, value: int) -> list[Translated]:
        if number >= _ALL_SOUND_OFF:
            return self._channel_mode(channel, number)
        move = self._reader.feed(channel, number, value)
        if move is None:
            return []
        if self._is_learned(move):
            return [move]
        if move.controller.kind == "rpn":
            return [*self._parameter_number(move), move]
        return [*self._meaning(move), move]

    def _meaning(self, move: Move) -> list[Translated]:
        """What a controller does to the notes when nothing else has been learned for it."""
        dimension = _DIMENSIONS.get(move.controller.number) if move.controller.kind == "cc" else None
        if dimension is None:
            return []
        if dimension == "timbre":
            return self._touch(move.channel, "timbre", move.value)
        if self._zones.master_of(move.channel) is not None:
            # Pedals, wheel, volume and pan belong to the zone; on a member they have no meaning (MPE 1.1, 2.2).
            return []
        return [ChannelExpression(move.channel, dimension, _pan(move) if dimension == "pan" else move.value)]

    def _channel_mode(self, channel: int, number: int) -> list[Translated]:
        is_member = self._zones.master_of(channel) is not None
        if number == _RESET_CONTROLLERS:
            return self._reset_controllers(channel)
        if number < _ALL_NOTES_OFF and number != _ALL_SOUND_OFF:
            return []
        if is_member:
            return self._released(channel)
        for led in (channel, *(self._zones.members_of(channel) if self._zones.is_master(channel) else ())):
            self._state[led].held.clear()
        # Omni and mono modes (124 … 127) let all notes go as well.
        return [AllSoundOff(channel) if number == _ALL_SOUND_OFF else AllNotesOff(channel)]

    def _reset_controllers(self, channel: int) -> list[Translated]:
        state = self._state[channel]
        state.bend = _CENTRE
        state.touch.pop("pressure", None)
        self._reader.reset(channel)
        events = self._bent(channel)
        events += [NoteExpression(note, "pressure", 0.0) for note in state.ids()]
        if self._zones.master_of(channel) is None:
            events += [ChannelExpression(channel, dimension, value) for dimension, value in _AFTER_RESET]
        return events

    def _parameter_number(self, move: Move) -> list[Translated]:
        """Bend range, tuning and MPE zones; other registered parameters mean nothing here."""
        channel, number = move.channel, move.controller.number
        if number == CONFIGURATION_RPN:
            return self.set_zones(self._zones.configured(channel, move.coarse)) if move.coarse <= 15 else []
        if number == _BEND_RPN:
            for affected in self._sharing_range(channel):
                self._state[affected].bend_semitones = move.coarse + move.fine / 100
            return [event for affected in self._sharing_range(channel) for event in self._bent(affected)]
        if number == _FINE_RPN:
            self._state[channel].fine_semitones = ((move.coarse << 7 | move.fine) - _CENTRE) / _CENTRE
        elif number == _COARSE_RPN:
            self._state[channel].tuning_semitones = float(move.coarse - 64)
        else:
            return []
        return self._bent(channel)

    def _sharing_range(self, channel: int) -> list[int]:
        """A bend range sent to one member is the range of all members of its zone."""
        master = self._zones.master_of(channel)
        return [channel] if master is None else list(self._zones.members_of(master))

    def _set_ranges(self) -> None:
        for channel, state in enumerate(self._state):
            if self._zones.master_of(channel) is not None:
                state.bend_semitones = MEMBER_BEND_SEMITONES
            elif self._zones.is_master(channel):
                state.bend_semitones = MASTER_BEND_SEMITONES


def _pan(move: Move) -> float:
    """−1 … 1 with the middle at 64: 0 and 1 are both hard left, as General MIDI has it."""
    position = move.coarse + move.fine / 128
    return max(-1.0, min(1.0, (position - 64) / 63))
