"""How a knob looks: an arc to its value, a mark at its default, a cap with a pointer, and words that fit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from ui.look.theme import COLOURS

_SWEEP_DEGREES = 270.0


@dataclass(frozen=True)
class Stands:
    """Places on the sweep, 0 … 1."""

    start: float
    """Where the arc begins: the middle where 0 is there."""
    end: float
    usual: float
    """The default's."""


@dataclass(frozen=True)
class Ring:
    """What moves a control by itself: from `low` below to `high` above where it stands, as shares of its range."""

    name: str
    low: float
    high: float
    colour: str


def fitted(font: QFont, text: str, width: float) -> QFont:
    """This font, or a smaller one in which the text is no wider than so many pixels."""
    wide = QFontMetricsF(font).horizontalAdvance(text)
    if wide <= width:
        return font
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * width / wide)
    return small


def paint_text(painter: QPainter, box: QRectF, text: str, points: float) -> None:
    """As large as asked and as the box has room for."""
    font = painter.font()
    font.setPointSizeF(points)
    painter.setFont(fitted(font, text, box.width()))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_face(painter: QPainter, face: QRectF, stands: Stands, *, thick: float, active: bool, focused: bool) -> None:
    """Ring and cap in a square; `thick` is the ring's width in pixels."""
    ring = face.adjusted(thick, thick, -thick, -thick)
    painter.setPen(_round_pen(COLOURS.line, thick))
    painter.drawArc(ring, _qt_angle(0.0), round(-_SWEEP_DEGREES * 16))
    painter.setPen(_round_pen(COLOURS.accent, thick))
    turned = stands.end - stands.start
    if abs(turned) > 1e-6:
        painter.drawArc(ring, _qt_angle(stands.start), round(-turned * _SWEEP_DEGREES * 16))
    painter.setPen(_round_pen(COLOURS.dim, 0.4 * thick))
    painter.drawPoint(face.center() + _direction(stands.usual) * (ring.width() / 2 + 0.95 * thick))
    cap = ring.adjusted(1.5 * thick, 1.5 * thick, -1.5 * thick, -1.5 * thick)
    painter.setPen(QPen(QColor(COLOURS.accent if focused else COLOURS.line), 1.2))
    painter.setBrush(QColor(COLOURS.hover if active else COLOURS.raised))
    painter.drawEllipse(cap)
    pointer = _direction(stands.end) * (cap.width() / 2)
    painter.setPen(_round_pen(COLOURS.text, 0.6 * thick))
    painter.drawLine(cap.center() + pointer * 0.42, cap.center() + pointer * 0.82)


def paint_rings(painter: QPainter, face: QRectF, reaches: Sequence[tuple[float, float, str]], thick: float) -> None:
    """Thin arcs from place to place on the sweep, each in its colour: the first outside the ring, the others inside."""
    for i, (low, high, colour) in enumerate(reaches):
        outwards = 0.95 * thick if i == 0 else -thick
        radius = face.width() / 2 - thick + outwards
        arc = QRectF(face.center().x() - radius, face.center().y() - radius, 2 * radius, 2 * radius)
        painter.setPen(_round_pen(colour, 0.55 * thick))
        painter.drawArc(arc, _qt_angle(low), min(-1, round((low - high) * _SWEEP_DEGREES * 16)))


def paint_present(painter: QPainter, face: QRectF, place: float, colour: str, thick: float) -> None:
    """A dot on the ring, where the control is moved to now."""
    at = face.center() + _direction(place) * (face.width() / 2 - thick)
    painter.setPen(QPen(QColor(COLOURS.ground), 1.0))
    painter.setBrush(QColor(colour))
    painter.drawEllipse(at, 0.75 * thick, 0.75 * thick)


def paint_dot(painter: QPainter, box: QRectF) -> None:
    """The value differs from the preset's."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS.accent))
    painter.drawEllipse(box)


def paint_lock(painter: QPainter, box: QRectF) -> None:
    """A padlock: the value stays when another preset is loaded."""
    body = QRectF(box.left(), box.top() + 0.45 * box.height(), box.width(), 0.55 * box.height())
    bow = QRectF(box.left() + 0.2 * box.width(), box.top() + 0.7, 0.6 * box.width(), 0.8 * box.height())
    painter.setPen(QPen(QColor(COLOURS.text), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(bow, 0, 180 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS.text))
    painter.drawRoundedRect(body, 1.5, 1.5)


def _direction(share: float) -> QPointF:
    """From the middle towards a share of the sweep, of length 1."""
    angle = math.radians(225 - share * _SWEEP_DEGREES)
    return QPointF(math.cos(angle), -math.sin(angle))


def _qt_angle(share: float) -> int:
    """Qt's sixteenths of a degree, counter-clockwise from three o'clock, at a share of the sweep."""
    return round((225 - share * _SWEEP_DEGREES) * 16)


def _round_pen(colour: str, width: float) -> QPen:
    pen = QPen(QColor(colour), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
