"""A slim horizontal slider with its name and value on it, for what needs less room than a knob."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from synth.instrument.parameters.parameter import Parameter
from ui.look.theme import COLOURS
from ui.widgets.dial.value_dial import PLACES
from ui.widgets.knob import Knob

_MARGIN = 8
"""Beside its words, in pixels."""
_BAR = 2.0
"""How high the line is that shows how far something moves it."""


class Slider(Knob):
    """A knob in all but looks: keys, wheel, typing and double-click are the same, the drag is sideways."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.drag_pixels = float(self.sizeHint().width())

    def sizeHint(self) -> QSize:
        return QSize(118, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(106, 28)

    def drag_position(self, event: QMouseEvent) -> float:
        return event.position().x()

    def face(self) -> QRectF:
        return QRectF(self.rect())

    def number_box(self) -> QRectF:
        wide = QFontMetricsF(self._text_font()).horizontalAdvance(self.parameter.text(self.amount()))
        return QRectF(self.rect()).adjusted(self.width() - wide - _MARGIN, 0, 0, 0)

    def _text_font(self) -> QFont:
        font = self.font()
        font.setPointSizeF(8.5)
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(body, 6, 6)
        painter.fillPath(shape, QColor(COLOURS.raised))
        painter.setClipPath(shape)
        filled = QRectF(body)
        filled.setWidth(body.width() * self.value() / max(self.maximum(), 1))
        painter.fillRect(filled, QColor(COLOURS.accent_dark))
        for i, ring in enumerate(self._rings):
            low, high = (body.left() + body.width() * end for end in self.reach_of(ring))
            at = body.bottom() - (i + 1) * (_BAR + 1)
            painter.fillRect(QRectF(low, at, max(high - low, 1.0), _BAR), QColor(ring.colour))
        if self._present is not None:
            now = body.left() + body.width() * self._present / PLACES
            painter.fillRect(QRectF(now - 1.5, body.bottom() - 8, 3.0, 8.0), QColor(self._rings[0].colour))
        painter.setClipping(False)
        lit = self.hasFocus() or self.isSliderDown()
        painter.setPen(QColor(COLOURS.accent if lit else COLOURS.line))
        painter.drawPath(shape)
        painter.setFont(self._text_font())
        inner = body.adjusted(_MARGIN, 0, -_MARGIN, 0)
        value, metrics = self.parameter.text(self.amount()), painter.fontMetrics()
        room = round(inner.width() - metrics.horizontalAdvance(value) - 5)
        label = metrics.elidedText(self.parameter.display.name, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(COLOURS.dim))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
        painter.setPen(QColor(COLOURS.text))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
