"""A list to choose from, drawn alike on every system."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from ui.look.theme import COLOURS

LOOK = """
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: none; width: 0; height: 0; }}
QComboBox QAbstractItemView {{ background: {raised}; border: 1px solid {line}; padding: 4px;
    selection-background-color: {accent_dark}; selection-color: {accent}; }}
""".format(**vars(COLOURS))
"""For the style sheet of whatever holds one; the box itself is dressed there, like the fields beside it."""


class Chooser(QComboBox):
    """The wheel scrolls past it: a choice is not lost by accident."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(COLOURS.dim if self.isEnabled() else COLOURS.line), 1.4))
        x, y = self.width() - 15.0, self.height() / 2 + 2
        painter.drawPolyline([QPointF(x - 4, y - 3.5), QPointF(x, y + 0.5), QPointF(x + 4, y - 3.5)])
