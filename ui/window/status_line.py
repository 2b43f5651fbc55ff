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
            row, "Under the brush", "Frequency as it is heard, its note, and the time under the brush", 0, 160
        )
        self.latency = self._add(row, "Latency", "Time from a key or a touch to its sound", 0, 106)
        self.evolution = self._add(row, "Evolution", "Steps of the culture per second; Evolution sets how many", 0, 134)
        self.load = self._add(
            row, "Load", "Share of the time in which the sound is computed; near 100 % it breaks up", 0, 74
        )
        self.underruns = self._add(row, "Underruns", "Gaps in the sound since the start", 0, 104)

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
        self._show_vocoder(status.vocoder or "Loading…")
        rate = f" · {status.rate_hz / 1000:g} kHz" if status.rate_hz else ""
        _put(self.device, f"{status.device}{rate}" if status.device else "No device yet")
        _put(self.latency, f"Latency {status.latency_s * 1000:.0f} ms" if status.latency_s else "Latency – ms")
        slowed = " (slowed)" if status.slowed else ""
        _put(self.evolution, f"{status.steps_per_second:.0f} steps/s{slowed}", warn=status.slowed)
        _put(self.load, f"Load {status.load:.0%}", warn=status.load > _HEAVY_LOAD)
        broken = f"{status.underruns} underrun{'' if status.underruns == 1 else 's'}"
        _put(self.underruns, broken, warn=status.underruns > 0)

    def _show_vocoder(self, text: str) -> None:
        """The vocoder's name alone where there is no room for why it was chosen; the tooltip has both."""
        room = self.vocoder.fontMetrics().horizontalAdvance(text) <= self.vocoder.width()
        _put(self.vocoder, text if room else text.partition(" (")[0])
        if self.vocoder.toolTip() != text:
            self.vocoder.setToolTip(text)
            self.vocoder.setAccessibleDescription(text)

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
