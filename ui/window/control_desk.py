"""What a hand does to controls and culture, in order: undo and redo, states to compare, vary and init."""

import random
from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject, QTimer

from synth.automaton.gestures import Gesture
from synth.instrument.events import Action, Redo, ReseedAll, ThawAll, Undo, View
from synth.instrument.parameters.values import ParameterValues
from ui.controls.motion.model import Motion
from ui.controls.motion.sending import events_between
from ui.controls.states import Letter, Snapshot, States, Values, Variation, with_variation
from ui.controls.suggestions import OF_PRESETS
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
        self.states = States()
        """The control states."""
        self.variations: tuple[Variation, ...] = ()
        """What Vary made, oldest first."""
        self._send, self._controls, self._brushes = send, parts.controls, parts.brushes
        self._compare, self._name = parts.header.compare, parts.header.name
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
        compare.switch_asked.connect(lambda: self.switch())
        compare.state_asked.connect(self.switch)
        compare.copy_asked.connect(self.copy)
        compare.named.connect(self.name_state)
        compare.vary_asked.connect(self.vary)
        compare.list_asked.connect(self._show_list)
        compare.variation_asked.connect(self.go_back)
        compare.revert_asked.connect(self.revert)
        compare.init_asked.connect(self.init)
        controls.differs.connect(self._show_difference)
        controls.motion.differs.connect(self._show_difference)
        controls.motion.changed.connect(self._move)

    @property
    def letter(self) -> Letter:
        """The control state that plays."""
        return self.states.letter

    @property
    def other(self) -> ParameterValues | None:
        """The control state that played before; None until it is first played or copied to."""
        held = self.states.stored.get(self.states.back)
        return None if held is None else ParameterValues(held.values)

    def put_back(self, states: States, variations: tuple[Variation, ...]) -> None:
        """The control states and variations are these; nothing to undo, and what plays stays."""
        self._show_states(states)
        self.variations = variations

    def close(self) -> None:
        """A burst of wheel notches that is not over ends here."""
        self._burst.stop()
        self.history.seal()

    # Steps

    def _move(self, label: str, before: Motion, after: Motion) -> None:
        """A route was made, changed or deleted: what is drawn in one go is one step."""
        self.history.turn(label, {}, {}, (before, after))
        self._burst.start()
        for event in events_between(before, after):
            self._send(event)

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
            case Turn(before=before, states=states, motion=motion):
                self._apply(before, states and states[0], motion and motion[0])
            case Stroke():
                self._go(Undo())
            case deed if deed is not None:
                deed.undo()

    def redo(self) -> None:
        """Bring again what was taken back last."""
        match self.history.redo():
            case Turn(after=after, states=states, motion=motion):
                self._apply(after, states and states[1], motion and motion[1])
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

    @property
    def _now(self) -> Snapshot:
        return Snapshot(self._controls.controls, self._controls.motion.motion)

    def switch(self, letter: Letter | None = None) -> None:
        """Play another control state; None is the one that played before."""
        to = letter or self.states.back
        if to != self.letter:
            wanted = self.states.stored.get(to, self._now)
            self._do(f"Switch to {to}", wanted.values, wanted.motion, self.states.switched(to, self._now))

    def copy(self, letter: Letter | Literal[""] = "") -> None:
        """Make another control state like the one that plays; "" is the one that played before."""
        to = letter or self.states.back
        if to != self.letter:
            self._do(f"Copy {self.letter} to {to}", self._now.values, None, self.states.copied(to, self._now))

    def name_state(self, letter: Letter, name: str) -> None:
        """Give a control state a name, or take it away."""
        self._do(f"Name {letter}", self._now.values, None, self.states.named(letter, name))

    def vary(self) -> None:
        """Move what makes sense to move, at random."""
        before = _of_presets(self._controls.controls)
        self._do("Vary", varied(self._controls.controls, self._rng))
        after = _of_presets(self._controls.controls)
        self.variations = with_variation(self.variations, self._name.text(), before, after)

    def _show_list(self) -> None:
        now = _of_presets(self._controls.controls)
        same = [i for i, variation in enumerate(self.variations) if variation.values == now]
        self._compare.show_list([variation.label for variation in self.variations], same[-1] if same else None)

    def go_back(self, index: int) -> None:
        """The preset's controls as this variation had them."""
        variation = self.variations[index]
        self._do(f"Back to {variation.label}", self._controls.controls.with_values(variation.values))

    def revert(self) -> None:
        """What the preset sets, and is not locked, as the preset has it; what moves the controls too."""
        wanted = self._controls.controls.with_values(self._controls.reverted)
        self._do("Revert", wanted, self._controls.motion.base)

    def init(self) -> None:
        """Every control to its default, moved by nothing."""
        self._do("Init", ParameterValues(), Motion())

    def _do(self, label: str, wanted: Values, motion: Motion | None = None, states: States | None = None) -> None:
        """One step that moves the controls that differ from now; and what moves them, where that is to be another."""
        now = self._controls.controls
        moved = {id: value for id, value in wanted.items() if value != now[id]}
        before = {id: now[id] for id in moved}
        both = None if states is None else (self.states, states)
        motions = None if motion is None else (self._controls.motion.motion, motion)
        self.history.whole_turn(Turn(label, before, moved, both, motions))
        self._apply(moved, states, motion)

    def _apply(self, values: Values, states: States | None, motion: Motion | None) -> None:
        if states is not None:
            self._show_states(states)
        self._controls.take(values)
        if motion is not None:
            now = self._controls.motion.motion
            self._controls.motion.show_motion(motion)
            for event in events_between(now, motion):
                self._send(event)

    def _show_difference(self) -> None:
        self._compare.show_difference(bool(self._controls.reverted) or self._controls.motion.is_different)

    def _show_states(self, states: States) -> None:
        self.states = states
        self._compare.show_states(states)

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


def _of_presets(controls: ParameterValues) -> dict[str, float]:
    """The values of what presets set: the others are the player's."""
    return {id: value for id, value in controls.items() if id in OF_PRESETS}
