"""The arpeggiator: it takes the keys that are played, and plays them one after another in time with the song.

It stands between the note events and the voices and makes note events itself. All times are positions in beats: whoever
runs it asks for `next_beats`, and calls `play_next` at the moment when the song is there.

With the internal clock its steps begin with the first key; while a clock from outside runs the song, they fall on the
song's beats. The state says everything that its future depends on; chance depends on the seed and the step.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteEvent,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.instrument.parameters.tempo_rows import ArpeggioMode
from synth.instrument.tempo.patterns import PlayedKey, StepNote, notes_of_step

FIRST_ID = 2**52
"""Ids of notes that the arpeggiator makes begin here: those of other sources are counted from 0."""
_MOST_IDS = 2**51
MOST_KEYS = 64
"""Keys that are remembered; the oldest makes room."""
_PEDAL_DOWN = 0.5
_ON_TIME = 1e-6
"""A step closer than this to the present, in steps, is due now: positions are rounded."""


@dataclass(frozen=True)
class ArpeggioSettings:
    """What the controls say."""

    on: bool = False
    mode: ArpeggioMode = "up"
    beats: float = 0.25
    """From step to step."""
    gate: float = 0.8
    """How much of the way to the next step a note lasts; above 1 it lasts beyond it."""
    octaves: int = 1
    swing: float = 0.5
    """Where the second of two steps lies between the first and the third: 0.5 is straight, 2/3 a triplet's."""
    latch: bool = False
    """Keep what was played until all keys have come up and another is played."""


@dataclass(frozen=True)
class MadeNote:
    """A note of the arpeggiator's that sounds."""

    note_id: int
    of_id: int
    """The id of the note that was played for it."""
    channel: int
    until: float
    """Where it ends, in beats."""


@dataclass(frozen=True)
class ArpeggiatorState:
    """Everything its future depends on."""

    keys: tuple[PlayedKey, ...] = ()
    """In the order in which they were played."""
    sounding: tuple[MadeNote, ...] = ()
    pedals: tuple[int, ...] = ()
    """Channels whose sustain pedal is down, ascending."""
    origin: float = 0.0
    """The song's position at step 0 of the grid, in beats."""
    next_step: int = 0
    """Of the grid."""
    beats: float = 0.25
    """From step to step of the grid."""
    on_song: bool = False
    """True while the grid is the song's own."""
    step: int = 0
    """Of the pattern: how many steps were played since the first key."""
    made: int = 0
    """Notes made so far, for their ids."""


class Arpeggiator:
    """Deterministic: the same events at the same positions give the same notes."""

    def __init__(self, seed: int, settings: ArpeggioSettings) -> None:
        self._seed, self._settings = seed, settings
        self.state = ArpeggiatorState(beats=settings.beats)

    @property
    def on(self) -> bool:
        return self._settings.on

    @property
    def active(self) -> bool:
        """True while it plays, or waits for its next step."""
        return bool(self.state.keys or self.state.sounding)

    @property
    def next_beats(self) -> float:
        """Where in the song something is due next; infinite when nothing is."""
        ends = (note.until for note in self.state.sounding)
        return min([*ends, *([self._onset(self.state.next_step)] if self.state.keys else [])], default=math.inf)

    # What is asked of it

    def resume(self, settings: ArpeggioSettings, state: ArpeggiatorState) -> None:
        """Go on from a state that was saved under these settings."""
        self._settings, self.state = settings, state

    def obey(self, settings: ArpeggioSettings, beats: float) -> list[NoteEvent]:
        """The controls moved, with the song at this position."""
        before, self._settings = self._settings, settings
        if before.on and not settings.on:
            return self._end()
        if not settings.on:
            return []
        if settings.beats != self.state.beats:
            self._change_length(settings.beats, beats)
        return self._drop_keys()

    def adopt(self, keys: Sequence[PlayedKey], pedals: Sequence[int], beats: float, *, song_runs: bool) -> None:
        """It was switched on: these keys and pedals are held already."""
        pedals = tuple(sorted(pedals))
        self.state = replace(self.state, keys=tuple(keys[-MOST_KEYS:]), pedals=pedals, beats=self._settings.beats)
        self._begin(beats, song_runs=song_runs)

    def take(self, event: NoteEvent, beats: float, *, song_runs: bool) -> list[NoteEvent]:
        """What the voices are to do about an event now, with the song at this position."""
        if not self.on:
            return [event]
        state = self.state
        match event:
            case NoteOn(note_id, key, velocity, channel):
                return self._press(PlayedKey(note_id, key, velocity, channel), beats, song_runs=song_runs)
            case NoteOff(note_id):
                if all(held.note_id != note_id for held in state.keys):
                    return [event]
                keys = tuple(replace(held, down=held.down and held.note_id != note_id) for held in state.keys)
                self.state = replace(state, keys=keys)
                return self._drop_keys()
            case NoteExpression(note_id, dimension, value):
                if all(held.note_id != note_id for held in state.keys):
                    return [event]
                self.state = replace(state, keys=tuple(_expressed(held, event) for held in state.keys))
                mine = [note.note_id for note in state.sounding if note.of_id == note_id]
                return [NoteExpression(id, dimension, value) for id in mine]
            case ChannelExpression(channel, "sustain", value):
                return self._pedal(event, channel, down=value >= _PEDAL_DOWN)
            case AllNotesOff(channel) | AllSoundOff(channel):
                keys = tuple(held for held in state.keys if channel not in (None, held.channel))
                over = [note for note in state.sounding if channel in (None, note.channel)]
                self.state = replace(state, keys=keys)
                return [*self._silence(over), event]
        return [event]

    def move_song(self, by: float, beats: float, *, song_runs: bool) -> None:
        """The song jumped by so many beats and is at this position now; time goes on as it did.

        Small jumps put right where a clock from outside is: no step is played twice or left out for them.
        """
        state = self.state
        sounding = tuple(replace(note, until=note.until + by) for note in state.sounding)
        self.state = replace(state, sounding=sounding, origin=state.origin + by, on_song=song_runs)
        if song_runs:
            wanted = state.origin + by + state.next_step * state.beats
            step = round(wanted / state.beats)
            step += step * state.beats < beats - state.beats / 4
            self.state = replace(self.state, origin=0.0, next_step=step)

    def play_next(self) -> list[NoteEvent]:
        """What is due next, done."""
        now, state = self.next_beats, self.state
        events = self._silence([note for note in state.sounding if note.until <= now])
        if state.keys and self._onset(state.next_step) <= now:
            events += self._play_step(now)
        return events

    # How it does it

    def _onset(self, step: int) -> float:
        """Where a step of the grid begins."""
        state = self.state
        late = (2 * self._settings.swing - 1) * (step % 2)
        return state.origin + (step + late) * state.beats

    def _play_step(self, now: float) -> list[NoteEvent]:
        state, settings = self.state, self._settings
        notes = notes_of_step(state.keys, settings.mode, settings.octaves, state.step, self._seed)
        following = self._onset(state.next_step + 1)
        until = now + settings.gate * (following - now)
        self.state = replace(state, next_step=state.next_step + 1, step=state.step + 1)
        return self._make(notes, until)

    def _make(self, notes: Sequence[StepNote], until: float) -> list[NoteEvent]:
        events: list[NoteEvent] = []
        state = self.state
        sounding, made = list(state.sounding), state.made
        for held, key in notes:
            note_id = FIRST_ID + made % _MOST_IDS
            made += 1
            sounding.append(MadeNote(note_id, held.note_id, held.channel, until))
            events.append(NoteOn(note_id, key, held.velocity, held.channel))
            events += [NoteExpression(note_id, dimension, value) for dimension, value in held.expression]
        self.state = replace(state, sounding=tuple(sounding), made=made)
        return events

    def _silence(self, notes: Sequence[MadeNote]) -> list[NoteEvent]:
        left = tuple(note for note in self.state.sounding if note not in notes)
        self.state = replace(self.state, sounding=left)
        return [NoteOff(note.note_id) for note in notes]

    def _press(self, pressed: PlayedKey, beats: float, *, song_runs: bool) -> list[NoteEvent]:
        state = self.state
        pedal = pressed.channel in state.pedals
        anew = not state.keys or not (pedal or any(held.down for held in state.keys))
        kept = () if anew else tuple(held for held in state.keys if held.note_id != pressed.note_id)
        self.state = replace(state, keys=(*kept, pressed)[-MOST_KEYS:])
        if anew:
            ended = self._silence(state.sounding)
            self._begin(beats, song_runs=song_runs)
            return ended
        if self._settings.mode == "chord" and state.step and state.sounding:
            return self._join(pressed)
        return []

    def _join(self, pressed: PlayedKey) -> list[NoteEvent]:
        """A key that comes a little after the others sounds with the chord that sounds already."""
        state, settings = self.state, self._settings
        notes = notes_of_step(state.keys, "chord", settings.octaves, state.step - 1, self._seed)
        return self._make([note for note in notes if note[0] == pressed], state.sounding[-1].until)

    def _begin(self, beats: float, *, song_runs: bool) -> None:
        """A first key: the pattern begins, and the grid with it unless it is the song's."""
        self.state = replace(self.state, step=0, on_song=song_runs, origin=beats, next_step=0)
        if song_runs:
            self.state = replace(self.state, origin=0.0, next_step=math.floor(beats / self.state.beats) - 1)
            while self._onset(self.state.next_step) < beats - _ON_TIME * self.state.beats:
                self.state = replace(self.state, next_step=self.state.next_step + 1)

    def _change_length(self, length: float, beats: float) -> None:
        """Steps of another length: on the song's grid, or counted from the last step that was played."""
        state = self.state
        if not state.on_song:
            last = state.origin + (state.next_step - 1) * state.beats if state.next_step else state.origin
            first = 1 if state.next_step else 0
            step = max(first, math.ceil((beats - last) / length - _ON_TIME))
            self.state = replace(state, beats=length, origin=last, next_step=step)
            return
        self.state = replace(state, beats=length, next_step=math.ceil(beats / length - _ON_TIME))

    def _pedal(self, event: ChannelExpression, channel: int, *, down: bool) -> list[NoteEvent]:
        """The pedal holds keys here and no voices: each note made would sound for as long as it is down."""
        others = {other for other in self.state.pedals if other != channel}
        self.state = replace(self.state, pedals=tuple(sorted(others | {channel} if down else others)))
        return [] if down else [*self._drop_keys(), event]

    def _drop_keys(self) -> list[NoteEvent]:
        """Forget the keys that nothing holds any more; with the last of them its sound ends."""
        state = self.state
        if not self._settings.latch:
            keys = tuple(held for held in state.keys if held.down or held.channel in state.pedals)
            self.state = replace(state, keys=keys)
        return [] if self.state.keys else self._silence(self.state.sounding)

    def _end(self) -> list[NoteEvent]:
        """It was switched off: nothing of it sounds on, and pedals that are down are the voices' again."""
        ended = self._silence(self.state.sounding)
        pedals = [ChannelExpression(channel, "sustain", 1.0) for channel in self.state.pedals]
        self.state = ArpeggiatorState(made=self.state.made)
        return [*ended, *pedals]


def _expressed(held: PlayedKey, event: NoteExpression) -> PlayedKey:
    if held.note_id != event.note_id:
        return held
    others = tuple(said for said in held.expression if said[0] != event.dimension)
    return replace(held, expression=(*others, (event.dimension, event.value)))
