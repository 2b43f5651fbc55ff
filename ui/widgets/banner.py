"""Sentences that must be seen, in a strip that never stops the music."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

_SHOWN_MS = 9000


@dataclass(frozen=True)
class Remedy:
    """What the player can do about it, on a button."""

    label: str
    do: Callable[[], object]


@dataclass(frozen=True)
class _Said:
    text: str
    remedy: Remedy | None


class Banner(QFrame):
    """Shows one sentence at a time; urgent ones wait for each other and stay until each is dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._urgent: list[_Said] = []
        self._remedy: Remedy | None = None
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
        self.button = QPushButton()
        self.button.setAccessibleName("Remedy")
        self.button.setToolTip("What can be done about it now")
        self.button.clicked.connect(self._act)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.addWidget(self._label, 1)
        row.addWidget(self._more)
        row.addWidget(self.button)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" when hidden."""
        return "" if self.isHidden() else self._label.text()

    @property
    def urgent(self) -> list[str]:
        """Sentences nobody has dismissed yet; the last is shown."""
        return [said.text for said in self._urgent]

    def say(self, text: str, *, urgent: bool = False, remedy: Remedy | None = None) -> None:
        """Show a sentence, and a button where something can be done; a mere notice does not cover an urgent one."""
        said = _Said(text, remedy)
        if urgent:
            self._urgent = [*(other for other in self._urgent if other.text != text), said]
        elif self._urgent:
            return
        self._show(said)
        if not urgent:
            self._timer.start(_SHOWN_MS)

    def complain(self, problem: str, remedy: Remedy | None = None) -> None:
        """Say what went wrong; it stays until it is dismissed."""
        self.say(problem, urgent=True, remedy=remedy)

    def dismiss(self) -> None:
        """Put away what is shown; the urgent sentence before it comes back."""
        self._timer.stop()
        self._urgent = self._urgent[:-1]
        if self._urgent:
            self._show(self._urgent[-1])
        else:
            self.hide()

    def clear(self) -> None:
        """Put away everything."""
        self._urgent = []
        self.dismiss()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self._timer.stop()
        super().hideEvent(event)

    def _act(self) -> None:
        remedy = self._remedy
        self.dismiss()
        if remedy is not None:
            remedy.do()

    def _show(self, said: _Said) -> None:
        self._timer.stop()
        self.setProperty("urgent", bool(self._urgent))
        self.style().unpolish(self)
        self.style().polish(self)
        self._label.setText(said.text)
        self._label.setAccessibleDescription(said.text)
        self._remedy = said.remedy
        self.button.setVisible(said.remedy is not None)
        if said.remedy is not None:
            self.button.setText(said.remedy.label)
            self.button.setAccessibleName(said.remedy.label)
        others = len(self._urgent) - 1
        self._more.setText(f"+{others} more" if others > 0 else "")
        self.show()
