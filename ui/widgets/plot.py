"""What scope and spectrum have in common: a dark field with a caption and lines that are painted once and kept."""

import itertools

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.look.theme import COLOURS


class Plot(QWidget):
    """Paints its ground from a cached pixmap, then what moves."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground: QPixmap | None = None
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(170, 72)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 56)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._ground = None
        self.resized()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._ground = None

    def resized(self) -> None:
        """The field has another size."""

    def paint_ground(self, painter: QPainter) -> None:
        """Paint what stands still."""

    def paint_sound(self, painter: QPainter) -> None:
        """Paint what moves."""

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._ground is None or self._ground.devicePixelRatio() != ratio:
            self._ground = self._make_ground(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        self.paint_sound(painter)

    def _make_ground(self, ratio: float) -> QPixmap:
        ground = QPixmap(self.size() * ratio)
        ground.setDevicePixelRatio(ratio)
        ground.fill(QColor(COLOURS.panel))
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(COLOURS.line))
        painter.setBrush(QColor(COLOURS.ground))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        font = QFont(self.font())
        font.setPointSizeF(7.0)
        painter.setFont(font)
        self.paint_ground(painter)
        painter.end()
        return ground


def polygon(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    """Points (K,) and (K,) as Qt takes them, without an object for each."""
    points: QPolygonF = pg.functions.arrayToQPolygonF(x, y)
    return points


def draw_curve(painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64], colour: str) -> None:
    """A line through (K,) and (K,), a pixel thin.

    Qt strokes lines of one device pixel directly and outlines all others first: two curves of 84 points took 4.7 ms
    1.2 pixels thick, 0.2 ms one pixel thick, and 0.9 ms in single pieces, which need no joints.
    """
    painter.setPen(QPen(QColor(colour), 1.0))
    if painter.device().devicePixelRatioF() == 1.0:
        painter.drawPolyline(polygon(x, y))
    else:
        points = list(zip(x.tolist(), y.tolist(), strict=True))
        painter.drawLines([QLineF(*a, *b) for a, b in itertools.pairwise(points)])
