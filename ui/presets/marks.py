"""Small signs on a preset's row: a heart for a favourite, stars for a rating, a triangle to hear it."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from ui.look.theme import COLOURS
from ui.presets.favourites import MOST_STARS

STAR_STEP = 11.0
"""From one star to the next."""


def star(centre: QPointF, radius: float) -> QPolygonF:
    """A five-pointed star."""
    points = QPolygonF()
    for i in range(11):
        reach, angle = (radius if i % 2 == 0 else 0.45 * radius), math.pi * (i / 5 - 0.5)
        points.append(centre + QPointF(math.cos(angle), math.sin(angle)) * reach)
    return points


def heart(centre: QPointF, radius: float) -> QPainterPath:
    """A heart."""
    x, y, r = centre.x(), centre.y(), radius
    path = QPainterPath(QPointF(x, y + 0.9 * r))
    path.cubicTo(x - 1.7 * r, y - 0.2 * r, x - 0.8 * r, y - 1.4 * r, x, y - 0.4 * r)
    path.cubicTo(x + 0.8 * r, y - 1.4 * r, x + 1.7 * r, y - 0.2 * r, x, y + 0.9 * r)
    return path


def paint_heart(painter: QPainter, centre: QPointF, *, liked: bool) -> None:
    """Filled for a favourite."""
    painter.setPen(QPen(QColor(COLOURS.right if liked else COLOURS.dim), 1))
    painter.setBrush(QColor(COLOURS.right) if liked else QColor(0, 0, 0, 0))
    painter.drawPath(heart(centre, 5.5))


def paint_stars(painter: QPainter, box: QRectF, stars: int) -> None:
    """All of them from the left of a box `MOST_STARS` steps wide, the given ones filled."""
    for i in range(MOST_STARS):
        given = i < stars
        painter.setPen(QPen(QColor(COLOURS.right if given else COLOURS.dim), 0.8))
        painter.setBrush(QColor(COLOURS.right) if given else QColor(0, 0, 0, 0))
        painter.drawPolygon(star(QPointF(box.left() + (i + 0.5) * STAR_STEP, box.center().y()), 4.2))


def paint_rating(painter: QPainter, box: QRectF, stars: int) -> None:
    """The number of stars beside one, where there is no room for all of them."""
    painter.setPen(QPen(QColor(COLOURS.right if stars else COLOURS.dim), 0.8))
    painter.setBrush(QColor(COLOURS.right) if stars else QColor(0, 0, 0, 0))
    painter.drawPolygon(star(QPointF(box.right() - 6, box.center().y()), 4.2))
    if stars:
        painter.setPen(QColor(COLOURS.text))
        painter.drawText(box.adjusted(0, 0, -12, 0), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter),
                         str(stars))  # fmt: skip


def paint_hearing(painter: QPainter, box: QRectF, *, heard: bool) -> None:
    """Over a preset's picture: a triangle that lets it be heard, a square that ends it."""
    shade = QColor(COLOURS.ground)
    shade.setAlphaF(0.6)
    painter.fillRect(box, shade)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS.accent if heard else COLOURS.text))
    x, y = box.center().x(), box.center().y()
    if heard:
        painter.drawRect(QRectF(x - 4, y - 4, 8, 8))
    else:
        painter.drawPolygon(QPolygonF([QPointF(x - 4, y - 5), QPointF(x + 5, y), QPointF(x - 4, y + 5)]))
