"""Notes that the window's own keys and mouse hold, and the latch that holds them on."""

import time
from collections.abc import Hashable, Iterator

from synth.instrument.note_events import AllSoundOff, NoteEvent, NoteOff, NoteOn
from ui.perform.sounding import PlayNotes

VELOCITY = 0.8
"""Neither computer keys nor a mouse button tell how hard they were struck."""
SOURCE = "window"


class NotePlayer:
    """Turns fingers that go down and come up into notes. A finger is whatever names one: a key's number, the mouse."""

    def __init__(self, play: PlayNotes, ids: Iterator[int]) -> None:
        """`ids` names notes and is shared with every other source."""
        self._play, self._ids = play, ids
        self.latch_on = False
        self._fingers: dict[Hashable, NoteOn] = {}
        self._latched: dict[int, NoteOn] = {}
        """By MIDI key: notes whose finger has come up, held by the latch."""

    @property
    def has_fingers(self) -> bool:
        """True while a key or the mouse button is down."""
        return bool(self._fingers)

    def begin(self, finger: Hashable, key: int) -> None:
        """This finger plays a key; what it played before ends. A latched note of the key is struck anew."""
        ended = self._lifted(finger)
        again = self._latched.pop(key, None)
        if again is not None:
            ended.append(NoteOff(again.note_id))
        note = NoteOn(next(self._ids), key, VELOCITY)
        self._fingers[finger] = note
        self._send([*ended, note])

    def end(self, finger: Hashable) -> None:
        """This finger comes up."""
        self._send(self._lifted(finger))

    def let_go(self) -> None:
        """Every finger comes up: releases will not be told any more."""
        self._send([event for finger in list(self._fingers) for event in self._lifted(finger)])

    def set_latch(self, on: bool) -> None:
        """Hold what is played after its finger has come up, until the latch is off again."""
        self.latch_on = on
        if not on:
            self._send(self._unlatched())

    def forget(self) -> None:
        """End every note, latched or not."""
        self._send([*(NoteOff(note.note_id) for note in self._fingers.values()), *self._unlatched()])
        self._fingers.clear()

    def panic(self) -> None:
        """Silence every voice of the instrument, whoever plays it."""
        self._fingers.clear()
        self._latched.clear()
        self._send([AllSoundOff()])

    def _lifted(self, finger: Hashable) -> list[NoteEvent]:
        note = self._fingers.pop(finger, None)
        if note is None:
            return []
        if not self.latch_on:
            return [NoteOff(note.note_id)]
        before = self._latched.get(note.key)
        self._latched[note.key] = note
        return [] if before is None else [NoteOff(before.note_id)]

    def _unlatched(self) -> list[NoteEvent]:
        ended: list[NoteEvent] = [NoteOff(note.note_id) for note in self._latched.values()]
        self._latched.clear()
        return ended

    def _send(self, events: list[NoteEvent]) -> None:
        if events:
            self._play(events, time.monotonic(), SOURCE)
