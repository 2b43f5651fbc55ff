"""What moves over the culture: playhead, the two hearing heads and the brush's outline, in one graphics item."""

import math

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from synth.automaton.gestures import GestureKind
from ui.culture.brushes import Brush, Field
from ui.look.theme import COLOURS

BRUSH_COLOURS: dict[GestureKind, str] = {
    "erase": "#ff7d5e",
    "paint": "#ffe08a",
    "noise": "#c7a6ff",
    "reseed": "#7ef0c0",
    "freeze": "#8fd3ff",
    "thaw": "#ffb38a",
}


_CLEARLY_APART = 4.0
"""Columns: closer than that the line would only blur the playhead."""


class Overlay(pg.GraphicsObject):  # type: ignore[misc]
    """Drawn in the widget's own pixels on top of the image, so that lines stay sharp whatever the zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(10)
        self.field = Field()
        self.playhead: float | None = None
        self.read: float | None = None
        """Where the culture is read ahead of the sound."""
        self.heads = (0.0, 0.0)
        self.hand = False
        self.brush = Brush()
        self.cursor: tuple[float, float] | None = None
        self.pressed = False
        self.keyboard = False
        self.larger = 1.0
        """How much larger than usual flags and lines are."""

    def boundingRect(self) -> QRectF:
        return QRectF(-0.5, -0.5, self.field.n_frames, self.field.n_mels)

    def resize(self, field: Field) -> None:
        """Lie over a culture of another size."""
        self.prepareGeometryChange()
        self.field = field

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        to_widget = painter.transform()
        frame = to_widget.mapRect(self.boundingRect())
        painter.save()
        painter.resetTransform()
        painter.setClipRect(frame)
        cell = frame.width() / self.field.n_frames, frame.height() / self.field.n_mels
        if self.playhead is not None:
            self._paint_heads(painter, frame, cell[0])
        if self.cursor is not None:
            self._paint_brush(painter, frame, cell)
        painter.restore()

    def _paint_heads(self, painter: QPainter, frame: QRectF, cell: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        assert self.playhead is not None
        x = frame.left() + (self.playhead % self.field.n_frames + 0.5) * cell
        painter.fillRect(QRectF(x - 0.5, frame.top(), 1, frame.height()), QColor(255, 255, 255, 120))
        self._paint_reading(painter, frame, cell)
        apart = abs(self.heads[0] - self.heads[1]) * cell > 2
        marks = [(self.heads[0], "L", COLOURS.left), (self.heads[1], "R", COLOURS.right)]
        if not apart:
            marks = [(self.heads[0], "M", COLOURS.text)]
        font = QFont(painter.font())
        font.setPixelSize(round(10 * self.larger))
        font.setBold(True)
        painter.setFont(font)
        for column, letter, name in marks:
            colour = QColor(name)
            x = frame.left() + (column % self.field.n_frames + 0.5) * cell
            side = round(14 * self.larger)
            flag = QRectF(x - side / 2, frame.top(), side, side)
            flag.moveLeft(min(max(flag.left(), frame.left()), frame.right() - flag.width()))
            wide = round((3 if self.hand else 2) * self.larger)
            painter.fillRect(QRectF(x - wide / 2, frame.top(), wide, frame.height()), colour)
            painter.fillRect(flag, colour)
            painter.setPen(QColor(COLOURS.ground))
            painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_reading(self, painter: QPainter, frame: QRectF, cell: float) -> None:
        """A thin dotted line where gestures act, when it lies clearly apart from what is heard."""
        if self.read is None:
            return
        T = self.field.n_frames
        heard = self.heads[0] + ((self.heads[1] - self.heads[0] + T / 2) % T - T / 2) / 2
        if abs((self.read - heard + T / 2) % T - T / 2) < _CLEARLY_APART:
            return
        x = round(frame.left() + (self.read % T + 0.5) * cell)
        pen = QPen(QColor(255, 255, 255, 110))
        pen.setWidth(1)
        pen.setDashPattern([2, 4])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))

    def _paint_brush(self, painter: QPainter, frame: QRectF, cell: tuple[float, float]) -> None:
        assert self.cursor is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        column, row = self.cursor
        rx, ry = self.brush.radius_frames * cell[0], self.brush.radius_rows * cell[1]
        y = frame.bottom() - (row + 0.5) * cell[1]
        at = x = frame.left() + (column % self.field.n_frames + 0.5) * cell[0]
        colour = QColor(BRUSH_COLOURS[self.brush.kind])
        fill = QColor(colour)
        fill.setAlpha(70 if self.pressed else 26)
        painter.setBrush(fill)
        painter.setPen(QPen(colour, (2.0 if self.pressed or self.keyboard else 1.3)))
        if self.brush.shape == "stripe":
            outline = _band(rx, frame.height())
        elif self.brush.shape == "line":
            # Once, not wrapped: it reaches all round by itself.
            x, rx = frame.center().x(), frame.width() / 2
            outline = _band(rx, ry)
        else:
            outline = _superellipse(rx, ry)
        for shift in (-frame.width(), 0.0, frame.width()):
            # The culture is a loop: what sticks out on one side is touched on the other.
            if x + shift + rx > frame.left() and x + shift - rx < frame.right():
                painter.drawPath(outline.translated(x + shift, y))
        painter.drawLine(QPointF(at - 4, y), QPointF(at + 4, y))
        painter.drawLine(QPointF(at, y - 4), QPointF(at, y + 4))


def _band(rx: float, ry: float) -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(-rx, -ry, 2 * rx, 2 * ry))
    return path


def _superellipse(rx: float, ry: float, n: int = 64) -> QPainterPath:
    """The footprint's outline, |x/rx|⁴ + |y/ry|⁴ = 1, around the origin."""
    points = QPolygonF()
    for i in range(n + 1):
        angle = 2 * math.pi * i / n
        c, s = math.cos(angle), math.sin(angle)
        points.append(QPointF(rx * math.copysign(math.sqrt(abs(c)), c), ry * math.copysign(math.sqrt(abs(s)), s)))
    path = QPainterPath()
    path.addPolygon(points)
    return path
