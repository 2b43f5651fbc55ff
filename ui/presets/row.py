"""How one preset looks in the list: a picture of its culture, name, tags and star."""

import math
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from synth.presets.card import Card
from ui.look.colour_map import CulturePainter
from ui.look.theme import COLOURS

PATH, BUNDLED, CARD, LIKED, PROBLEM = (int(Qt.ItemDataRole.UserRole) + i for i in range(5))

ROW_HEIGHT, LOW_ROW = 40, 24
"""Of a row, and of one in a list with little room, which shows no tags."""
_PICTURE, _SMALL_PICTURE = QSize(50, 30), QSize(34, 18)
_STAR = 22

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


def star(centre: QPointF, radius: float) -> QPolygonF:
    """A five-pointed star."""
    points = QPolygonF()
    for i in range(11):
        reach, angle = (radius if i % 2 == 0 else 0.45 * radius), math.pi * (i / 5 - 0.5)
        points.append(centre + QPointF(math.cos(angle), math.sin(angle)) * reach)
    return points


class PresetRow(QStyledItemDelegate):
    """Paints rows; pictures are made once per file and screen."""

    star_clicked = Signal(object)
    """The item's model index."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[tuple[Path, float], QPixmap] = {}
        self.low = False
        """Whether rows are low."""

    def forget(self, path: Path) -> None:
        """The file has changed: its picture is made anew."""
        self._pictures = {key: made for key, made in self._pictures.items() if key[0] != path}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, LOW_ROW if self.low else ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect).adjusted(0, 1, -2, -1)
        state = option.state
        current = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if current or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOURS.accent_dark if current else COLOURS.raised))
            painter.drawRoundedRect(row, 5, 5)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        size = _SMALL_PICTURE if self.low else _PICTURE
        frame = QRectF(row.left() + 4, row.center().y() - size.height() / 2, size.width(), size.height())
        self._paint_picture(painter, frame, index)
        starred = bool(index.data(LIKED)) or current or hovered
        room = row.right() - frame.right() - 12 - (_STAR if starred else 0)
        words = QRectF(frame.right() + 8, row.top() + 3, room, row.height() - 6)
        self._paint_words(painter, words, index, current)
        self._paint_star(painter, row, index, hovered or current)
        painter.restore()

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: _Index) -> bool:
        """A click on the star likes the preset and loads nothing."""
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick)
        if event.type() in kinds and isinstance(event, QMouseEvent):
            rect = option.rect
            if event.position().x() > rect.right() - _STAR - 4:
                if event.type() == QEvent.Type.MouseButtonRelease:
                    self.star_clicked.emit(index)
                return True
        return False

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

    def _paint_words(self, painter: QPainter, box: QRectF, index: _Index, current: bool) -> None:
        card, problem = index.data(CARD), index.data(PROBLEM)
        under = "cannot be read" if problem else " · ".join(card.tags) if card else ""
        if not index.data(BUNDLED):
            under = f"yours · {under}" if under else "yours"
        left = Qt.AlignmentFlag.AlignLeft
        font = QFont(painter.font())
        size = font.pointSizeF()
        name_at = Qt.AlignmentFlag.AlignVCenter if self.low else Qt.AlignmentFlag.AlignTop
        colour_of_name = COLOURS.record if self.low and problem else COLOURS.accent if current else COLOURS.text
        lines = [(index.data(), name_at, 1.0, colour_of_name)]
        if not self.low:
            lines.append((under, Qt.AlignmentFlag.AlignBottom, 0.84, COLOURS.record if problem else COLOURS.dim))
        for text, at, share, colour in lines:
            font.setPointSizeF(size * share)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, int(left | at), shown)

    def _paint_star(self, painter: QPainter, row: QRectF, index: _Index, shown: bool) -> None:
        liked = bool(index.data(LIKED))
        if liked or shown:
            painter.setPen(QPen(QColor(COLOURS.right if liked else COLOURS.dim), 1))
            painter.setBrush(QColor(COLOURS.right) if liked else QColor(0, 0, 0, 0))
            painter.drawPolygon(star(QPointF(row.right() - _STAR / 2, row.center().y()), 6.0))
