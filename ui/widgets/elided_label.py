"""A label that shortens its text instead of being cut off."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui.widgets.dial.face import fitted


class ElidedLabel(QLabel):
    """Takes the room there is; the whole text is in its accessible description."""

    def __init__(
        self,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
        *,
        smallest: float = 1.0,
    ) -> None:
        """A text without room is first written in smaller letters, down to `smallest` of their size."""
        super().__init__(parent)
        self._mode, self._smallest = mode, smallest
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def shown(self) -> tuple[QFont, str]:
        """What is painted, and in which font."""
        width, font = self.contentsRect().width(), self.font()
        if self._smallest < 1:
            least = self._smallest * font.pointSizeF()
            # A pixel less than there is: widths are rounded.
            font = fitted(font, self.text(), width - 1)
            font.setPointSizeF(max(font.pointSizeF(), least))
        return font, QFontMetrics(font).elidedText(self.text(), self._mode, width)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        font, text = self.shown()
        painter.setFont(font)
        painter.drawText(self.contentsRect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
