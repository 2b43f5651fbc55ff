"""What a hand did, in order: control changes, strokes and files in one history. Knows neither Qt nor the engine.

A control change is kept here, as the values before and after. A stroke is only named here: the culture it goes back to
is in the engine's history, whose memory is bounded, so that strokes may fall off its end.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from ui.controls.motion.model import Motion
from ui.controls.states import States, Values

LIMIT = 200
"""Steps that are kept."""


@dataclass(frozen=True)
class Turn:
    """Values by id, before and after: of one control, or of all that one touch moved."""

    label: str
    before: Values
    after: Values
    states: tuple[States, States] | None = None
    """The control states before and after, where the step is about them."""
    motion: tuple[Motion, Motion] | None = None
    """What moved the controls before and after, where the step changed it."""

    @property
    def is_nothing(self) -> bool:
        """True where all is after it as it was before."""
        pairs = (self.states, self.motion)
        return self.before == self.after and all(pair is None or pair[0] == pair[1] for pair in pairs)


@dataclass(frozen=True)
class Stroke:
    """A gesture, a reseed or a thaw: the engine holds the culture as it was."""

    label: str


class Deed(Protocol):
    """Something else, which knows by itself how it is taken back and done again."""

    label: str

    def undo(self) -> None:
        """Take it back."""

    def redo(self) -> None:
        """Do it again."""


Step = Turn | Stroke | Deed


class UndoHistory:
    """Steps done and steps undone; the oldest are forgotten beyond `limit`."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._open = False
        """True while the latest turn may still grow: a drag, a burst of wheel notches or keys."""

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, or ""."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would bring again, or ""."""
        return self._undone[-1].label if self._undone else ""

    @property
    def strokes(self) -> int:
        """Strokes among what can be undone."""
        return sum(isinstance(step, Stroke) for step in self._done)

    def turn(self, label: str, before: Values, after: Values, motion: tuple[Motion, Motion] | None = None) -> None:
        """Controls moved, or what moves them; while the same ones go on moving, until `seal`, it is one step."""
        latest = self._done[-1] if self._done and self._open else None
        if isinstance(latest, Turn) and latest.label == label and latest.after.keys() == after.keys():
            whole = (latest.motion[0], motion[1]) if latest.motion and motion else motion
            self._done[-1] = replace(latest, after=dict(after), motion=whole)
            return
        self.seal()
        turn = Turn(label, dict(before), dict(after), motion=motion)
        if turn.is_nothing:
            return
        self._add(turn)
        self._open = True

    def whole_turn(self, turn: Turn) -> None:
        """Something that moved many controls at once, or exchanged their states; nothing when nothing differs."""
        self.seal()
        if not turn.is_nothing:
            self._add(turn)

    def stroke(self, label: str) -> None:
        """A stroke begins."""
        self.seal()
        self._add(Stroke(label))

    def deed(self, deed: Deed) -> None:
        """Something was done that is neither."""
        self.seal()
        self._add(deed)

    def withdraw(self, deed: Deed) -> None:
        """This one is taken back by itself, whatever was done after it; it can be done again."""
        self.seal()
        if deed in self._done:
            self._done.remove(deed)
            self._undone.append(deed)

    def seal(self) -> None:
        """The latest turn is over; one that came back to where it began was none."""
        if self._open:
            self._open = False
            latest = self._done[-1]
            if isinstance(latest, Turn) and latest.is_nothing:
                self._done.pop()

    def undo(self) -> Step | None:
        """The step to take back, or None."""
        self.seal()
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Step | None:
        """The step to bring again, or None."""
        self.seal()
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def keep_strokes(self, count: int) -> None:
        """The engine can still go back `count` strokes: forget the older ones, but no control change."""
        excess = self.strokes - count
        if excess > 0:
            kept = []
            for step in self._done:
                if isinstance(step, Stroke) and excess > 0:
                    excess -= 1
                else:
                    kept.append(step)
            self._done = kept

    def forget_preset(self, owned: Collection[str]) -> None:
        """Another preset plays, which has set the controls `owned` and what moves them: strokes and steps of these are
        over, no others."""
        self._done = [kept for step in self._done if (kept := _without(step, owned)) is not None]
        self._undone = [kept for step in self._undone if (kept := _without(step, owned)) is not None]
        self._open = False

    def _add(self, step: Step) -> None:
        self._undone.clear()
        self._done.append(step)
        del self._done[: -self._limit]


def _without(step: Step, owned: Collection[str]) -> Step | None:
    """What a step does besides strokes and the controls `owned`, or None when that is nothing."""
    if isinstance(step, Stroke):
        return None
    if not isinstance(step, Turn):
        return step
    before, after = ({id: v for id, v in side.items() if id not in owned} for side in (step.before, step.after))
    return replace(step, before=before, after=after, motion=None) if before or after or step.states else None
