"""A curve over iterations on a logarithmic scale, with lines it should reach and points that were measured apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ui.look.theme import COLOURS
from ui.widgets.plot import Plot

_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 10, 22, 8
_TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class _Scale:
    """Where values lie in a field."""

    field: QRectF
    first: int
    last: int
    low: float
    high: float

    def at(self, x: float, y: float) -> QPointF:
        across = (x - self.first) / (self.last - self.first)
        return QPointF(self.field.left() + across * self.field.width(), self.height_of(y))

    def height_of(self, y: float) -> float:
        up = math.log(max(y, self.low) / self.low) / math.log(self.high / self.low)
        return self.field.bottom() - up * self.field.height()


class CurvePlot(Plot):
    """Grows to the right; its scale follows what is drawn."""

    def __init__(self, name: str, unit: str, tip: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(name, tip, parent)
        self._name, self._unit, self._colour = name, unit, QColor(colour)
        self._x: list[int] = []
        self._y: list[float] = []
        self._points: list[tuple[int, float]] = []
        self._marks: dict[str, float] = {}

    def sizeHint(self) -> QSize:
        return QSize(380, 130)

    def show_marks(self, marks: dict[str, float]) -> None:
        """Lines across, by their names."""
        self._marks = {name: value for name, value in marks.items() if math.isfinite(value) and value > 0}
        self.update()

    def show_curve(self, x: Sequence[int], y: Sequence[float], points: Sequence[tuple[int, float]] = ()) -> None:
        """Draw these; what is not above zero is left out."""
        self._x, self._y, self._points = list(x), list(y), list(points)
        known = [value for value in self._y if value > 0]
        now = f"{known[-1]:.2f}{self._unit}" if known else ""
        self.setAccessibleDescription(now)
        self.update()

    def paint_sound(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(8.0)
        painter.setFont(font)
        head = QRectF(10, 4, self.width() - 20, 16)
        painter.setPen(QColor(COLOURS.dim))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft), self._name)
        painter.setPen(self._colour)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignRight), self.accessibleDescription())
        values = [v for v in [*self._y, *(p for _, p in self._points), *self._marks.values()] if v > 0]
        if not values:
            return
        last = max([1, *self._x[-1:], *(i for i, _ in self._points)])
        first = min([self._x[0] if self._x else 0, last - 1])
        field = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        scale = _Scale(field, first, last, min(values) / 1.15, max(values) * 1.15)
        self._paint_scale(painter, scale)
        painter.setPen(QPen(self._colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        line = [scale.at(x, y) for x, y in self._thinned(round(field.width())) if y > 0]
        painter.drawPolyline(QPolygonF(line))
        if len(line) == 1:
            painter.drawEllipse(line[0], 1.5, 1.5)
        painter.setPen(QPen(QColor(COLOURS.ground), 1.5))
        painter.setBrush(QColor(COLOURS.text))
        for x, y in self._points:
            if y > 0:
                painter.drawEllipse(scale.at(x, y), 4.5, 4.5)

    def _paint_scale(self, painter: QPainter, scale: _Scale) -> None:
        left, right = scale.field.left(), scale.field.right()
        taken: list[float] = []
        for name, value in self._marks.items():
            y = scale.height_of(value)
            painter.setPen(QPen(QColor(COLOURS.right), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            # Lines too near each other for names one above the other have them at either end.
            side = Qt.AlignmentFlag.AlignLeft
            if any(abs(y - other) <= 13 for other in taken):
                side = Qt.AlignmentFlag.AlignRight
            box = QRectF(left + 6, y - 15, right - left - 12, 14)
            painter.drawText(box, int(side | Qt.AlignmentFlag.AlignBottom), name)
            taken.append(y)
        painter.setPen(QColor(COLOURS.faint))
        drawn = math.inf
        for tick in _TICKS:
            y = scale.height_of(tick)
            if scale.low <= tick <= scale.high and drawn - y > 15:
                drawn = y
                box = QRectF(0, y - 7, _LEFT - 6, 14)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{tick:g}")

    def _thinned(self, width: int) -> list[tuple[int, float]]:
        """One point per pixel, the mean of those that share it."""
        if len(self._x) <= 2 * width:
            return list(zip(self._x, self._y, strict=True))
        parts = np.array_split(np.arange(len(self._x)), width)
        return [(self._x[int(part[-1])], float(np.mean([self._y[i] for i in part]))) for part in parts]
