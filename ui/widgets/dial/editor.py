"""A knob's value as text: Enter takes it, Escape leaves it as it was."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from synth.errors import UsageError
from synth.instrument.parameters.parameter import Parameter
from ui.widgets.dial.face import fitted

_HEIGHT, _RIM = 22, 2
_INSIDE = 4
"""What Qt keeps free around a line's text and draws as its border, left and right together."""
_POINTS = 10.0


class ValueEditor(QLineEdit):
    """Lies over the knob's own value while one types."""

    typed = Signal(float)
    """A value within the parameter's range."""
    refused = Signal(str)
    """What was typed cannot be used, in one sentence."""
    left = Signal(bool)
    """It was closed; True when it had the keyboard, which its knob has now."""

    def __init__(self, parameter: Parameter, knob: QWidget) -> None:
        super().__init__(knob)
        self._parameter, self._knob = parameter, knob
        self.setAccessibleName(f"{parameter.label} value")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setStyleSheet("padding: 0px; border-radius: 4px;")
        self.editingFinished.connect(self.close_it)

    def open_with(self, text: str) -> None:
        """Type on from this."""
        self.setGeometry(_RIM, self._knob.height() - _HEIGHT, self._knob.width() - 2 * _RIM, _HEIGHT)
        # A value is seen whole, in letters as small as that takes: the knob's own are fitted likewise.
        font = self.font()
        font.setPointSizeF(_POINTS)
        self.setFont(fitted(font, text, self.width() - 2 * _INSIDE))
        self.setText(text)
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        asked = event.key() if isinstance(event, QKeyEvent) else None
        if event.type() == QEvent.Type.ShortcutOverride and asked == Qt.Key.Key_Escape:
            # Or the window would take it, and the editor stay open.
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Accepted here and not passed on: the knob itself would take Enter as a wish to type again.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        elif event.key() == Qt.Key.Key_Escape:
            self.close_it()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        try:
            value = self._parameter.parse(self.text(), clamp=True)
        except UsageError as problem:
            self.refused.emit(str(problem))
        else:
            self.typed.emit(value)
        self.close_it()

    def close_it(self) -> None:
        """Put it away."""
        if self.isVisible():
            # Focus first: hiding would hand it to whatever comes next.
            typing = self.hasFocus()
            if typing:
                self._knob.setFocus()
            self.hide()
            self.left.emit(typing)
