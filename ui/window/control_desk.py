"""What a hand does to controls and culture, in order: undo and redo, two states to compare, vary and init."""

import random
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from synth.automaton.gestures import Gesture
from synth.instrument.events import Action, Redo, ReseedAll, ThawAll, Undo, View
from synth.instrument.parameters.values import ParameterValues
from ui.controls.suggestions import OF_PRESETS
from ui.controls.undo import Deed, Letter, States, Stroke, Turn, UndoHistory, Values
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
        self._states = States()
        self._send, self._controls, self._brushes = send, parts.controls, parts.brushes
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
        controls.followed.connect(self._follow)
        controls.grasped.connect(self.history.seal)
        controls.released.connect(self.history.seal)
        controls.reseed_asked.connect(self.reseed)
        self._hand.touched.connect(self._touch)
        self._hand.pressed.connect(self._press)
        brushes.undo_asked.connect(self.undo)
        brushes.redo_asked.connect(self.redo)
        brushes.thaw_asked.connect(self.thaw)
        compare.switch_asked.connect(self.switch)
        compare.copy_asked.connect(self.copy)
        compare.vary_asked.connect(self.vary)
        compare.revert_asked.connect(self.revert)
        compare.init_asked.connect(self.init)
        controls.differs.connect(compare.show_difference)

    @property
    def letter(self) -> Letter:
        """The control state that plays."""
        return self._states.letter

    @property
    def other(self) -> ParameterValues | None:
        """The control state that does not play; None until it is first played or copied to."""
        return None if self._states.other is None else ParameterValues(self._states.other)

    def put_back(self, letter: Letter, other: ParameterValues) -> None:
        """The two control states are these; nothing to undo, and what plays stays."""
        self._show_states(States(letter, other))

    def close(self) -> None:
        """A burst of wheel notches that is not over ends here."""
        self._burst.stop()
        self.history.seal()

    # Steps

    def _turn(self, label: str, before: Values, after: Values) -> None:
        self.history.turn(label, before, after)
        self._burst.stop()
        if self._controls.in_hand:
            return
        if self._controls.in_burst(after):
            self._burst.start()
        else:
            self.history.seal()

    def _follow(self, label: str, before: Values, after: Values) -> None:
        """A MIDI controller moves a control: its sweep is one step."""
        self.history.turn(label, before, after)
        self._burst.start()

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
            case Turn(before=before, states=states):
                self._apply(before, states and states[0])
            case Stroke():
                self._go(Undo())
            case deed if deed is not None:
                deed.undo()

    def redo(self) -> None:
        """Bring again what was taken back last."""
        match self.history.redo():
            case Turn(after=after, states=states):
                self._apply(after, states and states[1])
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
        now, letter = self._controls.controls, self._other_letter
        self._do(f"Switch to {letter}", self._states.other or now, States(letter, now))

    def copy(self) -> None:
        """Make the other control state like the one that plays."""
        now = self._controls.controls
        self._do(f"Copy {self.letter} to {self._other_letter}", now, States(self.letter, now))

    def vary(self) -> None:
        """Move what makes sense to move, at random."""
        self._do("Vary", varied(self._controls.controls, self._rng))

    def revert(self) -> None:
        """What the preset sets, and is not locked, as the preset has it."""
        self._do("Revert", self._controls.controls.with_values(self._controls.reverted))

    def init(self) -> None:
        """Every control to its default."""
        self._do("Init", ParameterValues())

    @property
    def _other_letter(self) -> Letter:
        return "B" if self.letter == "A" else "A"

    def _do(self, label: str, wanted: Values, states: States | None = None) -> None:
        """One step that moves the controls that differ from now."""
        now = self._controls.controls
        moved = {id: value for id, value in wanted.items() if value != now[id]}
        before = {id: now[id] for id in moved}
        self.history.whole_turn(Turn(label, before, moved, None if states is None else (self._states, states)))
        self._apply(moved, states)

    def _apply(self, values: Values, states: States | None) -> None:
        if states is not None:
            self._show_states(states)
        self._controls.take(values)

    def _show_states(self, states: States) -> None:
        self._states = states
        self._compare.show_state(states.letter)

    # News

    def other_culture(self) -> None:
        """Another preset plays: its culture has no strokes yet, and its controls are as it says."""
        self.history.seal()
        self.history.forget_preset(OF_PRESETS - set(self._controls.locked))
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
