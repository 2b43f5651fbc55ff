"""A name, and what else belongs to it, asked for in place: no box over a playing instrument."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

Check = Callable[[str], tuple[str, bool]]
"""Of a name: what is to be said about it, and whether it can be used all the same."""


class NameBar(QFrame):
    """Enter takes the name, Escape leaves; what speaks against it is said below, and Enter again takes it."""

    named = Signal(str, bool)
    """The name, and whether it may replace what has it."""
    opened = Signal()
    """It asks for something."""
    left = Signal()
    """It was put away, with or without a name: the keyboard can go back."""

    def __init__(self, more: QWidget | None = None, parent: QWidget | None = None) -> None:
        """`more` can be asked for below the name."""
        super().__init__(parent)
        self._more = more
        self.setObjectName("namebar")
        self._check: Check = lambda name: ("", bool(name))
        self._verb, self._asked = "", ""
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        self.title = QLabel()
        self.title.setProperty("role", "section")
        self.edit = QLineEdit()
        self.edit.setAcceptDrops(False)
        self.edit.setAccessibleName("Preset name")
        self.edit.setToolTip("The preset's name, and its file's; Enter takes it, Escape leaves")
        self.edit.textChanged.connect(self._review)
        self.edit.returnPressed.connect(self.enter)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setProperty("role", "warn")
        self.hint.setAccessibleName("About this name")
        self.take = QPushButton("Save")
        self.take.setAccessibleName("Save")
        self.take.setToolTip("Take this name (Enter)")
        self.take.clicked.connect(self._take)
        self.leave = QPushButton("Cancel")
        self.leave.setToolTip("Leave everything as it is (Esc)")
        self.leave.setAccessibleName("Cancel")
        self.leave.clicked.connect(self.put_away)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.leave, 1)
        row.addWidget(self.take, 1)
        for part in (self.title, self.edit, more, self.hint):
            if part is not None:
                column.addWidget(part)
        column.addLayout(row)
        self.hide()

    def ask(self, title: str, verb: str, name: str, check: Check, *, more: bool = False, fixed: bool = False) -> None:
        """Show it with this name in it, ready to be typed over; one that is `fixed` can only be read."""
        if self._more is not None:
            self._more.setVisible(more)
        self.edit.setReadOnly(fixed)
        self._check, self._verb, self._asked = check, verb, ""
        self.title.setText(title)
        self.edit.setText(name)
        self._review()
        self.show()
        self.opened.emit()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit.selectAll()

    def put_away(self) -> None:
        """Nothing is named."""
        if not self.isHidden():
            self.hide()
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.put_away()
        else:
            super().keyPressEvent(event)

    def _review(self) -> None:
        said, usable = self._check(self.edit.text())
        self.hint.setText(said)
        self.hint.setVisible(bool(said))
        self.take.setText("Replace" if said and usable else self._verb)
        self.take.setAccessibleName(self.take.text())
        self.take.setEnabled(usable)

    def enter(self) -> None:
        """Enter once shows what it would do, Enter twice does it; the button says it in one word."""
        name = self.edit.text().strip()
        said, usable = self._check(name)
        if said and usable and self._asked != name:
            self._asked = name
            self.hint.setText(f"{said} Press Enter again to replace it.")
        else:
            self._take()

    def _take(self) -> None:
        name = self.edit.text().strip()
        said, usable = self._check(name)
        if not usable:
            return
        # Checked anew: the file may have come into being since; then the question is asked before anything is lost.
        if said and self.take.text() != "Replace":
            self._review()
            return
        self.put_away()
        self.named.emit(name, bool(said))
