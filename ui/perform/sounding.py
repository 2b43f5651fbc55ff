"""Notes on their way to the engine, from the window's keys, from MIDI and from files, and which of them sound now."""

import heapq
import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from synth.instrument.note_events import AllNotesOff, AllSoundOff, NoteEvent, NoteOff, NoteOn

PlayNotes = Callable[[Sequence[NoteEvent], float, str], None]


class SoundingNotes:
    """Hands notes on and remembers them. `play_notes` may be called from any thread, all else from the window's."""

    def __init__(self, play: PlayNotes) -> None:
        """`play` is the engine's `play_notes`."""
        self._play = play
        self._passed: SimpleQueue[tuple[float, Sequence[NoteEvent]]] = SimpleQueue()
        self._waiting: list[tuple[float, int, Sequence[NoteEvent]]] = []
        """A heap by time, and by order of arrival where times are equal: files hand their notes over ahead of time."""
        self._order = itertools.count()
        self._notes: dict[int, NoteOn] = {}

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str) -> None:
        """As the engine's: play these at `arrived_s` by `time.monotonic`, which may lie ahead."""
        self._play(events, arrived_s, source)
        self._passed.put((arrived_s, events))

    def keys(self, now_s: float) -> frozenset[int]:
        """MIDI keys of every note that has begun by now and was not let go; what a pedal holds is not known here."""
        with suppress(Empty):
            while True:
                at_s, events = self._passed.get_nowait()
                heapq.heappush(self._waiting, (at_s, next(self._order), events))
        while self._waiting and self._waiting[0][0] <= now_s:
            for event in heapq.heappop(self._waiting)[2]:
                self._follow(event)
        return frozenset(note.key for note in self._notes.values())

    def forget(self) -> None:
        """Another instrument plays: the notes of the one before are over."""
        self._notes.clear()

    def _follow(self, event: NoteEvent) -> None:
        match event:
            case NoteOn(note_id):
                self._notes[note_id] = event
            case NoteOff(note_id):
                self._notes.pop(note_id, None)
            case AllNotesOff(channel) | AllSoundOff(channel):
                over = [id for id, note in self._notes.items() if channel in (None, note.channel)]
                for id in over:
                    del self._notes[id]
            case _:
                pass


class HeardKey:
    """The one key by which frequencies are named: the newest that sounds, and the last one once all are silent."""

    def __init__(self) -> None:
        self._sounding: frozenset[int] = frozenset()
        self._key: int | None = None

    def follow(self, sounding: frozenset[int], *, drone: bool) -> int | None:
        """The key among these MIDI keys, the lowest of a chord; None for the drone, whose pitch its own note tells."""
        if drone:
            self._key = None
        elif sounding and (begun := sounding - self._sounding):
            self._key = min(begun)
        elif sounding and self._key not in sounding:
            self._key = min(sounding)
        self._sounding = sounding
        return self._key

    def forget(self) -> None:
        """Another preset plays: its own pitch names the frequencies until a key sounds."""
        self._sounding, self._key = frozenset(), None
