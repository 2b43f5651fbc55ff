"""What scope and spectrum have in common: a dark field with a caption and lines that are painted once and kept."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import COLOURS


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
