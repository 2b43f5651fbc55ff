"""Which voice plays which note: polyphony, one voice with note priority, unison, pedals, stealing.

The allocator knows no sound. It answers each event with what voices are to do, in order, and keeps all it knows in
`AllocatorState`. The rules, which follow Surge's and a piano's where those two agree:

* Poly: every note has voices of its own, also several notes on one key. A key that is struck again while only a pedal
  holds it restrikes its voices, as a hammer does a string.
* Mono and legato: one note sounds. Of the keys that are down, priority chooses; when the sounding note ends, a note
  that is still held takes its voices over. A pedal holds what sounds, and does not compete with keys that are down.
* A pedal that goes down holds the notes whose keys are down or will be; a note that is released already is not caught.
* Beyond the limit voices are stolen a note at a time: released ones first, the quietest of them; then those that only
  a pedal holds, then the others, the oldest first.

Axes: `V` slots, `Q` = 16 channels.
"""

from dataclasses import dataclass, field, fields, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from synth.instrument.note_events import AllNotesOff, AllSoundOff, ChannelExpression, NoteEvent, NoteOff, NoteOn
from synth.instrument.voices.notes import (
    FREE_NOTE,
    MOST_VOICES,
    Move,
    Note,
    Release,
    Retrigger,
    Start,
    Stop,
    VoiceAction,
    VoiceSettings,
)

N_CHANNELS = 16
_MOST_HELD = 256
"""Notes remembered as held: two for every key there is. A flood of notes without ends lets go of the oldest."""
_PEDAL_DOWN = 0.5
_RELEASE_VELOCITY = 0.5

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Levels = NDArray[np.float64]


class Phase(IntEnum):
    """What the voice in a slot is at."""

    FREE = 0
    RELEASED = 1
    HELD = 2


@dataclass(frozen=True)
class HeldNote:
    """A note whose key is down, or that a pedal holds."""

    note: Note
    key_down: bool = True
    sostenuto: bool = False
    """True when the sostenuto pedal went down while its key was down."""


def _slots(value: int) -> "Integers":
    return np.full(MOST_VOICES, value, np.int64)


@dataclass
class AllocatorState:
    """Everything the allocator's future depends on."""

    note_id: Integers = field(default_factory=lambda: _slots(FREE_NOTE))
    """(V,) the note each slot plays, or last played; `FREE_NOTE` in a free slot."""
    key: Integers = field(default_factory=lambda: _slots(0))
    channel: Integers = field(default_factory=lambda: _slots(0))
    phase: Integers = field(default_factory=lambda: _slots(Phase.FREE))
    """(V,) values of `Phase`."""
    begun: Integers = field(default_factory=lambda: _slots(0))
    """(V,) number of the note with which the slot's voice last began: slots with the same one sound as one note."""
    sustain: Flags = field(default_factory=lambda: np.zeros(N_CHANNELS, np.bool_))
    """(Q,) pedals that are down."""
    sostenuto: Flags = field(default_factory=lambda: np.zeros(N_CHANNELS, np.bool_))
    soft: Flags = field(default_factory=lambda: np.zeros(N_CHANNELS, np.bool_))
    held: tuple[HeldNote, ...] = ()
    """Oldest first."""
    count: int = 0
    """Notes begun so far."""

    def copy(self) -> "AllocatorState":
        """A state that shares no array with this one."""
        arrays = {f.name: getattr(self, f.name).copy() for f in fields(self) if f.name not in ("held", "count")}
        return replace(self, **arrays)


class Allocator:
    """Gives notes to voices. Deterministic: the same events and levels give the same actions."""

    def __init__(self, state: AllocatorState | None = None) -> None:
        self.state = state or AllocatorState()

    @property
    def sounding(self) -> Integers:
        """Slots that sound, ascending."""
        # FREE is 0. Asked several times a frame, and comparing with a member of an enum takes ten times as long.
        return np.flatnonzero(self.state.phase)

    def is_held(self, note_id: int) -> bool:
        """True while a key or a pedal holds the note."""
        return any(h.note.note_id == note_id for h in self.state.held)

    def handle(self, event: NoteEvent, settings: VoiceSettings, levels: Levels) -> list[VoiceAction]:
        """What voices are to do about one event; `levels` (V,) says how loud each is now, for stealing."""
        match event:
            case NoteOn(note_id, key, velocity, channel):
                note = Note(note_id, key, velocity, channel, bool(self.state.soft[channel]))
                return self._note_on(note, settings, levels)
            case NoteOff(note_id, velocity):
                return self._let_go([h for h in self.state.held if h.note.note_id == note_id], settings, velocity)
            case ChannelExpression(channel, dimension, value):
                return self._pedal(channel, dimension, value >= _PEDAL_DOWN, settings)
            case AllNotesOff(channel):
                return self._let_go([h for h in self.state.held if channel in (None, h.note.channel)], settings)
            case AllSoundOff(channel):
                return self._silence(channel)
        return []

    def settle(self, settings: VoiceSettings, levels: Levels) -> list[VoiceAction]:
        """What voices are to do after settings changed.

        A latch that was opened lets its notes go; notes that are too many stop, then voices of the last one.
        """
        actions = self._drop(self._left_alone(settings), settings, _RELEASE_VELOCITY)
        actions += self._make_room(0, settings, levels)
        return actions + self._stop(self.sounding[settings.limit :])

    def free(self, slots: Integers) -> None:
        """The voices in these slots have ended."""
        self.state.phase[slots] = Phase.FREE
        self.state.note_id[slots] = FREE_NOTE

    def _note_on(self, note: Note, settings: VoiceSettings, levels: Levels) -> list[VoiceAction]:
        state = self.state
        actions: list[VoiceAction] = []
        # Ids are unique among held notes: one that comes twice is the same key struck again.
        again = [h for h in state.held if h.note.note_id == note.note_id]
        if len(state.held) - len(again) >= _MOST_HELD:
            actions += self._drop([state.held[0]], settings, _RELEASE_VELOCITY)
        state.held = (*(h for h in state.held if h not in again), HeldNote(note))
        if settings.mode != "poly":
            chosen = _chosen([h for h in state.held if h.key_down], settings)
            return actions + (self._play_alone(note, settings) if chosen == note else [])
        restruck = self._restruck(note)
        if len(restruck):
            return actions + self._assign(restruck, note, retrigger=True, legato=len(state.held) > 1)
        return actions + self._start(note, settings, levels)

    def _restruck(self, note: Note) -> Integers:
        """Slots of this very note, or of a note on the same key that only a pedal holds."""
        state = self.state
        same = [h for h in state.held if (h.note.key, h.note.channel) == (note.key, note.channel) and not h.key_down]
        ids = [note.note_id, *(h.note.note_id for h in same)]
        slots = np.flatnonzero(np.isin(state.note_id, ids) & (state.phase == Phase.HELD))
        # They are one string from now on, and end with the new note.
        state.held = tuple(h for h in state.held if h not in same)
        return slots

    def _start(self, note: Note, settings: VoiceSettings, levels: Levels) -> list[VoiceAction]:
        n = settings.voices_per_note
        actions = self._make_room(n, settings, levels)
        slots = np.flatnonzero(self.state.phase == Phase.FREE)[:n]
        legato = any(h.note != note for h in self.state.held)
        self._write(slots, note)
        return actions + [Start(int(slot), note, i, n, legato) for i, slot in enumerate(slots)]

    def _assign(self, slots: Integers, note: Note, *, retrigger: bool, legato: bool) -> list[VoiceAction]:
        """Let voices that sound play another note."""
        self._write(slots, note)
        return [Retrigger(int(s), note, legato) if retrigger else Move(int(s), note) for s in slots]

    def _write(self, slots: Integers, note: Note) -> None:
        state = self.state
        state.count += 1
        state.note_id[slots], state.key[slots], state.channel[slots] = note.note_id, note.key, note.channel
        state.phase[slots], state.begun[slots] = Phase.HELD, state.count

    def _play_alone(self, note: Note, settings: VoiceSettings) -> list[VoiceAction]:
        """Play a note with the voices that sounded last; every other one is released."""
        state, slots = self.state, self.sounding
        latest = slots[state.begun[slots] == state.begun[slots].max(initial=0)]
        overlaps = bool((state.phase[latest] == Phase.HELD).any())
        others = slots[(state.begun[slots] != state.begun[slots].max(initial=0)) & (state.phase[slots] == Phase.HELD)]
        actions = self._release(others, _RELEASE_VELOCITY)
        n = settings.voices_per_note
        if len(latest) == n:
            again = settings.mode == "mono" or not overlaps
            return actions + self._assign(latest, note, retrigger=again, legato=overlaps)
        actions += self._stop(latest)
        # Voices of other notes may still be fading out from before the mode was changed.
        return actions + self._start(note, settings, np.zeros(MOST_VOICES))

    def _let_go(
        self, notes: list[HeldNote], settings: VoiceSettings, velocity: float = _RELEASE_VELOCITY
    ) -> list[VoiceAction]:
        """The keys of these notes are up: they end unless a pedal holds them."""
        state = self.state
        up = {h.note.note_id: replace(h, key_down=False) for h in notes}
        state.held = tuple(up.get(h.note.note_id, h) for h in state.held)
        return self._drop(self._left_alone(settings), settings, velocity)

    def _silence(self, channel: int | None) -> list[VoiceAction]:
        """Stop what sounds on this channel, on all for None."""
        state, slots = self.state, self.sounding
        ids = [h.note.note_id for h in state.held if channel in (None, h.note.channel)]
        state.held = tuple(h for h in state.held if h.note.note_id not in ids)
        if channel is not None:
            # An id may have come again on another channel while its voice sounds on the first.
            slots = slots[(state.channel[slots] == channel) | np.isin(state.note_id[slots], ids)]
        return self._stop(slots)

    def _left_alone(self, settings: VoiceSettings) -> list[HeldNote]:
        """Notes that neither a key nor a pedal holds, nor a latch."""
        if settings.latch:
            return []
        state = self.state
        return [h for h in state.held if not (h.key_down or h.sostenuto or state.sustain[h.note.channel])]

    def _drop(self, ended: list[HeldNote], settings: VoiceSettings, velocity: float) -> list[VoiceAction]:
        """These notes are held no longer: their voices are released, or play a note that still is."""
        state = self.state
        ids = [h.note.note_id for h in ended]
        state.held = tuple(h for h in state.held if h.note.note_id not in ids)
        slots = np.flatnonzero(np.isin(state.note_id, ids) & (state.phase == Phase.HELD))
        if settings.mode == "poly" or len(slots) == 0:
            return self._release(slots, velocity)
        keys_down = [h for h in state.held if h.key_down]
        next_note = _chosen(keys_down or list(state.held), settings)
        if next_note is None or (state.note_id == next_note.note_id).any():
            return self._release(slots, velocity)
        alone = slots[state.begun[slots] == state.begun[slots].max()]
        released = self._release(np.setdiff1d(slots, alone), velocity)
        return released + self._assign(alone, next_note, retrigger=settings.mode == "mono", legato=True)

    def _pedal(self, channel: int, dimension: str, down: bool, settings: VoiceSettings) -> list[VoiceAction]:
        state = self.state
        mine = [h for h in state.held if h.note.channel == channel]
        match dimension:
            case "soft":
                state.soft[channel] = down
            case "sustain":
                state.sustain[channel] = down
            case "sostenuto":
                if down and not state.sostenuto[channel]:
                    caught = [h for h in mine if h.key_down]
                    state.held = tuple(replace(h, sostenuto=True) if h in caught else h for h in state.held)
                elif not down:
                    state.held = tuple(replace(h, sostenuto=False) if h in mine else h for h in state.held)
                state.sostenuto[channel] = down
            case _:
                return []
        return self._drop(self._left_alone(settings), settings, _RELEASE_VELOCITY)

    def _release(self, slots: Integers, velocity: float) -> list[VoiceAction]:
        self.state.phase[slots] = Phase.RELEASED
        return [Release(int(slot), velocity) for slot in slots]

    def _stop(self, slots: Integers) -> list[VoiceAction]:
        self.free(slots)
        return [Stop(int(slot)) for slot in slots]

    def _make_room(self, n: int, settings: VoiceSettings, levels: Levels) -> list[VoiceAction]:
        """Steal whole notes until `n` more voices are within the limit."""
        state = self.state
        keys_down = [h.note.note_id for h in state.held if h.key_down]
        actions: list[VoiceAction] = []
        while len(slots := self.sounding) + n > settings.limit and len(slots):
            released = state.phase[slots] == Phase.RELEASED
            rank = np.where(released, 0, np.where(np.isin(state.note_id[slots], keys_down), 2, 1))
            loudness = np.where(released, levels[slots], 0.0)
            begun = state.begun[slots]
            first = begun[np.lexsort((begun, loudness, rank))[0]]
            if n == 0 and (begun == first).all():
                break
            actions += self._stop(slots[begun == first])
        return actions


def _chosen(notes: list[HeldNote], settings: VoiceSettings) -> Note | None:
    """The note a single voice plays, of these, oldest first: of equal keys the latest."""
    if not notes:
        return None
    sign = {"last": 0, "low": -1, "high": 1}[settings.priority]
    return max(enumerate(notes), key=lambda item: (sign * item[1].note.key, item[0]))[1].note
