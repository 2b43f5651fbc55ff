"""Notes that the window's own keys and mouse hold."""

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
        self._fingers: dict[Hashable, NoteOn] = {}

    @property
    def has_fingers(self) -> bool:
        """True while a key or the mouse button is down."""
        return bool(self._fingers)

    def begin(self, finger: Hashable, key: int) -> None:
        """This finger plays a key; what it played before ends."""
        ended = self._lifted(finger)
        note = NoteOn(next(self._ids), key, VELOCITY)
        self._fingers[finger] = note
        self._send([*ended, note])

    def end(self, finger: Hashable) -> None:
        """This finger comes up."""
        self._send(self._lifted(finger))

    def let_go(self) -> None:
        """Every finger comes up: releases will not be told any more."""
        self._send([event for finger in list(self._fingers) for event in self._lifted(finger)])

    def panic(self) -> None:
        """Silence every voice of the instrument, whoever plays it."""
        self._fingers.clear()
        self._send([AllSoundOff()])

    def _lifted(self, finger: Hashable) -> list[NoteEvent]:
        note = self._fingers.pop(finger, None)
        return [] if note is None else [NoteOff(note.note_id)]

    def _send(self, events: list[NoteEvent]) -> None:
        if events:
            self._play(events, time.monotonic(), SOURCE)
