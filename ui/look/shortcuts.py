"""Keys for buttons.

Qt's own `setShortcut` presses a button for a tenth of a second before it acts, and forgets the key whenever the text
changes; an instrument's keys act at once.
"""

from collections.abc import Callable

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QWidget


def on_key(owner: QWidget, keys: str, action: Callable[[], object], *, repeat: bool = False) -> None:
    """Do `action` when `keys` are pressed anywhere in the window, as long as `owner` is visible and enabled."""
    shortcut = QShortcut(QKeySequence(keys), owner)
    shortcut.setAutoRepeat(repeat)
    shortcut.activated.connect(action)


def click_on_key(button: QAbstractButton, keys: str) -> None:
    """Click `button` when `keys` are pressed anywhere in the window."""
    on_key(button, keys, button.click)
