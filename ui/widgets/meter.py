"""A stereo level meter in dBFS, of what is really sent to the device."""

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.look.theme import COLOURS

_FLOOR_DB = -60.0
_FALL_DB_PER_S = 26.0
_HOLD_FALL_DB_PER_S = 9.0
_MARKS_DB = (-48, -36, -24, -12, 0)


class Meter(QWidget):
    """Peaks rise at once and fall slowly; a thin line holds the highest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.levels = [_FLOOR_DB, _FLOOR_DB]
        self._holds = [_FLOOR_DB, _FLOOR_DB]
        self.setAccessibleName("Output level")
        self.setToolTip("Output level, left and right, in dBFS; the limiter holds it below −1")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(150, 34)

    def minimumSizeHint(self) -> QSize:
        return QSize(110, 34)

    def show_peaks(self, peak_db: tuple[float, float], elapsed_s: float) -> None:
        """Move towards the latest peaks; repaints only when something moved."""
        before = (*self.levels, *self._holds)
        for side, raw in enumerate(peak_db):
            peak = max(raw, _FLOOR_DB) if math.isfinite(raw) else _FLOOR_DB
            self.levels[side] = max(peak, self.levels[side] - _FALL_DB_PER_S * elapsed_s, _FLOOR_DB)
            self._holds[side] = max(self.levels[side], self._holds[side] - _HOLD_FALL_DB_PER_S * elapsed_s)
        if before != (*self.levels, *self._holds):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        width, bar = float(self.width()), 7.0
        gradient = QLinearGradient(0, 0, width, 0)
        gradient.setColorAt(0.0, QColor("#2f7f6d"))
        gradient.setColorAt(_share(-12), QColor(COLOURS.accent))
        gradient.setColorAt(_share(-4), QColor(COLOURS.right))
        gradient.setColorAt(1.0, QColor(COLOURS.record))
        for side in (0, 1):
            top = 2.0 + side * (bar + 2)
            painter.fillRect(QRectF(0, top, width, bar), QColor(COLOURS.raised))
            painter.fillRect(QRectF(0, top, width * _share(self.levels[side]), bar), gradient)
            if self._holds[side] > _FLOOR_DB:
                x = min(width * _share(self._holds[side]), width - 2)
                painter.fillRect(QRectF(x, top, 2, bar), QColor(COLOURS.text))
        font = self.font()
        font.setPointSizeF(7.0)
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.faint))
        for mark in _MARKS_DB:
            box = QRectF(width * _share(mark) - 14, 20, 28, 12)
            box.moveRight(min(box.right(), width))
            align = Qt.AlignmentFlag.AlignRight if mark == 0 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(box, align, f"{mark}".replace("-", "−"))


def _share(db: float) -> float:
    return min(max((db - _FLOOR_DB) / -_FLOOR_DB, 0.0), 1.0)
