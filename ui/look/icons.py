"""Small signs for buttons, drawn so that they are sharp at any scale and the same on all systems."""

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

SIZE = 14
_SCALE = 3

Draw = Callable[[QPainter, QColor], None]


def icon(name: str, colour: str) -> QIcon:
    """The sign called `name`, one of `SIGNS`, in this colour."""
    pixmap = QPixmap(SIZE * _SCALE, SIZE * _SCALE)
    pixmap.setDevicePixelRatio(_SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(colour)
    painter.setPen(QPen(ink, 1.4))
    SIGNS[name](painter, ink)
    painter.end()
    return QIcon(pixmap)


def _erase(painter: QPainter, ink: QColor) -> None:
    painter.drawEllipse(QRectF(1.5, 1.5, 11, 11))
    painter.drawLine(QPointF(3.5, 10.5), QPointF(10.5, 3.5))


def _paint(painter: QPainter, ink: QColor) -> None:
    painter.setBrush(ink)
    painter.drawEllipse(QRectF(1.5, 1.5, 11, 11))


def _noise(painter: QPainter, ink: QColor) -> None:
    painter.setBrush(ink)
    painter.setPen(Qt.PenStyle.NoPen)
    for x, y in ((2, 3), (6, 1.5), (10, 4), (4, 7), (8.5, 7.5), (2.5, 11), (6.5, 11.5), (11, 10.5)):
        painter.drawEllipse(QPointF(x + 0.7, y), 1.2, 1.2)


def _reseed(painter: QPainter, ink: QColor) -> None:
    painter.drawArc(QRectF(1.5, 1.5, 11, 11), 60 * 16, 300 * 16)
    painter.setBrush(ink)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(7, 7), 2.2, 2.2)


def _freeze(painter: QPainter, ink: QColor) -> None:
    for k in range(3):
        x, y = 5.8 * math.cos(k * math.pi / 3 + math.pi / 6), 5.8 * math.sin(k * math.pi / 3 + math.pi / 6)
        painter.drawLine(QPointF(7 - x, 7 - y), QPointF(7 + x, 7 + y))
    painter.drawEllipse(QPointF(7, 7), 2.6, 2.6)


def _thaw(painter: QPainter, ink: QColor) -> None:
    painter.drawLine(QPointF(1.5, 7), QPointF(12.5, 7))
    for x in (3.0, 7.0, 11.0):
        painter.drawLine(QPointF(x, 9.5), QPointF(x, 12.5))
    painter.drawArc(QRectF(3.5, 2, 7, 9), 0, 180 * 16)


def _round(painter: QPainter, ink: QColor) -> None:
    painter.drawRoundedRect(QRectF(2, 2.5, 10, 9), 4, 4)


def _stripe(painter: QPainter, ink: QColor) -> None:
    painter.drawRect(QRectF(4.5, 0.8, 5, 12.4))


def _line(painter: QPainter, ink: QColor) -> None:
    painter.drawRect(QRectF(0.8, 4.5, 12.4, 5))


def _undo(painter: QPainter, ink: QColor) -> None:
    painter.drawArc(QRectF(2.5, 3.5, 9, 8.5), -70 * 16, 200 * 16)
    painter.setBrush(ink)
    painter.drawPolygon(QPolygonF([QPointF(1.2, 6.2), QPointF(6.4, 6.2), QPointF(3.2, 2.2)]))


def _redo(painter: QPainter, ink: QColor) -> None:
    painter.translate(SIZE, 0)
    painter.scale(-1, 1)
    _undo(painter, ink)


def _hidden(painter: QPainter, ink: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Screen)
    for angle, colour in ((90, "#e86a92"), (210, "#5fc6a0"), (330, "#6f8cf0")):
        painter.setBrush(QColor(colour))
        turn = math.radians(angle)
        painter.drawEllipse(QPointF(7 + 2.7 * math.cos(turn), 7 - 2.7 * math.sin(turn)), 3.8, 3.8)


SIGNS: dict[str, Draw] = {
    "erase": _erase,
    "paint": _paint,
    "noise": _noise,
    "reseed": _reseed,
    "freeze": _freeze,
    "thaw": _thaw,
    "round": _round,
    "stripe": _stripe,
    "line": _line,
    "undo": _undo,
    "redo": _redo,
    "hidden": _hidden,
}
