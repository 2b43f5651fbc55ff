"""The instrument's controls in five groups on one panel, and the `Controls` they add up to."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from synth.instrument.parameters import PARAMETERS, Controls
from ui.look.shortcuts import click_on_key
from ui.look.units import SCALES
from ui.perform.note_box import NoteBox
from ui.widgets.knob import Knob
from ui.widgets.slider import Slider

_SLIDERS = ("fade_in_s", "fade_out_s")
_SLIDER_WIDTH = 112
_SMALLEST_SIDE, _LARGEST_SIDE = 52, 92
_SIDE_SHARE = 0.062
"""A knob's width as a share of the panel's."""
_LABELS = {"frozen": "Freeze", "follow_hand": "Follow hand"}


class ControlPanel(QFrame):
    """Emits the whole `Controls` whenever one of them changes."""

    changed = Signal(Controls)
    turned = Signal(str, object, object)
    """Before `changed`: what the hand moved, and the values by name before and after."""
    grasped = Signal()
    released = Signal()
    """A knob's drag begins and ends."""
    refused = Signal(str)
    reseed_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.controls = Controls()
        self.knobs = {name: (Slider if name in _SLIDERS else Knob)(scale) for name, scale in SCALES.items()}
        for name, knob in self.knobs.items():
            knob.turned.connect(lambda value, name=name: self._change(name, value))
            knob.refused.connect(self.refused)
            knob.sliderPressed.connect(self.grasped)
            knob.sliderReleased.connect(self.released)
        self.freeze = _toggle("Freeze", "Hold the culture still; it goes on sounding (Ctrl+F)", "Ctrl+F")
        self.freeze.toggled.connect(lambda on: self._change("frozen", on))
        self.follow = _toggle("Follow", "Follow hand: hear the place you touch while you touch it (Ctrl+H)", "Ctrl+H")
        self.follow.setChecked(True)
        self.follow.toggled.connect(lambda on: self._change("follow_hand", on))
        self.reseed = _toggle("Reseed", "Reseed all: start the whole culture again from seed cells (R)", "R")
        self.reseed.setCheckable(False)
        self.follow.setAccessibleName("Follow hand")
        self.reseed.setAccessibleName("Reseed all")
        self.reseed.clicked.connect(self.reseed_asked)
        self.note = NoteBox()
        self.note.valueChanged.connect(self._change_note)
        self.note.editingFinished.connect(self._tune)
        self.own = _toggle("Own pitch", "Play the preset at its own pitch (0)", "0")
        self.own.setCheckable(False)
        self.own.clicked.connect(lambda: self.note.setValue(0))
        self._lay_out()

    def _lay_out(self) -> None:
        knobs = self.knobs
        row = QHBoxLayout(self)
        row.setContentsMargins(9, 7, 9, 8)
        row.setSpacing(6)
        toggles: list[QWidget] = [self.freeze, self.follow, self.reseed]
        groups = (
            _group("LIFE", [knobs["steps_per_frame"]], toggles),
            _group("WEATHER", [knobs["weather_depth"], knobs["weather_speed"]], []),
            _group("PLAYHEAD", [knobs["playhead_speed"], knobs["width"]], []),
            _group("PITCH", [knobs["fine_cents"]], [self.note, self.own]),
            _group("OUTPUT", [knobs["tilt_db"], knobs["volume_db"]], [knobs[name] for name in _SLIDERS]),
        )
        for i, group in enumerate(groups):
            if i:
                row.addWidget(_divider())
            row.addLayout(group, (5, 4, 4, 5, 8)[i])

    @property
    def in_hand(self) -> bool:
        """True while a knob is dragged."""
        return any(knob.isSliderDown() for knob in self.knobs.values())

    @property
    def in_burst(self) -> bool:
        """True when more notches or keys may follow the one that just moved a control."""
        focused = QApplication.focusWidget()
        boxes = (*self.knobs.values(), self.note)
        return any(box.underMouse() or box is focused or box.isAncestorOf(focused) for box in boxes if focused)

    def show_controls(self, controls: Controls) -> None:
        """Stand as these controls say, without asking the engine for anything."""
        self.controls = controls
        for name, knob in self.knobs.items():
            knob.show_amount(float(getattr(controls, name)))
        for widget, value in ((self.freeze, controls.frozen), (self.follow, controls.follow_hand)):
            blocked = widget.blockSignals(True)
            widget.setChecked(value)
            widget.blockSignals(blocked)
        blocked = self.note.blockSignals(True)
        self.note.setValue(round(controls.note))
        self.note.blockSignals(blocked)

    def take(self, values: Mapping[str, object]) -> None:
        """Move to these values by name, whatever is being dragged, and let the engine know."""
        for knob in self.knobs.values():
            knob.let_go()
        self.show_controls(replace(self.controls, **values))  # type: ignore[arg-type]
        self.changed.emit(self.controls)

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
        self.knobs["fine_cents"].show_amount(self.controls.fine_cents)

    def _change(self, name: str, value: float | bool) -> None:
        if name in PARAMETERS:
            PARAMETERS[name].check(float(value))
        self._move(_LABELS.get(name) or PARAMETERS[name].label, {name: value})

    def _move(self, label: str, values: dict[str, float | bool]) -> None:
        before = {name: getattr(self.controls, name) for name in values}
        self.controls = replace(self.controls, **values)  # type: ignore[arg-type]
        self.turned.emit(label, before, values)
        self.changed.emit(self.controls)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = round(min(max(_SIDE_SHARE * self.width(), _SMALLEST_SIDE), _LARGEST_SIDE))
        for name, knob in self.knobs.items():
            if name in _SLIDERS:
                knob.setFixedWidth(round(_SLIDER_WIDTH * max(1.0, side / 60)))
            else:
                knob.set_side(side)


def _toggle(text: str, tip: str, keys: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setToolTip(tip)
    click_on_key(button, keys)
    button.setAccessibleName(text)
    button.setProperty("role", "tight")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    button.setFixedHeight(28)
    return button


def _divider() -> QFrame:
    line = QFrame()
    line.setFixedWidth(1)
    line.setProperty("role", "divider")
    return line


def _group(title: str, knobs: list[Knob], others: list[QWidget]) -> QVBoxLayout:
    """A title over knobs and a stack of smaller things."""
    column = QVBoxLayout()
    column.setSpacing(2)
    label = QLabel(title)
    label.setProperty("role", "section")
    label.setFixedHeight(18)
    column.addWidget(label)
    row = QHBoxLayout()
    row.setSpacing(2)
    # Everything keeps to its group's middle: in a wide window the groups drift apart, not what belongs together.
    row.addStretch(3)
    for i, knob in enumerate(knobs):
        if i:
            row.addStretch(1)
        row.addWidget(knob, 0, Qt.AlignmentFlag.AlignCenter)
    if others:
        stack = QVBoxLayout()
        stack.setSpacing(4)
        stack.addStretch(1)
        for widget in others:
            stack.addWidget(widget)
        stack.addStretch(1)
        row.addStretch(1)
        row.addLayout(stack)
    row.addStretch(3)
    column.addLayout(row, 1)
    return column
