"""A knob drawn for this instrument on Qt's own dial: it keeps the dial's keys, range and accessibility."""

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QInputEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from synth.instrument.parameters.parameter import Parameter
from ui.look.theme import COLOURS
from ui.widgets.dial.editor import ValueEditor
from ui.widgets.dial.face import Stands, paint_dot, paint_face, paint_lock, paint_present, paint_rings, paint_text
from ui.widgets.dial.value_dial import PLACES, ValueDial

_DRAG_PIXELS = 180.0
"""Upward drag that turns the knob from end to end."""
_FINE = 0.1
"""Share of the motion that counts while Shift is held."""
_SIDE = 60
"""Width in pixels at which labels have their usual size."""
_STILL_PIXELS = 3.0
"""A press that moved less is a click."""
_RING_STEP = 0.05
"""Of a ring, by a notch or an arrow key."""
_LABEL_HEIGHT, _VALUE_HEIGHT = 15, 17


class Knob(ValueDial):
    """One parameter: drag, Shift for fine, wheel, arrows, double-click for the default; digits, Enter or a click on its
    number to type.

    Page Up and Page Down turn a knob that the keyboard came to; one that was clicked leaves them to the presets, and
    digits to the brushes.
    """

    refused = Signal(str)
    """What was typed cannot be used, in one sentence."""
    done = Signal()
    """A value was typed, or left as it was, by a hand that had come with the mouse."""
    ring_drawn = Signal(float)
    """Ctrl and a drag, a notch or an arrow: its ring is to reach so much further, as a share of its range."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.drag_pixels = _DRAG_PIXELS
        self._side = _SIDE
        self._by_keyboard = self._by_mouse = False
        self._dragged_to: float | None = None
        self._travel = 0.0
        """How far the mouse was moved while it is pressed, in pixels."""
        self._fraction = 0.0
        self._editor: ValueEditor | None = None
        self.labelled = True
        """False where its name stands beside it: then its face is larger."""

    def sizeHint(self) -> QSize:
        return QSize(self._side, round(1.05 * self._side) + (32 if self.labelled else 17))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def set_side(self, side: int) -> None:
        """Be so many pixels wide, and as high as looks right."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def let_go(self) -> None:
        """End a drag, wherever the mouse is; nothing that it left over shortens the next notch."""
        self._dragged_to, self._fraction = None, 0.0
        self.setSliderDown(False)

    def _nudge(self, steps: float) -> None:
        """Turn by a number of steps; fractions are kept for the next turn."""
        self._fraction += steps
        whole = math.trunc(self._fraction)
        self._fraction -= whole
        self.setValue(self.value() + whole)

    # Mouse

    def drag_position(self, event: QMouseEvent) -> float:
        """Where the mouse is along the direction that turns the knob up."""
        return -event.position().y()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._dragged_to, self._fraction = self.drag_position(event), 0.0
        self._travel = 0.0
        self._by_keyboard, self._by_mouse = False, True
        self.setSliderDown(True)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_to is None:
            return
        position = self.drag_position(event)
        self._travel += abs(position - self._dragged_to)
        fine = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        if self._draws_ring(event):
            self.ring_drawn.emit((position - self._dragged_to) * fine / self.drag_pixels)
        else:
            self._nudge((position - self._dragged_to) * fine * self.parameter.n_steps / self.drag_pixels)
        self._dragged_to = position

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._dragged_to is not None and self._travel < _STILL_PIXELS and not event.modifiers()
        self.let_go()
        self.update()
        if clicked and self.number_box().contains(event.position()):
            self._type_over()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setValue(self.parameter.step_of(self.parameter.default))

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Alt, and Shift on some systems, turn a vertical wheel into a horizontal one.
        delta = event.angleDelta().y() or event.angleDelta().x()
        fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if self._draws_ring(event):
            self.ring_drawn.emit(_RING_STEP * delta / 120)
        else:
            self._nudge(delta / 120 * (1 if fine else self.singleStep()))
        event.accept()

    def _draws_ring(self, event: QInputEvent) -> bool:
        return bool(self._rings and event.modifiers() & Qt.KeyboardModifier.ControlModifier)

    # Keyboard

    def event(self, event: QEvent) -> bool:
        # Digits typed here are a value, not the window's shortcuts for brushes.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            page = event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._by_keyboard
            if page or self._begins_value(event):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {Qt.Key.Key_Up: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_Left: -1}
        if event.key() in arrows and self._draws_ring(event):
            self.ring_drawn.emit(_RING_STEP * arrows[Qt.Key(event.key())])
        elif event.key() in arrows:
            fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._nudge(arrows[Qt.Key(event.key())] * (1 if fine else self.singleStep()))
        elif self._begins_value(event):
            self.start_typing(event.text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self._type_over()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.setValue(self.parameter.step_of(self.parameter.default))
        else:
            super().keyPressEvent(event)

    def _begins_value(self, event: QKeyEvent) -> bool:
        """A digit after a drag is meant for the brushes, whose keys digits are."""
        return _starts_a_value(event) and not self._by_mouse

    def start_typing(self, text: str) -> None:
        """Open the value for typing; Enter takes it, Escape leaves it as it was."""
        if self._editor is None:
            self._editor = editor = ValueEditor(self.parameter, self)
            editor.typed.connect(self.set_amount)
            editor.refused.connect(self.refused)
            editor.left.connect(self._type_no_more)
        self._editor.open_with(text)
        self.update()

    def _type_over(self) -> None:
        """Open the value as it is, so that the first key replaces it."""
        self.start_typing(self.parameter.text(self.amount()))
        if self._editor:
            self._editor.selectAll()

    def _type_no_more(self, had_keyboard: bool) -> None:
        self.update()
        if had_keyboard and self._by_mouse:
            self.done.emit()

    # Looks

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._by_keyboard, self._by_mouse = True, False
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        p, held = self.parameter, self.isSliderDown()
        active = held or self.underMouse() or self.hasFocus()
        larger = max(1.0, self.width() / _SIDE)
        face = self.face()
        if self.labelled:
            painter.setPen(QColor(COLOURS.text if active else COLOURS.dim))
            paint_text(painter, QRectF(0, 0, self.width(), larger * _LABEL_HEIGHT), p.display.name, 8.5 * larger)
        stands = Stands(
            start=0.5 if p.minimum == -p.maximum else 0.0,
            end=self.value() / max(self.maximum(), 1),
            usual=p.step_of(p.default) / p.n_steps,
        )
        paint_face(painter, face, stands, thick=4.0 * larger, active=active, focused=self.hasFocus())
        if self._rings:
            paint_rings(painter, face, [(*self.reach_of(ring), ring.colour) for ring in self._rings], 4.0 * larger)
        if self._present is not None:
            paint_present(painter, face, self._present / PLACES, self._rings[0].colour, 4.0 * larger)
        differs, locked = self._marks
        if differs:
            paint_dot(painter, QRectF(1, face.top() - 1, 6, 6))
        if locked:
            paint_lock(painter, QRectF(self.width() - 11, face.top() - 3, 9, 11))
        painter.setPen(QColor(COLOURS.accent if held else COLOURS.text))
        if self._editor is None or self._editor.isHidden():
            # It would look out beside the editor.
            paint_text(painter, self.number_box(), self.parameter.text(self.amount()), 8.5 * larger)

    def face(self) -> QRectF:
        """Where ring and cap are."""
        larger = max(1.0, self.width() / _SIDE)
        top, foot = larger * _LABEL_HEIGHT if self.labelled else 0.0, larger * _VALUE_HEIGHT
        side = self.height() - top - foot - 8
        return QRectF((self.width() - side) / 2, top + 5, side, side)

    def number_box(self) -> QRectF:
        """Where its value stands as text: a click there opens it for typing."""
        foot = max(1.0, self.width() / _SIDE) * _VALUE_HEIGHT
        return QRectF(0, self.height() - foot, self.width(), foot)


def _starts_a_value(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    return plain and event.text() != "" and event.text() in "0123456789.,-+"
