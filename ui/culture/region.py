"""A part of the culture that is drawn on it as a rectangle, and how it is shown there."""

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from synth.presets.routes import Region
from ui.culture.brushes import Field
from ui.look.theme import COLOURS

_LEAST_CELLS = 2.0
"""Columns and rows of the smallest region that a hand draws."""


def region_between(a: tuple[float, float], b: tuple[float, float], field: Field) -> Region:
    """The region with two opposite corners at these cells (column, row), no smaller than two cells either way."""
    sides = []
    for (from_, to), count in zip(zip(a, b, strict=True), (field.n_frames, field.n_mels), strict=True):
        low, high = sorted((min(max(from_ + 0.5, 0.0), count), min(max(to + 0.5, 0.0), count)))
        lacks = max(0.0, _LEAST_CELLS - (high - low))
        low = max(0.0, min(low - lacks / 2, count - _LEAST_CELLS))
        sides += [low / count, max(high, low + _LEAST_CELLS) / count]
    return Region(*(min(side, 1.0) for side in sides))


class RegionFrame(pg.GraphicsObject):  # type: ignore[misc]
    """A thin rectangle over the culture; where it goes through the loop's end it is two."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(9)
        self.field = Field()
        self.region: Region | None = None
        """None shows nothing."""

    def boundingRect(self) -> QRectF:
        return QRectF(-0.5, -0.5, self.field.n_frames, self.field.n_mels)

    def show_region(self, region: Region | None, field: Field) -> None:
        """Show this one over a culture of this size."""
        if (region, field) != (self.region, self.field):
            self.prepareGeometryChange()
            self.region, self.field = region, field
            self.update()

    def rectangles(self) -> list[QRectF]:
        """In columns and rows."""
        region = self.region
        if region is None:
            return []
        T, M = self.field.n_frames, self.field.n_mels
        spans = [(region.left, region.right)]
        if region.right < region.left:
            spans = [(region.left, 1.0), (0.0, region.right)]
        height = (region.high - region.low) * M
        return [QRectF(a * T - 0.5, region.low * M - 0.5, (b - a) * T, height) for a, b in spans]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(QColor(COLOURS.accent), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        fill = QColor(COLOURS.accent)
        fill.setAlpha(18)
        painter.setPen(pen)
        painter.setBrush(fill)
        for rectangle in self.rectangles():
            painter.drawRect(rectangle)
