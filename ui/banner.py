"""Sentences that must be seen, in a strip that never stops the music."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

_SHOWN_MS = 9000


class Banner(QFrame):
    """Shows one sentence at a time, the latest; urgent ones stay until dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setAccessibleName("Notice")
        self._close = QToolButton()
        self._close.setText("×")
        self._close.setToolTip("Dismiss (Esc)")
        self._close.setAccessibleName("Dismiss notice")
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.addWidget(self._label, 1)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self.urgent = False
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" when hidden."""
        return "" if self.isHidden() else self._label.text()

    def say(self, text: str, *, urgent: bool = False) -> None:
        """Show a sentence; a mere notice does not cover an urgent one."""
        if self.urgent and not urgent and not self.isHidden():
            return
        self.urgent = urgent
        self.setProperty("urgent", urgent)
        self.style().unpolish(self)
        self.style().polish(self)
        self._label.setText(text)
        self._label.setAccessibleDescription(text)
        self.show()
        if urgent:
            self._timer.stop()
        else:
            self._timer.start(_SHOWN_MS)

    def dismiss(self) -> None:
        """Put it away."""
        self._timer.stop()
        self.urgent = False
        self.hide()
