"""What undo goes back to: cultures as they were just before each gesture, within a fixed amount of memory."""

from collections import deque
from dataclasses import dataclass, replace

from synth.culture.culture import Culture, CultureState

HISTORY_BYTES = 24 * 2**20
"""25 gestures on 80 × 172 cells, 15 on 128 × 172; keeping one took 0.12 and 0.14 ms on a busy machine."""


@dataclass(frozen=True)
class HistoryState:
    """Cultures to go back to and to bring again; the latest is the last of each."""

    past: tuple[CultureState, ...] = ()
    undone: tuple[CultureState, ...] = ()


class History:
    """Undo and redo of gestures on one culture; forgets the oldest when there is no room.

    The room is taken once, when the culture is made: nothing grows while it is played.
    """

    def __init__(self, culture: Culture, limit_bytes: int = HISTORY_BYTES) -> None:
        n_states = max(1, limit_bytes // culture.save().n_bytes)
        self._limit_bytes = limit_bytes
        self._free = [culture.save() for _ in range(n_states)]
        self._past: deque[CultureState] = deque()
        self._undone: list[CultureState] = []
        self._lent: set[int] = set()
        """Rooms that are not ours to write to any more, by their tensors' addresses."""

    @property
    def undos(self) -> int:
        return len(self._past)

    @property
    def redos(self) -> int:
        return len(self._undone)

    @property
    def n_bytes(self) -> int:
        return sum(state.n_bytes for state in (*self._free, *self._past, *self._undone))

    def save(self) -> HistoryState:
        """A copy of all, up to `HISTORY_BYTES`: not for the engine's loop."""
        return HistoryState(tuple(map(_copy, self._past)), tuple(map(_copy, self._undone)))

    def lend(self) -> HistoryState:
        """All as it is, at once and without a copy: what was lent is never written to, new room is taken instead."""
        self._lent |= {id(state.state) for state in (*self._past, *self._undone)}
        return HistoryState(tuple(self._past), tuple(self._undone))

    def restore(self, saved: HistoryState) -> None:
        """Hold what was saved of a culture of the same size, and nothing else; the oldest go where there is no room."""
        self._free += [replace(state, second=None) for state in (*self._past, *self._undone)]
        self._past.clear()
        self._undone.clear()
        for state in saved.undone:
            self._undone.append(self._kept(state, self._free.pop()))
        for state in saved.past[max(0, len(saved.past) - len(self._free)) :]:
            self._past.append(self._kept(state, self._free.pop()))

    def remember(self, culture: Culture) -> None:
        """A gesture begins: keep what is there, and give up what was undone."""
        self._free += [replace(state, second=None) for state in self._undone]
        self._undone.clear()
        room = self._free.pop() if self._free else self._past.popleft()
        self._past.append(self._kept(culture.save(), room))
        # States of two cultures are twice as large, and only half of them is kept in the room that there is.
        while len(self._past) > 1 and sum(state.n_bytes for state in self._past) > self._limit_bytes:
            self._free.append(replace(self._past.popleft(), second=None))

    def forget_second(self) -> None:
        """A culture that lived on a plate of its own beside this one is gone: what is gone back to is without it."""
        self._past = deque(replace(state, second=None) for state in self._past)
        self._undone = [replace(state, second=None) for state in self._undone]

    def undo(self, culture: Culture) -> bool:
        """Give `culture` back its state before the last gesture; False when there is none."""
        if not self._past:
            return False
        self._undone.append(self._changed_places(culture, self._past.pop()))
        return True

    def redo(self, culture: Culture) -> bool:
        """Give `culture` back the state the last undo took away; False when there is none."""
        if not self._undone:
            return False
        self._past.append(self._changed_places(culture, self._undone.pop()))
        return True

    def _changed_places(self, culture: Culture, saved: CultureState) -> CultureState:
        """What the culture was before it was given `saved`, kept in its room."""
        now = culture.save()
        culture.restore(saved)
        return self._kept(now, saved)

    def _kept(self, now: CultureState, room: CultureState) -> CultureState:
        """`now` in the memory of `room`, or in its own where the room is lent."""
        if id(room.state) in self._lent:
            self._lent.discard(id(room.state))
            return now
        room.state.copy_(now.state)
        room.rest.copy_(now.rest)
        room.frozen.copy_(now.frozen)
        return replace(now, state=room.state, rest=room.rest, frozen=room.frozen)


def _copy(state: CultureState) -> CultureState:
    second = None if state.second is None else _copy(state.second)
    return replace(
        state, state=state.state.clone(), rest=state.rest.clone(), frozen=state.frozen.clone(), second=second
    )
