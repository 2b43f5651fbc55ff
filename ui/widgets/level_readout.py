"""Levels in numbers beside the meter: peak and loudness, a light for clipping and one for the limiter."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.look.theme import COLOURS
from ui.widgets.tool_button import tool_button

PEAK_HOLD_S = 1.5
"""How long the number of a peak stays, so that it can be read."""
_SILENT_DB = -100.0
"""At and below it there is nothing to read."""
_LEAST_REDUCTION_DB = 0.05
"""Less than the number can show is none."""


class _Numbers(QWidget):
    """Short lines of text in a fixed place: a label would lay out the whole bar anew with every digit."""

    def __init__(self, width: int, lines: int) -> None:
        super().__init__()
        self.lines = [""] * lines
        self.colour = COLOURS.text
        self.setFixedSize(width, 16 * lines)

    def show_lines(self, *lines: str, colour: str = COLOURS.text) -> None:
        """Repaints only what differs."""
        if list(lines) != self.lines or colour != self.colour:
            self.lines, self.colour = list(lines), colour
            self.setAccessibleDescription(", ".join(lines))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = self.font()
        font.setPointSizeF(8.0)
        painter.setFont(font)
        painter.setPen(QColor(self.colour))
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for i, line in enumerate(self.lines):
            painter.drawText(QRectF(0, 16 * i, self.width(), 16), int(align), line)


class LevelReadout(QWidget):
    """Peak in dBFS over loudness in LUFS; beside them the lights, the clip light on until it is clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._peak_db, self._peak_age_s = _SILENT_DB, 0.0
        self._clipped = self._seen = 0
        self.numbers = _Numbers(74, 2)
        self.numbers.setAccessibleName("Peak and loudness")
        self.numbers.setToolTip(
            "Above the highest peak of the last 1.5 s, in dBFS (0 is the most a file or a device can hold); below the "
            "loudness of the last 3 s, in LUFS (EBU R 128)"
        )
        self.clip = tool_button("Clip", "Clip light", "", "", role="light")
        self.clip.setFixedSize(QSize(52, 16))
        self.clip.clicked.connect(self._put_out)
        self.limiter = _Numbers(52, 1)
        self.limiter.setAccessibleName("Limiter light")
        self.limiter.setToolTip("While the limiter turns the sound down, to keep it below −1 dBFS: by how many dB")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.numbers)
        lights = QVBoxLayout()
        lights.setSpacing(2)
        lights.addWidget(self.clip)
        lights.addWidget(self.limiter)
        row.addLayout(lights)
        self._light()
        self._show(_SILENT_DB, 0.0)

    @property
    def clipping(self) -> bool:
        """True when the clip light is on."""
        return self._clipped > self._seen

    def show_levels(
        self, peak_db: tuple[float, float], lufs: float, clipped: int, limiting_db: float, elapsed_s: float
    ) -> None:
        """Levels as the engine's status has them, so many seconds after the last ones."""
        self._peak_age_s += elapsed_s
        if max(peak_db) >= self._peak_db or self._peak_age_s > PEAK_HOLD_S:
            self._peak_db, self._peak_age_s = max(peak_db), 0.0
        if clipped != self._clipped:
            lit = self.clipping
            # Fewer than before: another engine counts.
            self._clipped, self._seen = clipped, min(self._seen, clipped)
            if self.clipping != lit:
                self._light()
        self._show(lufs, limiting_db)

    def _show(self, lufs: float, limiting_db: float) -> None:
        self.numbers.show_lines(f"{_number(self._peak_db)} dBFS", f"{_number(lufs)} LUFS")
        if limiting_db > _LEAST_REDUCTION_DB:
            self.limiter.show_lines(f"Lim −{limiting_db:.1f}", colour=COLOURS.right)
        else:
            self.limiter.show_lines("Lim 0", colour=COLOURS.faint)

    def _put_out(self) -> None:
        self._seen = self._clipped
        self._light()

    def _light(self) -> None:
        self.clip.setProperty("lit", "true" if self.clipping else "false")
        self.clip.style().unpolish(self.clip)
        self.clip.style().polish(self.clip)
        self.clip.setAccessibleDescription("on" if self.clipping else "off")
        self.clip.setToolTip(
            "The sound reached 0 dBFS and was cut off there; click to put the light out"
            if self.clipping
            else "Lights when the sound reaches 0 dBFS and is cut off, and stays on until it is clicked"
        )


def _number(db: float) -> str:
    return f"{db:.1f}".replace("-", "−") if db > _SILENT_DB else "–"
