"""A take's waveform with the beginning and the end of a part in it, moved by mouse or arrow keys."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from synth.takes.files import TakeCard
from synth.takes.part import SHORTEST_S
from ui.look.clock import exact_clock
from ui.look.theme import COLOURS
from ui.takes.list import paint_wave

_STEP_S, _FINE_S = 0.1, 0.01
_HANDLE = 4


class RangeView(QWidget):
    """A press moves the nearer end there, and a drag goes on with it."""

    moved = Signal()
    """One of the ends; `begin_s` and `end_s` say where to."""
    settled = Signal()
    """A hand has let go of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: TakeCard | None = None
        self.begin_s = self.end_s = 0.0
        self._heard_s: float | None = None
        self._dragged = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Part of the take")
        self.setToolTip("Drag an end; ← → move the part, with Ctrl its beginning, with Shift its end, with Alt finely")

    def sizeHint(self) -> QSize:
        return QSize(300, 52)

    @property
    def whole_s(self) -> float:
        """The take's length."""
        return 0.0 if self._card is None else self._card.seconds

    def show_take(self, card: TakeCard) -> None:
        """All of this take is the part."""
        self._card, self._heard_s = card, None
        self.begin_s, self.end_s = 0.0, card.seconds
        self._tell()

    def set_begin(self, seconds: float) -> None:
        """Move the beginning, no nearer to the end than a part can be long."""
        self.begin_s = min(max(seconds, 0.0), max(self.end_s - SHORTEST_S, 0.0))
        self._tell()

    def set_end(self, seconds: float) -> None:
        """Move the end, no nearer to the beginning than a part can be long."""
        self.end_s = max(min(seconds, self.whole_s), min(self.begin_s + SHORTEST_S, self.whole_s))
        self._tell()

    def show_heard(self, at_s: float | None) -> None:
        """This place is heard now, or none."""
        if at_s != self._heard_s:
            self._heard_s = at_s
            self.update()

    def _tell(self) -> None:
        self.setAccessibleDescription(f"from {exact_clock(self.begin_s)} to {exact_clock(self.end_s)}")
        self.update()
        self.moved.emit()

    def _slide(self, by_s: float) -> None:
        by_s = min(max(by_s, -self.begin_s), self.whole_s - self.end_s)
        self.begin_s, self.end_s = self.begin_s + by_s, self.end_s + by_s
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, held = Qt.Key, event.modifiers()
        if event.key() not in (keys.Key_Left, keys.Key_Right):
            super().keyPressEvent(event)
            return
        by_s = _FINE_S if held & Qt.KeyboardModifier.AltModifier else _STEP_S
        by_s = -by_s if event.key() == keys.Key_Left else by_s
        if held & Qt.KeyboardModifier.ControlModifier:
            self.set_begin(self.begin_s + by_s)
        elif held & Qt.KeyboardModifier.ShiftModifier:
            self.set_end(self.end_s + by_s)
        else:
            self._slide(by_s)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        super().keyReleaseEvent(event)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.isAutoRepeat():
            self.settled.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            at_s = self._seconds(event.position().x())
            self._dragged = "begin" if abs(at_s - self.begin_s) <= abs(at_s - self.end_s) else "end"
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at_s = self._seconds(event.position().x())
        if self._dragged == "begin":
            self.set_begin(at_s)
        elif self._dragged == "end":
            self.set_end(at_s)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            self._dragged = ""
            self.settled.emit()

    def _seconds(self, x: float) -> float:
        return x / max(self.width(), 1) * self.whole_s

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._card is None or not self.whole_s:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 3, -1, -3)
        left, right = (at_s / self.whole_s * self.width() for at_s in (self.begin_s, self.end_s))
        painter.fillRect(QRectF(left, 0, right - left, self.height()), QColor(COLOURS.accent_dark))
        heard = None if self._heard_s is None else self._heard_s / self.whole_s
        paint_wave(painter, box, self._card, heard)
        colour = QColor(COLOURS.text if self.hasFocus() else COLOURS.accent)
        for x, inward in ((left, 1), (right, -1)):
            at = min(max(x, 0.0), self.width() - 1.0)
            painter.fillRect(QRectF(at, 0, 1, self.height()), colour)
            painter.fillRect(QRectF(at, 0, inward * _HANDLE, 8).normalized(), colour)
