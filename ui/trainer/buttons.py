"""Buttons of the sheet, each with a name, a tip and, where it matters, a key."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from ui.look.shortcuts import click_on_key


def push_button(text: str, tip: str, keys: str = "", *, role: str = "", name: str = "") -> QPushButton:
    """A button that `keys`, if any, click while it can be seen."""
    button = QPushButton(text)
    button.setAccessibleName(name or text.rstrip("…"))
    button.setToolTip(f"{tip} ({keys})" if keys else tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if role:
        button.setProperty("role", role)
    if keys:
        click_on_key(button, keys)
    return button
