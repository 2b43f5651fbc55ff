"""A small plug on a control that a MIDI controller moves; it is filled while the control waits for one."""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.look.theme import COLOURS

_SIDE, _SMALL = 11, 9
_PINS = ((-2.4, -0.4), (0.0, -2.4), (2.4, -0.4))


class PlugMark(QWidget):
    """Lies over a control and lets the mouse through: right of a knob's face, or in the corner of something low."""

    def __init__(self, control: QWidget, below: float) -> None:
        """`below` is the share of the control's height under the face; 0 for what has no face."""
        super().__init__(control)
        self._control, self._below = control, below
        self._waits = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._side = _SIDE if below else _SMALL
        self.setFixedSize(self._side, self._side)
        control.installEventFilter(self)
        self.hide()

    def show_state(self, *, learned: bool, waits: bool) -> None:
        """Whether a controller moves the control, and whether the control waits for one."""
        self._waits = waits
        self._lie()
        self.setVisible(learned or waits)
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._lie()
        return False

    def _lie(self) -> None:
        if self._below:
            foot = round((1 - self._below) * self._control.height())
            self.move(self._control.width() - self._side - 1, foot - self._side - 1)
        else:
            self.move(1, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(COLOURS.ground if self._waits else COLOURS.left)
        painter.setPen(QPen(QColor(COLOURS.left), 1.2))
        painter.setBrush(QColor(COLOURS.left if self._waits else COLOURS.panel))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        middle = QRectF(self.rect()).center()
        for x, y in _PINS:
            painter.drawEllipse(middle + QPointF(x, y) * self._side / _SIDE, 0.9, 0.9)
