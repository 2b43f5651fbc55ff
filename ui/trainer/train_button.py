"""The way to a training from the window: says how far it is, fills as it goes on."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from ui.look.shortcuts import click_on_key
from ui.look.theme import COLOURS

_IDLE = "New from a recording…"
_KEYS = "Ctrl+Shift+N"


class TrainButton(QPushButton):
    """Opens the sheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_IDLE, parent)
        self._share: float | None = None
        self.setAccessibleName("New from a recording")
        self.setToolTip(f"Grow a preset from a recording, or drop one on the window ({_KEYS})")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        click_on_key(self, _KEYS)

    def show_share(self, share: float | None, text: str = "") -> None:
        """How much of a training is done, None when there is none; `text` says more."""
        self._share = share
        self.setText(text or _IDLE)
        self.setAccessibleDescription(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._share is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            shape = QPainterPath()
            shape.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
            painter.setClipPath(shape)
            painter.fillRect(QRectF(0, self.height() - 4, self.width() * self._share, 3), QColor(COLOURS.accent))
