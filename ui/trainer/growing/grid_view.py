"""A mel grid as a picture with its frequencies: the recording, and the culture that is becoming it.

Axes: `M` mel bands, `T` frames.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from synth.mel import FORMATS, MelFormat
from ui.look.axes import hz_ticks
from ui.look.colour_map import CulturePainter
from ui.look.theme import COLOURS

_LEFT, _TOP = 34, 20


class GridView(QWidget):
    """In the culture's colours; empty until there is something to show."""

    def __init__(self, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._note = title, ""
        self._image: QImage | None = None
        self.format: MelFormat = FORMATS["22k80"]
        self.n_frames = 0
        """What the whole width stands for, if more than the picture has."""
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(380, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    @property
    def empty(self) -> bool:
        return self._image is None

    def clear(self, fmt: MelFormat) -> None:
        """Nothing is known yet."""
        self.format, self._image, self._note = fmt, None, ""
        self.update()

    def show_grid(self, grid: NDArray[np.float32], note: str = "") -> None:
        """Show (M, T) grid values; `note` says what they are."""
        pixels = np.ascontiguousarray(CulturePainter().pixels(grid, np.zeros_like(grid))[::-1])
        height, width = grid.shape
        self._image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._note = note
        self.setAccessibleDescription(note)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPointSizeF(8.0)
        painter.setFont(font)
        head = QRectF(_LEFT, 0, self.width() - _LEFT, _TOP - 3)
        painter.setPen(QColor(COLOURS.dim))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._title)
        painter.setPen(QColor(COLOURS.text))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self._note)
        field = QRectF(_LEFT, _TOP, self.width() - _LEFT, self.height() - _TOP)
        painter.fillRect(field, QColor(COLOURS.ground))
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            share = min(1.0, self._image.width() / max(self.n_frames, self._image.width()))
            painter.drawImage(QRectF(field.left(), field.top(), field.width() * share, field.height()), self._image)
        painter.setPen(QColor(COLOURS.line))
        painter.drawRect(field.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(COLOURS.dim))
        for row, label in hz_ticks(self.format, field.height()):
            y = field.bottom() - (row + 0.5) / self.format.n_mels * field.height()
            box = QRectF(0, y - 7, _LEFT - 5, 14)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), label)
