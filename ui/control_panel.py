"""The instrument's controls in four groups, and the `Controls` they add up to."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from synth.controls import PARAMETERS, Controls
from ui.knob import Knob
from ui.note_keys import NoteBox
from ui.shortcuts import click_on_key
from ui.units import SCALES


class ControlPanel(QWidget):
    """Emits the whole `Controls` whenever one of them changes."""

    changed = Signal(Controls)
    refused = Signal(str)
    reseed_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controls = Controls()
        self.knobs = {name: Knob(scale) for name, scale in SCALES.items()}
        for name, knob in self.knobs.items():
            knob.turned.connect(lambda value, name=name: self._change(name, value))
            knob.refused.connect(self.refused)
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
        self.note.valueChanged.connect(lambda note: self._change("note", float(note)))
        self.own = _toggle("Own pitch", "Play the preset at its own pitch (0)", "0")
        self.own.setCheckable(False)
        self.own.clicked.connect(lambda: self.note.setValue(0))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        knobs = self.knobs
        row.addWidget(_group("LIFE", [knobs["steps_per_frame"]], [self.freeze, self.follow, self.reseed]), 3)
        row.addWidget(_group("WEATHER", [knobs["weather_depth"], knobs["weather_speed"]], []), 2)
        row.addWidget(_group("PLAYHEAD", [knobs["playhead_speed"], knobs["width"]], []), 2)
        row.addWidget(_group("PITCH", [knobs["fine_cents"]], [self.note, self.own]), 3)
        row.addWidget(_group("OUTPUT", [knobs["volume_db"]], []), 1)

    def show_controls(self, controls: Controls) -> None:
        """Stand as these controls say, without asking the engine for anything."""
        self.controls = controls
        for name, knob in self.knobs.items():
            knob.show_amount(float(getattr(controls, name)))
        for widget, value in (
            (self.freeze, controls.frozen),
            (self.follow, controls.follow_hand),
        ):
            blocked = widget.blockSignals(True)
            widget.setChecked(value)
            widget.blockSignals(blocked)
        blocked = self.note.blockSignals(True)
        self.note.setValue(round(controls.note))
        self.note.blockSignals(blocked)

    def _change(self, name: str, value: float | bool) -> None:
        if name in PARAMETERS:
            PARAMETERS[name].check(float(value))
        self.controls = replace(self.controls, **{name: value})  # type: ignore[arg-type]
        self.changed.emit(self.controls)


def _toggle(text: str, tip: str, keys: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setToolTip(tip)
    click_on_key(button, keys)
    button.setAccessibleName(text)
    button.setProperty("role", "tight")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
    return button


def _group(title: str, knobs: list[Knob], others: list[QWidget]) -> QFrame:
    frame = QFrame()
    frame.setProperty("role", "panel")
    column = QVBoxLayout(frame)
    column.setContentsMargins(8, 8, 8, 8)
    column.setSpacing(6)
    label = QLabel(title)
    label.setProperty("role", "section")
    column.addWidget(label)
    row = QHBoxLayout()
    row.setSpacing(4)
    for knob in knobs:
        row.addWidget(knob, 1, Qt.AlignmentFlag.AlignCenter)
    if others:
        stack = QVBoxLayout()
        stack.setSpacing(4)
        stack.addStretch(1)
        for widget in others:
            stack.addWidget(widget)
        stack.addStretch(1)
        row.addLayout(stack)
    column.addLayout(row, 1)
    return frame
