"""The line at the bottom: what makes the sound, where it goes and how well that works."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from synth.engine.protocol import Status
from ui.look.theme import COLOURS
from ui.widgets.elided_label import ElidedLabel
from ui.window.vocoder_menu import VocoderMenu

_HEAVY_LOAD = 0.85
_BUTTON_HEIGHT = 26
_DEVICE_WIDTH = 118
"""Room for “default · 44.1 kHz”."""


class StatusLine(QFrame):
    """Labels that change their text only when it differs: a relayout costs more than a frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "foot")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 2, 14, 2)
        row.setSpacing(14)
        self.vocoders = VocoderMenu()
        # No higher than a line of text needs: what the line leaves, the culture has.
        self.vocoders.setFixedHeight(_BUTTON_HEIGHT)
        row.addWidget(self.vocoders)
        self.vocoder = self._add(row, "Vocoder", "What turns the culture into sound, and why it was chosen", 3)
        self.device = self._add(row, "Device", "Where the sound goes, and its sample rate", 1)
        self.device.setMinimumWidth(_DEVICE_WIDTH)
        self.pointer = self._add(
            row, "Under the brush", "Frequency as it is heard, its note, and the time under the brush", 0, 148
        )
        self.latency = self._add(row, "Latency", "From a gesture to its sound at the device", 0, 52)
        self.evolution = self._add(row, "Evolution", "Automaton steps per second", 0, 138)
        self.load = self._add(row, "Load", "Share of each block's time spent computing it", 0, 78)
        self.underruns = self._add(row, "Underruns", "Breaks in the sound since the start", 0, 104)

    def _add(self, row: QHBoxLayout, name: str, tip: str, stretch: int, width: int = 0) -> QLabel:
        label = QLabel() if width else ElidedLabel()
        label.setProperty("role", "dim")
        label.setAccessibleName(name)
        label.setToolTip(tip)
        if width:
            label.setFixedWidth(width)
        row.addWidget(label, stretch)
        return label

    def show_status(self, status: Status) -> None:
        """Show how the engine is."""
        _put(self.vocoder, status.vocoder or "Loading…")
        rate = f" · {status.rate_hz / 1000:g} kHz" if status.rate_hz else ""
        _put(self.device, f"{status.device}{rate}" if status.device else "No device yet")
        _put(self.latency, f"{status.latency_s * 1000:.0f} ms" if status.latency_s else "– ms")
        slowed = " (slowed)" if status.slowed else ""
        _put(self.evolution, f"{status.steps_per_second:.0f} steps/s{slowed}", warn=status.slowed)
        _put(self.load, f"Load {status.load:.0%}", warn=status.load > _HEAVY_LOAD)
        broken = f"{status.underruns} underrun{'' if status.underruns == 1 else 's'}"
        _put(self.underruns, broken, warn=status.underruns > 0)

    def show_pointer(self, text: str) -> None:
        """Show what lies under the brush."""
        _put(self.pointer, text)


def _put(label: QLabel, text: str, *, warn: bool = False) -> None:
    if label.text() != text:
        label.setText(text)
        if isinstance(label, ElidedLabel):
            label.setToolTip(text)
        label.setAccessibleDescription(text)
    colour = f"color: {COLOURS.right};" if warn else ""
    if label.styleSheet() != colour:
        label.setStyleSheet(colour)
