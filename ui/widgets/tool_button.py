"""Small buttons with a sign or a word on them, reached by mouse, key and name."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from ui.look.shortcuts import click_on_key


def tool_button(text: str, name: str, tip: str, keys: str, role: str) -> QToolButton:
    """A button that `keys`, if any, click; `role` is the theme's."""
    button = QToolButton()
    button.setText(text)
    button.setProperty("role", role)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    if keys:
        click_on_key(button, keys)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
