"""What a hand has asked for and when: scheduled by frame, done at a pace the sound can bear."""

from collections.abc import Iterable, Iterator

from synth.instrument.events import Event, Touch
from synth.instrument.note_events import NoteEvent

_MOST_TOUCHES, _MOST_TOUCHED = 3, 0.5
"""Gestures done before one frame, and the part of the grid they may reach together before no other is begun: those of a
stroke too quick for that are caught up with in the next frames, because a late block would be heard."""


class Agenda:
    """Events of one instrument in the order of their moments."""

    def __init__(self, n_mels: int, n_frames: int) -> None:
        self._grid = n_mels, n_frames
        self._pending: list[Event] = []

    @property
    def pending(self) -> tuple[Event, ...]:
        """What is not done yet, in order."""
        return tuple(self._pending)

    def clear(self) -> None:
        """Forget what is not done yet."""
        self._pending = []

    def add(self, events: Iterable[Event]) -> None:
        """Those already due happen at the next frame."""
        self._pending = sorted([*self._pending, *events], key=lambda event: (event.frame, event.share))

    def due(self, frame: int) -> Iterator[Event]:
        """Take what is to be done before `frame`; notes are left for `notes`."""
        touches, share, i = 0, 0.0, 0
        while i < len(self._pending) and self._pending[i].frame <= frame:
            if isinstance(self._pending[i].action, NoteEvent):
                i += 1
                continue
            if touches >= _MOST_TOUCHES or share >= _MOST_TOUCHED:
                break
            event = self._pending.pop(i)
            if isinstance(event.action, Touch):
                touches += 1
                share += event.action.gesture.share_of(*self._grid)
            yield event

    def notes(self, frame: int) -> list[Event]:
        """Take the notes that are played within `frame`, or should have been before it."""
        due: list[Event] = []
        left: list[Event] = []
        for event in self._pending:
            (due if event.frame <= frame and isinstance(event.action, NoteEvent) else left).append(event)
        self._pending = left
        return due
