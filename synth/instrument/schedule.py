"""What a hand has asked for and when: scheduled by frame, done at a pace the sound can bear."""

from collections.abc import Iterable, Iterator

from synth.instrument.events import Event, Touch

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
        """Take what is to be done before `frame`."""
        touches, share = 0, 0.0
        while self._pending and self._pending[0].frame <= frame and touches < _MOST_TOUCHES and share < _MOST_TOUCHED:
            event = self._pending.pop(0)
            if isinstance(event.action, Touch):
                touches += 1
                share += event.action.gesture.share_of(*self._grid)
            yield event
