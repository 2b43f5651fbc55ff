"""A small curve in the culture's corner: how a wound heals."""

import time

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.culture.recovery import WINDOW_S, Recovery
from ui.look.theme import COLOURS
from ui.widgets.plot import draw_curve

_LEAST_DB = 12.0
"""The curve's height stands for at least this much."""

_MOST_POINTS = 90
"""There are some four hundred after ten seconds, on 180 pixels."""


class RecoveryStrip(QWidget):
    """Shows a `Recovery` while there is one; clicks go through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.recovery = Recovery()
        self.setFixedSize(196, 54)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Recovery")
        self.hide()

    def follow(self) -> None:
        """The recovery has looked again."""
        if self.recovery.healing != self.isVisible():
            self.setVisible(self.recovery.healing)
        if self.recovery.healing:
            self.setAccessibleDescription(self.text())
            self.update()

    def text(self) -> str:
        """The latest distance in words."""
        latest = self.recovery.points[-1].distance_db
        return f"Healing · {latest:.1f} dB off, usually {self.recovery.usual_db:.1f}"

    def paintEvent(self, event: QPaintEvent) -> None:
        points = self.recovery.points
        if not points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(13, 16, 21, 205))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        font = self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.text))
        painter.drawText(QRectF(8, 3, self.width() - 16, 16), Qt.AlignmentFlag.AlignVCenter, self.text())
        box = QRectF(8, 21, self.width() - 16, self.height() - 27)
        most = max(_LEAST_DB, *(point.distance_db for point in points))

        def height(db: float) -> float:
            return box.bottom() - box.height() * db / most

        usual = height(self.recovery.usual_db)
        painter.setPen(QPen(QColor(COLOURS.accent), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(box.left(), usual), QPointF(box.right(), usual))
        # From the left until the window is full, then it moves on.
        start = max(points[0].at_s, points[-1].at_s - WINDOW_S)
        shown = list(points)[:: -max(1, len(points) // _MOST_POINTS)][::-1]
        x = np.array([box.left() + box.width() * (p.at_s - start) / WINDOW_S for p in shown])
        y = np.array([height(p.distance_db) for p in shown])
        draw_curve(painter, x, y, COLOURS.wound)
        painter.setBrush(QColor(COLOURS.wound))
        painter.drawEllipse(QPointF(x[-1], y[-1]), 2.4, 2.4)


def now_s() -> float:
    """The clock recoveries are timed by."""
    return time.perf_counter()
