"""Sentences that must be seen, in a strip that never stops the music."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

_SHOWN_MS = 9000


class Banner(QFrame):
    """Shows one sentence at a time; urgent ones wait for each other and stay until each is dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.urgent: list[str] = []
        """Sentences nobody has dismissed yet; the last is shown."""
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setAccessibleName("Notice")
        self._more = QLabel()
        self._more.setProperty("role", "dim")
        self._close = QToolButton()
        self._close.setText("×")
        self._close.setToolTip("Dismiss (Esc)")
        self._close.setAccessibleName("Dismiss notice")
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.addWidget(self._label, 1)
        row.addWidget(self._more)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" when hidden."""
        return "" if self.isHidden() else self._label.text()

    def say(self, text: str, *, urgent: bool = False) -> None:
        """Show a sentence; a mere notice does not cover an urgent one."""
        if urgent:
            self.urgent = [*(other for other in self.urgent if other != text), text]
        elif self.urgent:
            return
        self._show(text)
        if not urgent:
            self._timer.start(_SHOWN_MS)

    def complain(self, problem: str) -> None:
        """Say what went wrong; it stays until it is dismissed."""
        self.say(problem, urgent=True)

    def dismiss(self) -> None:
        """Put away what is shown; the urgent sentence before it comes back."""
        self._timer.stop()
        self.urgent = self.urgent[:-1]
        if self.urgent:
            self._show(self.urgent[-1])
        else:
            self.hide()

    def _show(self, text: str) -> None:
        self._timer.stop()
        self.setProperty("urgent", bool(self.urgent))
        self.style().unpolish(self)
        self.style().polish(self)
        self._label.setText(text)
        self._label.setAccessibleDescription(text)
        others = len(self.urgent) - 1
        self._more.setText(f"+{others} more" if others > 0 else "")
        self.show()
