"""A button that asks the engine for something and then shows what the engine says."""

import time

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton

_HOLD_S = 1.0
"""The engine answers within a block or two, the window looks at it 30 times a second; both can be late when busy."""


class AskingButton(QPushButton):
    """On or off. For a moment after a press it shows what was asked for.

    What the window saw before the press would turn it back, and a second press would then repeat the first:
    Record pressed twice would stop a take and not begin the next.
    """

    def __init__(self, icon: QIcon, text: str) -> None:
        super().__init__(icon, text)
        self.setCheckable(True)
        self._held_until = 0.0
        self.clicked.connect(self._hold)

    def follow(self, on: bool) -> None:
        """Show what the engine says, unless the last press was just now."""
        if self.isChecked() != on and time.monotonic() >= self._held_until:
            self.setChecked(on)

    def _hold(self) -> None:
        self._held_until = time.monotonic() + _HOLD_S
