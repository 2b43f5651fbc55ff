"""The four macros, shown large, each under the name that the player gave it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui.controls.motion.book import MotionBook
from ui.controls.motion.model import LONGEST_NAME
from ui.widgets.knob import Knob

_LARGER = 14
"""Pixels wider than other knobs of the window: then name and knob are as high as these with their title."""
_NAME_HEIGHT = 20


class MacroName(QLineEdit):
    """Enter keeps what was typed and gives the keyboard back; Escape leaves the name as it was."""

    done = Signal()

    def __init__(self, macro: str, label: str, book: MotionBook) -> None:
        super().__init__()
        self._macro, self._book = macro, book
        self.setPlaceholderText(label)
        self.setMaxLength(LONGEST_NAME)
        self.setAccessibleName(f"{label} name")
        self.setToolTip(f"Name of {label}; Enter keeps it")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFixedHeight(_NAME_HEIGHT)
        self.setStyleSheet("padding: 0 4px; font-size: 8pt;")
        self.editingFinished.connect(lambda: book.name_macro(macro, self.text()))
        self.follow()

    def follow(self) -> None:
        """Show the name as it is now, unless somebody types."""
        given = self._book.motion.called_of(self._macro)
        if not self.hasFocus() and self.text() != given:
            self.setText(given)

    def event(self, event: QEvent) -> bool:
        asked = event.key() if isinstance(event, QKeyEvent) else None
        if event.type() == QEvent.Type.ShortcutOverride and asked == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._book.motion.called_of(self._macro))
            self.done.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            self.done.emit()
        else:
            super().keyPressEvent(event)


class MacroBank(QWidget):
    """Name over knob, four times."""

    done = Signal()
    """A name was typed: the keyboard can go back to the instrument."""

    def __init__(self, knobs: Sequence[Knob], book: MotionBook) -> None:
        super().__init__()
        self.knobs = list(knobs)
        self.names = [MacroName(knob.parameter.id, knob.parameter.label, book) for knob in knobs]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch(1)
        for name, knob in zip(self.names, self.knobs, strict=True):
            knob.labelled = False
            name.done.connect(self.done)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(name)
            column.addWidget(knob, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addStretch(1)
            row.addLayout(column, 4)
            row.addStretch(1)

    def fit(self, side: int) -> None:
        """Larger than other knobs of this window."""
        for knob in self.knobs:
            knob.set_side(side + _LARGER)

    def follow(self) -> None:
        """The names as they are now."""
        for name in self.names:
            name.follow()
