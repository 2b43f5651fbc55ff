"""The instrument's controls in groups on one panel, and the values they stand at."""

from collections.abc import Collection, Iterable, Mapping

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QToolButton, QVBoxLayout, QWidget

from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues
from ui.controls.knob_menu import KnobMenu, Offer, attach
from ui.controls.learn_marks import LearnMarks
from ui.controls.motion.book import MotionBook
from ui.controls.motion.rings import Rings
from ui.controls.pages.stack import PageStack
from ui.controls.pages.widgets import PanelWidgets
from ui.controls.panel_widgets import SWITCH_KEYS, knob_for, switch_for, tight_button
from ui.controls.suggestions import OF_PRESETS, Locks
from ui.look.shortcuts import on_key
from ui.perform.note_box import NoteBox

_SMALLEST_SIDE, _LARGEST_SIDE = 52, 92
_SIDE_SHARE = 0.062
"""A knob's width as a share of the panel's."""


class ControlPanel(QFrame):
    """One widget per row of the parameter table; a new row appears in its group by itself."""

    changed = Signal(object)
    """Values by id that are new."""
    turned = Signal(str, object, object)
    """Before `changed`: what the hand moved, and the values by id before and after."""
    followed = Signal(str, object, object)
    """The same of what a MIDI controller moved."""
    grasped = Signal()
    released = Signal()
    """A knob's drag begins and ends."""
    refused = Signal(str)
    done = Signal()
    """A value was typed: the keyboard can go back to the instrument."""
    reseed_asked = Signal()
    differs = Signal(bool)
    """Whether a control that is not locked stands elsewhere than the preset says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.controls = ParameterValues()
        self.locked = Locks()
        """Controls that stay as they are when another preset is loaded."""
        self._base: dict[str, float] = {}
        """What the preset says of all that presets own."""
        rows = PARAMETERS.values()
        self.knobs = {p.id: knob_for(p) for p in rows if p.display.widget in ("knob", "slider")}
        for id, knob in self.knobs.items():
            knob.turned.connect(lambda value, id=id: self._change(id, value))
            knob.refused.connect(self.refused)
            knob.done.connect(self.done)
            knob.sliderPressed.connect(self.grasped)
            knob.sliderReleased.connect(self.released)
        self.switches = {p.id: switch_for(p) for p in rows if p.is_switch}
        for id, switch in self.switches.items():
            switch.toggled.connect(lambda on, id=id: self._change(id, on))
        self.freeze, self.follow = self.switches["frozen"], self.switches["follow_hand"]
        self.reseed = tight_button(
            "Reseed", "Grow the whole culture again from seed cells; controls stay as they are (R)"
        )
        self.reseed.setAccessibleName("Reseed all")
        self.reseed.clicked.connect(self.reseed_asked)
        self.note = NoteBox()
        self.note.setProperty("parameter", "note")
        self.note.valueChanged.connect(self._change_note)
        self.note.editingFinished.connect(self._tune)
        self.note.refused.connect(self.refused)
        self.note.done.connect(self.done)
        self.own = tight_button("Own pitch", "Play the pitch of the recording; other controls stay as they are (0)")
        self.own.clicked.connect(lambda: self.note.setValue(0))
        boxes: dict[str, QWidget] = {**self.knobs, **self.switches, "note": self.note}
        self.controllers = LearnMarks(boxes)
        self.motion = MotionBook(self)
        """What moves the controls by itself."""
        self.menu = KnobMenu(self)
        self.menu.lock_asked.connect(self.toggle_lock)
        self.menu.revert_asked.connect(lambda id: self._turn_to(id, self._base[id]))
        self.menu.default_asked.connect(lambda id: self._turn_to(id, PARAMETERS[id].default))
        self.menu.modulate_asked.connect(self.motion.toggle)
        attach(self.menu, self, boxes, self._offer)
        beside = {"LIFE": (self.reseed,), "PITCH": (self.own,)}
        self.pages = PageStack(
            PanelWidgets(
                self.knobs, self.switches, {"note": self.note}, self.menu, self.motion, beside, self._turn_several
            )
        )
        self.rings = Rings(self.motion, self.knobs)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(9, 4, 9, 4)
        whole.addWidget(self.pages)
        pressed: dict[str, QToolButton] = {keys: self.switches[id] for id, keys in SWITCH_KEYS.items()}
        for keys, button in {**pressed, "R": self.reseed, "0": self.own}.items():
            # The panel's own keys: those of a button would not act while its page is hidden.
            on_key(self, keys, button.click)

    def _turn_to(self, id: str, value: float) -> None:
        """As if the hand had."""
        if id in self.knobs:
            self.knobs[id].set_amount(value)
        else:
            self.switches[id].setChecked(bool(value))

    @property
    def in_hand(self) -> bool:
        """True while a knob is dragged."""
        return any(knob.isSliderDown() for knob in self.knobs.values())

    def in_burst(self, ids: Collection[str]) -> bool:
        """True when more notches or keys may follow the one that just moved these controls."""
        focused = QApplication.focusWidget()
        boxes = [self.note if id == "note" else self.knobs[id] for id in ids if id == "note" or id in self.knobs]
        return any(box.underMouse() or box is focused or box.isAncestorOf(focused) for box in boxes if focused)

    def show_controls(self, controls: ParameterValues) -> None:
        """Stand as these controls say, without asking the engine for anything."""
        self.controls = controls
        for id in controls:
            self._stand(id)
        self._mark()

    def _stand(self, id: str) -> None:
        """Let a control show its value, without telling anyone."""
        value = self.controls[id]
        if id in self.knobs:
            self.knobs[id].show_amount(value)
        elif id in self.switches:
            with QSignalBlocker(self.switches[id]):
                self.switches[id].setChecked(bool(value))
        else:
            with QSignalBlocker(self.note):
                self.note.setValue(round(value))

    def show_base(self, values: Mapping[str, float]) -> None:
        """The preset says so: mark what differs."""
        self._base = dict(values)
        self._mark()

    @property
    def reverted(self) -> dict[str, float]:
        """What the preset says of the controls that stand elsewhere and are not locked."""
        return {id: value for id, value in self._base.items() if id not in self.locked and self._differs(id)}

    def lock(self, ids: Iterable[str]) -> None:
        """Exactly these stay when another preset is loaded."""
        self.locked = OF_PRESETS & set(ids)
        self._mark()

    def toggle_lock(self, id: str) -> None:
        """Lock a control, or no longer; one that no preset sets needs no lock."""
        self.lock(self.locked ^ {id})

    def _differs(self, id: str) -> bool:
        """True where a knob shows another value than the preset's: what lies between two of its steps is the same."""
        p = PARAMETERS[id]
        return id in self._base and p.step_of(self.controls[id]) != p.step_of(self._base[id])

    def _mark(self) -> None:
        for id, knob in self.knobs.items():
            knob.show_marks(differs=self._differs(id), locked=id in self.locked)
        self.pages.show_values(self.controls)
        self.differs.emit(bool(self.reverted))

    def _offer(self, id: str) -> Offer:
        """What can be done with a control now."""
        controllers = self.controllers
        return Offer(
            id,
            may_lock=id in OF_PRESETS,
            locked=id in self.locked,
            differs=self._differs(id),
            controller=controllers.learned.get(id, ""),
            waits=id == controllers.waiting,
            sources=self.motion.offers(id),
        )

    def follow_midi(self, values: Mapping[str, float]) -> None:
        """MIDI controllers moved these; the engine has them already."""
        for id, value in values.items():
            before = {id: self.controls[id]}
            self.controls = self.controls.with_value(id, value)
            # Only this one: a controller moves it 40 times a second, and each knob that is painted costs.
            self._stand(id)
            self._mark()
            self.followed.emit(PARAMETERS[id].label, before, {id: value})

    def show_moved(self, id: str, value: float) -> None:
        """The engine moved this by itself: nothing that a hand could want to undo."""
        self.controls = self.controls.with_value(id, value)
        self._stand(id)

    def take(self, values: Mapping[str, float]) -> None:
        """Move to these values by id, whatever is being dragged, and let the engine know."""
        for knob in self.knobs.values():
            knob.let_go()
        self.show_controls(self.controls.with_values(values))
        self.changed.emit(dict(values))

    def _change_note(self, note: int) -> None:
        cents = self.note.take_cents()
        if cents is None:
            self._change("note", float(note))
        else:
            self._tune_to(note, cents)

    def _tune(self) -> None:
        """A frequency was typed whose nearest note plays already."""
        cents = self.note.take_cents()
        if cents is not None:
            self._tune_to(self.note.value(), cents)

    def _tune_to(self, note: int, cents: float) -> None:
        self._move(PARAMETERS["note"].label, {"note": float(note), "fine_cents": float(round(cents))})
        self.knobs["fine_cents"].show_amount(self.controls["fine_cents"])

    def _change(self, id: str, value: float) -> None:
        self._move(PARAMETERS[id].label, {id: value})

    def _turn_several(self, label: str, values: Mapping[str, float]) -> None:
        """As if the hand had moved them all at once."""
        moved = {id: value for id, value in values.items() if value != self.controls[id]}
        self._move(label, moved)
        for id in moved:
            self._stand(id)

    def _move(self, label: str, values: dict[str, float]) -> None:
        before = {id: self.controls[id] for id in values}
        self.controls = self.controls.with_values(values)
        self._mark()
        self.turned.emit(label, before, values)
        self.changed.emit(values)

    def fit(self, width: int) -> None:
        """Size all controls for a panel of this width."""
        self.pages.fit(round(min(max(_SIDE_SHARE * width, _SMALLEST_SIDE), _LARGEST_SIDE)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit(self.width())
