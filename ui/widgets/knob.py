"""A knob drawn for this instrument on Qt's own dial: it keeps the dial's keys, range and accessibility."""

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QDial, QLineEdit, QSizePolicy, QWidget

from synth.errors import UsageError
from synth.instrument.parameters.parameter import Parameter
from ui.look.theme import COLOURS
from ui.widgets.knob_face import Stands, paint_dot, paint_face, paint_lock, paint_text

_DRAG_PIXELS = 180.0
"""Upward drag that turns the knob from end to end."""
_FINE = 0.1
"""Share of the motion that counts while Shift is held."""
_SIDE = 60
"""Width in pixels at which labels have their usual size."""
_LABEL_HEIGHT, _VALUE_HEIGHT = 15, 17


class Knob(QDial):
    """One parameter: drag, Shift for fine, wheel, arrows, double-click for the default, digits or Enter to type.

    Page Up and Page Down turn a knob that the keyboard came to; one that was clicked leaves them to the presets, and
    digits to the brushes.
    """

    turned = Signal(float)
    """The user chose this engine value."""
    refused = Signal(str)
    """What was typed cannot be used, in one sentence."""
    done = Signal()
    """A value was typed, or left as it was, by a hand that had come with the mouse."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = p = parameter
        self.setRange(0, p.n_steps)
        self.setSingleStep(p.display.nudge)
        self.setPageStep(max(p.display.nudge, p.n_steps // 10))
        self.setValue(p.step_of(p.default))
        self.setAccessibleName(p.label)
        self.setToolTip(f"{p.help} {p.text(p.minimum)} … {p.text(p.maximum)}")
        self.setProperty("parameter", p.id)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.drag_pixels = _DRAG_PIXELS
        self._side = _SIDE
        self._by_keyboard = self._by_mouse = False
        self._dragged_to: float | None = None
        self._fraction = 0.0
        self._editor: QLineEdit | None = None
        self._marks = (False, False)
        self._moved_by = ""
        self.valueChanged.connect(self._tell)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(self._side, round(1.05 * self._side) + 32)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def set_side(self, side: int) -> None:
        """Be so many pixels wide, and as high as looks right."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def amount(self) -> float:
        """The engine value it stands at."""
        return self.parameter.at_step(self.value())

    def show_amount(self, value: float) -> None:
        """Stand at an engine value without telling anyone."""
        if not self.isSliderDown():
            blocked = self.blockSignals(True)
            self.setValue(self.parameter.step_of(value))
            self.blockSignals(blocked)
            self._describe()
            self.update()

    def set_amount(self, value: float) -> None:
        """Turn to an engine value."""
        self.setValue(self.parameter.step_of(value))

    def show_marks(self, *, differs: bool, locked: bool) -> None:
        """Whether it stands elsewhere than the preset says, and whether it stays when another preset is loaded."""
        if (differs, locked) != self._marks:
            self._marks = differs, locked
            self._describe()
            self.update()

    def show_controller(self, name: str) -> None:
        """The MIDI controller that moves it, or ""."""
        self._moved_by = name
        self._describe()

    def let_go(self) -> None:
        """End a drag, wherever the mouse is; nothing that it left over shortens the next notch."""
        self._dragged_to, self._fraction = None, 0.0
        self.setSliderDown(False)

    def _tell(self) -> None:
        self._describe()
        self.turned.emit(self.amount())

    def _describe(self) -> None:
        differs, locked = self._marks
        said = [self.parameter.text(self.amount())]
        said += ["differs from the preset"] if differs else []
        said += ["locked"] if locked else []
        said += [f"MIDI {self._moved_by}"] if self._moved_by else []
        self.setAccessibleDescription(", ".join(said))

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
        self._by_keyboard, self._by_mouse = False, True
        self.setSliderDown(True)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_to is None:
            return
        position = self.drag_position(event)
        fine = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._nudge((position - self._dragged_to) * fine * self.parameter.n_steps / self.drag_pixels)
        self._dragged_to = position

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.let_go()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setValue(self.parameter.step_of(self.parameter.default))

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Alt, and Shift on some systems, turn a vertical wheel into a horizontal one.
        delta = event.angleDelta().y() or event.angleDelta().x()
        fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self._nudge(delta / 120 * (1 if fine else self.singleStep()))
        event.accept()

    # Keyboard

    def event(self, event: QEvent) -> bool:
        # Digits typed here are a value, not the window's shortcuts for brushes.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            page = event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._by_keyboard
            if page or self._begins_value(event):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {Qt.Key.Key_Up: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_Left: -1}
        if event.key() in arrows:
            fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._nudge(arrows[Qt.Key(event.key())] * (1 if fine else self.singleStep()))
        elif self._begins_value(event):
            self.start_typing(event.text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.start_typing(self.parameter.text(self.amount()))
            if self._editor:
                self._editor.selectAll()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.setValue(self.parameter.step_of(self.parameter.default))
        else:
            super().keyPressEvent(event)

    def _begins_value(self, event: QKeyEvent) -> bool:
        """A digit after a drag is meant for the brushes, whose keys digits are."""
        return _starts_a_value(event) and not self._by_mouse

    def start_typing(self, text: str) -> None:
        """Open the value for typing; Enter takes it, Escape leaves it as it was."""
        editor = self._editor
        if editor is None:
            editor = QLineEdit(self)
            editor.setAccessibleName(f"{self.parameter.label} value")
            editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
            editor.setStyleSheet("padding: 0px; border-radius: 4px;")
            editor.editingFinished.connect(self._close_editor)
            editor.installEventFilter(self)
            self._editor = editor
        editor.setGeometry(2, self.height() - 22, self.width() - 4, 22)
        editor.setText(text)
        editor.show()
        editor.setFocus()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        # Handled here and not passed on: the knob itself would take Enter as a wish to type again.
        if watched is not self._editor or not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            # Or the window would take it, and the editor stay open.
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take_typed()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._close_editor()
                return True
        return False

    def _take_typed(self) -> None:
        if self._editor is None:
            return
        try:
            value = self.parameter.parse(self._editor.text(), clamp=True)
        except UsageError as problem:
            self.refused.emit(str(problem))
        else:
            self.setValue(self.parameter.step_of(value))
        self._close_editor()

    def _close_editor(self) -> None:
        if self._editor and self._editor.isVisible():
            # Focus first: hiding would hand it to whatever comes next.
            typing = self._editor.hasFocus()
            if typing:
                self.setFocus()
            self._editor.hide()
            if typing and self._by_mouse:
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
        top, foot = larger * _LABEL_HEIGHT, larger * _VALUE_HEIGHT
        painter.setPen(QColor(COLOURS.text if active else COLOURS.dim))
        paint_text(painter, QRectF(0, 0, self.width(), top), p.display.name, 8.5 * larger)
        side = self.height() - top - foot - 8
        stands = Stands(
            start=0.5 if p.minimum == -p.maximum else 0.0,
            end=self.value() / max(self.maximum(), 1),
            usual=p.step_of(p.default) / p.n_steps,
        )
        paint_face(
            painter, QRectF((self.width() - side) / 2, top + 5, side, side), stands,
            thick=4.0 * larger, active=active, focused=self.hasFocus(),
        )  # fmt: skip
        differs, locked = self._marks
        if differs:
            paint_dot(painter, QRectF(1, top + 4, 6, 6))
        if locked:
            paint_lock(painter, QRectF(self.width() - 11, top + 2, 9, 11))
        painter.setPen(QColor(COLOURS.accent if held else COLOURS.text))
        value = QRectF(0, self.height() - foot, self.width(), foot)
        paint_text(painter, value, self.parameter.text(self.amount()), 8.5 * larger)


def _starts_a_value(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    return plain and event.text() != "" and event.text() in "0123456789.,-+"
