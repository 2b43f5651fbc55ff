"""How one preset looks in the list: a picture of its culture, name, tags, rating and heart; and a group's head."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from synth.presets.card import Card
from ui.look.colour_map import CulturePainter
from ui.look.theme import COLOURS
from ui.presets.favourites import MOST_STARS
from ui.presets.marks import STAR_STEP, paint_hearing, paint_heart, paint_rating, paint_stars

PATH, BUNDLED, CARD, LIKED, PROBLEM, STARS, HEAD = (int(Qt.ItemDataRole.UserRole) + i for i in range(7))

ROW_HEIGHT, LOW_ROW, HEAD_ROW = 40, 24, 20
"""Of a row, of one in a list with little room, which shows no tags, and of the head of a group."""
_PICTURE, _SMALL_PICTURE = QSize(50, 30), QSize(34, 18)
_HEART, _RATING = 22, 26

_Index = QModelIndex | QPersistentModelIndex


def picture(card: Card, size: QSize, ratio: float) -> QPixmap:
    """The grown culture as a small picture, low frequencies at the bottom."""
    pixels = CulturePainter().pixels(card.grid, np.zeros_like(card.grid))
    flipped = np.ascontiguousarray(pixels[::-1])
    height, width = flipped.shape[:2]
    image = QImage(flipped.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    scaled = image.scaled(
        size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    pixmap = QPixmap.fromImage(scaled)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@dataclass(frozen=True)
class Zones:
    """Where on a row a click does something else than to load it."""

    row: QRectF
    picture: QRectF
    words: QRectF
    """Name, and tags below it where rows are high."""
    stars: QRectF
    """The rating: all stars on a high row, one and a number on a low one."""
    heart: QRectF

    @staticmethod
    def of(rect: QRect, low: bool) -> "Zones":
        """Of the row that is painted into `rect`."""
        row = QRectF(rect).adjusted(0, 1, -2, -1)
        size = _SMALL_PICTURE if low else _PICTURE
        picture = QRectF(row.left() + 4, row.center().y() - size.height() / 2, size.width(), size.height())
        heart = QRectF(row.right() - _HEART, row.top(), _HEART, row.height())
        if low:
            stars = QRectF(heart.left() - _RATING, row.top(), _RATING, row.height())
        else:
            width = MOST_STARS * STAR_STEP
            stars = QRectF(row.right() - width - 4, row.bottom() - 17, width, 15)
            heart.setHeight(row.height() / 2 + 2)
        left = picture.right() + 8
        words = QRectF(left, row.top() + 3, row.right() - 4 - left, row.height() - 6)
        return Zones(row, picture, words, stars, heart)


class PresetRow(QStyledItemDelegate):
    """Paints rows; pictures are made once per file and screen. Signals carry the item's model index."""

    heart_clicked = Signal(object)
    stars_clicked = Signal(object, int)
    """And which of them."""
    rating_asked = Signal(object)
    """On a low row, which has no room for five stars."""
    hearing_asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[tuple[Path, float], QPixmap] = {}
        self.low = False
        """Whether rows are low."""
        self.took_click = False
        """Whether the last click meant something else than to load. Qt tells the list of every click all the same."""
        self.heard: Path | None = None
        """The preset that is heard without being loaded."""

    def forget(self, path: Path) -> None:
        """The file has changed: its picture is made anew."""
        self._pictures = {key: made for key, made in self._pictures.items() if key[0] != path}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, HEAD_ROW if index.data(HEAD) else LOW_ROW if self.low else ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(HEAD):
            _paint_head(painter, QRectF(option.rect), str(index.data()))
        else:
            self._paint_preset(painter, Zones.of(option.rect, self.low), option.state, index)
        painter.restore()

    def _paint_preset(self, painter: QPainter, zones: Zones, state: QStyle.StateFlag, index: _Index) -> None:
        current = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        touched = current or hovered
        if touched:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOURS.accent_dark if current else COLOURS.raised))
            painter.drawRoundedRect(zones.row, 5, 5)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(zones.row.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        self._paint_picture(painter, zones.picture, index)
        heard = self.heard is not None and index.data(PATH) == self.heard
        if heard or hovered:
            paint_hearing(painter, zones.picture, heard=heard)
        liked, stars = bool(index.data(LIKED)), index.data(STARS) or 0
        self._paint_words(painter, zones, index, current, has_heart=liked or touched, has_stars=bool(stars) or touched)
        if liked or touched:
            paint_heart(painter, zones.heart.center(), liked=liked)
        if stars or touched:
            (paint_rating if self.low else paint_stars)(painter, zones.stars, stars)

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: _Index) -> bool:
        """A click on heart, stars or picture does what these are for, and loads nothing."""
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick)
        if event.type() not in kinds or not isinstance(event, QMouseEvent) or index.data(HEAD):
            return False
        zones, at = Zones.of(option.rect, self.low), event.position()
        hit = next((zone for zone in (zones.heart, zones.stars, zones.picture) if zone.contains(at)), None)
        self.took_click = hit is not None
        if hit is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            if hit is zones.heart:
                self.heart_clicked.emit(index)
            elif hit is zones.picture:
                self.hearing_asked.emit(index)
            elif self.low:
                self.rating_asked.emit(index)
            else:
                self.stars_clicked.emit(index, min(MOST_STARS, int((at.x() - hit.left()) // STAR_STEP) + 1))
        return True

    def _paint_picture(self, painter: QPainter, frame: QRectF, index: _Index) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(frame, 3, 3)
        card = index.data(CARD)
        if card is None:
            painter.fillPath(shape, QColor(COLOURS.raised))
            return
        key = (index.data(PATH), painter.device().devicePixelRatio())
        if key not in self._pictures:
            self._pictures[key] = picture(card, _PICTURE, key[1])
        painter.save()
        painter.setClipPath(shape)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(frame, self._pictures[key], QRectF(self._pictures[key].rect()))
        painter.restore()

    def _paint_words(
        self, painter: QPainter, zones: Zones, index: _Index, current: bool, *, has_heart: bool, has_stars: bool
    ) -> None:
        problem = index.data(PROBLEM)
        left, box = Qt.AlignmentFlag.AlignLeft, zones.words
        font = QFont(painter.font())
        size = font.pointSizeF()
        name_at = Qt.AlignmentFlag.AlignVCenter if self.low else Qt.AlignmentFlag.AlignTop
        colour_of_name = COLOURS.record if self.low and problem else COLOURS.accent if current else COLOURS.text
        ends = min(zones.heart.left() if has_heart else box.right(), zones.stars.left() if has_stars else box.right())
        name_ends = ends if self.low else zones.heart.left() if has_heart else box.right()
        lines = [(index.data(), name_at, 1.0, colour_of_name, name_ends)]
        if not self.low:
            under_ends = zones.stars.left() - 4 if has_stars else box.right()
            colour = COLOURS.record if problem else COLOURS.dim
            lines.append((_under_name(index), Qt.AlignmentFlag.AlignBottom, 0.84, colour, under_ends))
        for text, at, share, colour, ends in lines:
            font.setPointSizeF(size * share)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            width = int(ends - box.left())
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(box, int(left | at), shown)


def _under_name(index: _Index) -> str:
    card, problem = index.data(CARD), index.data(PROBLEM)
    under = "cannot be read" if problem else " · ".join(card.tags) if card else ""
    if not index.data(BUNDLED):
        under = f"yours · {under}" if under else "yours"
    return under


def _paint_head(painter: QPainter, box: QRectF, text: str) -> None:
    """The name of a group of presets, over a line."""
    font = QFont(painter.font())
    font.setPointSizeF(0.84 * font.pointSizeF())
    painter.setFont(font)
    painter.setPen(QColor(COLOURS.dim))
    inside = box.adjusted(4, 0, -4, -2)
    painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), text)
    begin = inside.left() + painter.fontMetrics().horizontalAdvance(text) + 8
    y = inside.bottom() - 0.35 * painter.fontMetrics().height()
    painter.setPen(QPen(QColor(COLOURS.line), 1))
    painter.drawLine(QPointF(begin, y), QPointF(inside.right(), y))
