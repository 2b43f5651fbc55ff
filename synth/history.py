"""What undo goes back to: cultures as they were just before each gesture, within a fixed amount of memory."""

from collections import deque

from synth.culture import Culture, CultureState

HISTORY_BYTES = 24 * 2**20
"""25 gestures on 80 × 172 cells, 15 on 128 × 172; keeping one took 0.12 and 0.14 ms on a busy machine."""


class History:
    """Undo and redo of gestures on one culture; forgets the oldest when `limit_bytes` would be passed."""

    def __init__(self, limit_bytes: int = HISTORY_BYTES) -> None:
        self._limit = limit_bytes
        self._past: deque[CultureState] = deque()
        self._undone: list[CultureState] = []

    @property
    def undos(self) -> int:
        return len(self._past)

    @property
    def redos(self) -> int:
        return len(self._undone)

    @property
    def n_bytes(self) -> int:
        return sum(state.n_bytes for state in (*self._past, *self._undone))

    def remember(self, culture: Culture) -> None:
        """A gesture begins: keep what is there, and give up what was undone."""
        self._undone.clear()
        self._past.append(culture.save())
        while self.n_bytes > self._limit:
            self._past.popleft()

    def undo(self, culture: Culture) -> bool:
        """Give `culture` back its state before the last gesture; False when there is none."""
        if not self._past:
            return False
        self._undone.append(culture.save())
        culture.restore(self._past.pop())
        return True

    def redo(self, culture: Culture) -> bool:
        """Give `culture` back the state the last undo took away; False when there is none."""
        if not self._undone:
            return False
        self._past.append(culture.save())
        culture.restore(self._undone.pop())
        return True
