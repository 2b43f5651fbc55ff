"""What a hand does to controls and culture, in order: undo and redo, two states to compare, vary and init."""

import random
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer

from synth.automaton.gestures import Gesture
from synth.instrument.events import Action, Redo, ReseedAll, ThawAll, Undo, View
from synth.instrument.parameters import Controls
from ui.controls.undo import Deed, Stroke, Turn, UndoHistory
from ui.controls.vary import varied
from ui.culture.brushes import BrushHand
from ui.window.parts import Parts

_BURST_MS = 700
"""Wheel notches and keys no further apart are one step."""
_VIEWS_LATE = 4
"""Views that may have been made before the engine obeyed: one is shown, one is ready, one is being made."""


class ControlDesk(QObject):
    """Between the hand and the engine, beside the preset desk."""

    def __init__(self, send: Callable[[Action], None], parts: Parts, hand: BrushHand, parent: QObject) -> None:
        super().__init__(parent)
        self.history = UndoHistory()
        self.letter = "A"
        """The control state that plays."""
        self.other: Controls | None = None
        """The one that does not; None until it is first played or copied to: then it begins as a copy."""
        self._send, self._controls, self._brushes, self._keys = send, parts.controls, parts.brushes, parts.dock.keys
        self._compare = parts.header.compare
        self._culture, self._hand = parts.culture, hand
        self._rng = random.Random()
        self._stroke_open = False
        """True from a stroke's first touch to its last, as the engine counts."""
        self._view: View | None = None
        self._views = 0
        """Views since the engine was last asked for something that its history keeps."""
        self._burst = QTimer(self)
        self._burst.setSingleShot(True)
        self._burst.setInterval(_BURST_MS)
        self._burst.timeout.connect(self.history.seal)
        self._connect()

    def _connect(self) -> None:
        controls, brushes, compare = self._controls, self._brushes, self._compare
        controls.turned.connect(self._turn)
        controls.grasped.connect(self.history.seal)
        controls.released.connect(self.history.seal)
        controls.reseed_asked.connect(self.reseed)
        self._keys.released.connect(self.history.seal)
        self._hand.touched.connect(self._touch)
        self._hand.pressed.connect(self._press)
        brushes.undo_asked.connect(self.undo)
        brushes.redo_asked.connect(self.redo)
        brushes.thaw_asked.connect(self.thaw)
        compare.switch_asked.connect(self.switch)
        compare.copy_asked.connect(self.copy)
        compare.vary_asked.connect(self.vary)
        compare.init_asked.connect(self.init)

    def put_back(self, letter: str, other: Controls) -> None:
        """The two control states are these; nothing to undo, and what plays stays."""
        self.letter, self.other = letter, other
        self._compare.show_state(letter)

    def close(self) -> None:
        """A burst of wheel notches that is not over ends here."""
        self._burst.stop()
        self.history.seal()

    # Steps

    def _turn(self, label: str, before: Mapping[str, object], after: Mapping[str, object]) -> None:
        self.history.turn(label, before, after)
        self._burst.stop()
        if self._controls.in_hand or self._keys.held:
            return
        if self._controls.in_burst:
            self._burst.start()
        else:
            self.history.seal()

    def _touch(self, gesture: Gesture) -> None:
        if not self._stroke_open:
            self._stroke_open = True
            self._note_stroke(gesture.kind.capitalize())

    def _press(self, down: bool) -> None:
        if not down:
            self._stroke_open = False

    def _note_stroke(self, label: str) -> None:
        self.history.stroke(label)
        self._views = 0

    def reseed(self) -> None:
        """Start the whole culture again."""
        self._send(ReseedAll())
        self._culture.reseeded()
        self._stroke_open = False
        self._note_stroke("Reseed all")

    def thaw(self) -> None:
        """Let every frozen cell live again."""
        self._send(ThawAll())
        self._stroke_open = False
        self._note_stroke("Thaw all")

    def undo(self) -> None:
        """Take back the last thing the hand did."""
        match self.history.undo():
            case Turn(before=before):
                self._apply(before)
            case Stroke():
                self._go(Undo())
            case deed if deed is not None:
                deed.undo()

    def redo(self) -> None:
        """Bring again what was taken back last."""
        match self.history.redo():
            case Turn(after=after):
                self._apply(after)
            case Stroke():
                self._go(Redo())
            case deed if deed is not None:
                deed.redo()

    def take_back(self, deed: Deed) -> None:
        """Take back this one, whatever was done after it."""
        self.history.withdraw(deed)
        deed.undo()

    def _go(self, action: Action) -> None:
        self._send(action)
        self._stroke_open = False
        self._views = 0

    # All controls at once

    def switch(self) -> None:
        """Play the other control state."""
        letter = "B" if self.letter == "A" else "A"
        now = self._controls.controls
        self._do(f"Switch to {letter}", {**vars(self.other or now), "letter": letter, "other": now})

    def copy(self) -> None:
        """Make the other control state like the one that plays."""
        there = "B" if self.letter == "A" else "A"
        self._do(f"Copy {self.letter} to {there}", {"other": self._controls.controls})

    def vary(self) -> None:
        """Move what makes sense to move, at random."""
        self._do("Vary", vars(varied(self._controls.controls, self._rng)))

    def init(self) -> None:
        """Every control to its default."""
        self._do("Init", vars(Controls()))

    def _do(self, label: str, wanted: Mapping[str, object]) -> None:
        """One step that moves what differs from now."""
        now: dict[str, object] = {**vars(self._controls.controls), "letter": self.letter, "other": self.other}
        moved = {name: value for name, value in wanted.items() if value != now[name]}
        self.history.seal()
        self.history.turn(label, {name: now[name] for name in moved}, moved)
        self.history.seal()
        self._apply(moved)

    def _apply(self, values: Mapping[str, object]) -> None:
        letter, other = values.get("letter", self.letter), values.get("other", self.other)
        assert isinstance(letter, str)
        assert other is None or isinstance(other, Controls)
        self.letter, self.other = letter, other
        self._compare.show_state(letter)
        self._controls.take({name: value for name, value in values.items() if name not in _OWN})

    # News

    def other_culture(self) -> None:
        """Another preset plays: its culture has no strokes yet."""
        self.history.seal()
        self.history.forget_strokes()
        self._stroke_open = False
        self._views = 0

    def show_view(self, view: View) -> None:
        """Offer what can be undone now; strokes that fell off the engine's memory are not."""
        if view is not self._view:
            self._view = view
            self._views += 1
            if self._views > _VIEWS_LATE:
                self.history.keep_strokes(view.undos)
        history = self.history
        self._brushes.show_history(history.undo_label, history.redo_label, frozen=bool(view.frozen.any()))


_OWN = frozenset({"letter", "other"})
"""What is the desk's own among the values of a step; the rest are controls."""
