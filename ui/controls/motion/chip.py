"""A source of modulation as a chip: its name, its colour, its level now; dragged onto a knob it moves that knob."""

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from synth.instrument.modulation.sources import Source
from ui.controls.motion.colours import colour_of
from ui.look.theme import COLOURS

_HEIGHT, _TALLEST, _WIDTH = 19, 30, 70
_LEVELS = 60
"""Steps of the level: more could not be told apart."""


class SourceChip(QAbstractButton):
    """A press chooses the source; a press that moves away carries it."""

    carried = Signal(QPoint)
    """It is dragged from here, in the screen's coordinates."""

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = source
        self._colour = QColor(colour_of(source.id))
        self._level = 0
        self._pressed_at: QPoint | None = None
        self.setCheckable(True)
        self.setText(source.label)
        self.setAccessibleName(f"Source {source.label}")
        self.setToolTip(f"{source.label}: {source.help.rstrip('.')}. Drag it onto a knob.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(_TALLEST)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_level(self, level: float) -> None:
        """What the source is at now, 0 … 1; painted only where that can be seen to move."""
        now = round(_LEVELS * level)
        if now != self._level:
            self._level = now
            self.update(0, self.height() - 3, self.width(), 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = QApplication.startDragDistance()
        if self._pressed_at is None or (event.position().toPoint() - self._pressed_at).manhattanLength() < far:
            super().mouseMoveEvent(event)
            return
        self._pressed_at = None
        # A press that carries is no click.
        self.setDown(False)
        self.carried.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is not None:
            super().mouseReleaseEvent(event)
        self._pressed_at = None

    def nextCheckState(self) -> None:
        """A press chooses it; another does not unchoose it."""
        self.setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        lit = self.underMouse() or self.hasFocus()
        painter.setPen(QColor(COLOURS.accent if self.hasFocus() else COLOURS.line))
        painter.setBrush(QColor(COLOURS.hover if lit or self.isChecked() else COLOURS.raised))
        painter.drawRoundedRect(body, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(QRectF(6, self.height() / 2 - 3.5, 6, 6))
        painter.drawRect(QRectF(3, self.height() - 2.5, (self.width() - 6) * self._level / _LEVELS, 1.5))
        font = self.font()
        font.setPointSizeF(8.0)
        font.setBold(self.isChecked())
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.text if self.isChecked() or lit else COLOURS.dim))
        words = QRectF(17, 0, self.width() - 20, self.height() - 2)
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, round(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
