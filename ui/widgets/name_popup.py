"""A line that asks for a short name where one has clicked."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

_WIDTH = 170


class NamePopup(QFrame):
    """Enter takes the name, Escape or a click elsewhere leaves."""

    named = Signal(str)

    def __init__(self, name: str, longest: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("namebar")
        self.edit = QLineEdit()
        self.edit.setMaxLength(longest)
        self.edit.setFixedWidth(_WIDTH)
        self.edit.setAccessibleName(name)
        self.edit.setToolTip("Enter takes the name, Escape leaves it; an empty one takes it away")
        self.edit.returnPressed.connect(self._take)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 6, 6)
        row.addWidget(self.edit)

    def ask(self, title: str, name: str, at: QPoint) -> None:
        """Ask here, in the screen's coordinates, with this name ready to be typed over."""
        self.edit.setPlaceholderText(title)
        self.edit.setText(name)
        self.edit.selectAll()
        self.move(at)
        self.show()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        self.hide()
        self.named.emit(self.edit.text())
