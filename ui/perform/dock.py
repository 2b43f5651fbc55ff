"""The row at the bottom: transport, the keyboard, and what is really sent to the device."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from synth.instrument.parameters.note_names import note_name
from ui.perform.note_keys import NoteKeys
from ui.perform.scope import Scope
from ui.perform.spectrum import SAMPLES, Spectrum
from ui.perform.tempo_box import TempoBox
from ui.perform.transport import Transport
from ui.widgets.tool_button import tool_button

_HEIGHT, _HEIGHT_SHARE, _TALLEST = 96, 0.085, 150
_HOLDING_WIDTH = 56
SNAPSHOT = SAMPLES
"""Samples of sound wanted at each look."""


class Dock(QFrame):
    """Transport left, keyboard in the middle, tempo, scope and spectrum right."""

    def __init__(self, tempo: TempoBox, latch: QToolButton, parent: QWidget | None = None) -> None:
        """`latch` is the control panel's, which goes on following it."""
        super().__init__(parent)
        self.transport = Transport()
        self.tempo, self.latch = tempo, latch
        self.keys = NoteKeys()
        self.scope = Scope()
        self.spectrum = Spectrum()
        self._look = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._transport_frame = _framed(self.transport)
        row.addWidget(self._transport_frame)
        row.addWidget(self._keyboard(), 4)
        row.addWidget(self.tempo)
        for plot in (self.scope, self.spectrum):
            row.addWidget(plot, 1)

    def _keyboard(self) -> QFrame:
        """Keys with their octave, and the buttons that hold notes and silence them."""
        beside = QVBoxLayout()
        beside.setSpacing(4)
        self.octave = QLabel()
        self.octave.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.octave.setProperty("role", "dim")
        self.octave.setAccessibleName("Keyboard octave")
        self.octave_up = _octave_button("▲", "Octave up", "Lettered keys an octave higher (X)")
        self.octave_down = _octave_button("▼", "Octave down", "Lettered keys an octave lower (Z)")
        self.octave_up.clicked.connect(lambda: self.shift_octave(1))
        self.octave_down.clicked.connect(lambda: self.shift_octave(-1))
        for part in (self.octave_up, self.octave, self.octave_down):
            beside.addWidget(part)
        self.show_octave()
        self.panic = tool_button(
            "Silence", "Silence every note", "Silence every note at once, whoever plays it (Shift+Esc)", "Shift+Esc",
            role="small",
        )  # fmt: skip
        holding = QVBoxLayout()
        holding.setSpacing(4)
        self.latch.setProperty("role", "small")
        for button in (self.latch, self.panic):
            button.setFixedSize(_HOLDING_WIDTH, 24)
            holding.addWidget(button)
        frame = QFrame()
        frame.setProperty("role", "panel")
        row = QHBoxLayout(frame)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        row.addLayout(beside)
        row.addLayout(holding)
        row.addWidget(self.keys, 1)
        return frame

    def fit(self, transport_width: int, window_height: int) -> None:
        """Take so much of a window: a little more of a high one."""
        self._transport_frame.setFixedWidth(transport_width)
        self.setFixedHeight(round(min(max(_HEIGHT, _HEIGHT_SHARE * window_height), _TALLEST)))

    def shift_octave(self, by: int) -> None:
        """Move the lettered keys by octaves."""
        self.keys.shift_octave(by)
        self.show_octave()

    def show_octave(self) -> None:
        """Name the lettered octave."""
        self.octave.setText(note_name(12 * (self.keys.octave + 1)))

    def show_sound(self, sound: NDArray[np.float32], rate_hz: int) -> None:
        """Scope and spectrum take turns: each 20 times a second is smooth, and cheaper than the culture."""
        self._look += 1
        if rate_hz:
            (self.scope if self._look % 2 else self.spectrum).show_sound(sound, rate_hz)


def _octave_button(text: str, name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setProperty("role", "small")
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setFixedSize(30, 24)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _framed(widget: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("role", "panel")
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(8, 8, 8, 8)
    inside.addWidget(widget)
    return frame
