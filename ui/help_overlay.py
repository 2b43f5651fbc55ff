"""F1: every shortcut on one sheet over the window, and where the sound and its pieces come from."""

from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from synth.preset import Preset
from ui.sheet import Sheet

SHORTCUTS: tuple[tuple[str, str], ...] = (
    ("Space", "Play and stop"),
    ("Ctrl+R", "Record a take, and stop recording"),
    ("Ctrl+T", "Show the last take in its folder"),
    ("R", "Reseed the whole culture"),
    ("Ctrl+F", "Freeze the culture"),
    ("Ctrl+H", "Follow hand"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Undo and redo a gesture"),
    ("1  2  3  4  5", "Brush: erase, paint, noise, reseed, freeze"),
    ("6  7  8", "Brush shape: round, stripe, line"),
    ("[  ]", "Smaller and larger brush"),
    (",  .", "Weaker and stronger brush"),
    ("Ctrl+B", "Go to the culture: arrows move the brush, hold Enter to touch, Shift+Enter to erase or thaw"),
    ("Ctrl+U", "Thaw every frozen cell"),
    ("C", "Colour by the hidden channels"),
    ("A … P", "Notes; W E T Y U O P are black keys"),
    ("Z  X", "Octave down and up"),
    ("0", "The preset's own pitch"),
    ("Page Up, Page Down", "Previous and next preset"),
    ("Ctrl+S", "Save what plays as a preset of yours"),
    ("Ctrl+O", "Add a preset file"),
    ("Ctrl+Shift+N", "Grow a preset from a recording; the training that runs"),
    ("Ctrl+K, Ctrl+Shift+K", "Favourite, and show favourites only"),
    ("Ctrl+G", "Choose tags"),
    ("F2, Ctrl+Shift+D", "Rename, duplicate the chosen preset"),
    ("Ctrl+Del, Ctrl+M", "Move it to the trash, and its menu"),
    ("Ctrl+L", "Search presets"),
    ("Ctrl+D", "Output device"),
    ("Tab", "Next control; Enter presses a button"),
    ("Esc", "Dismiss a notice or this sheet"),
    ("Ctrl+Q", "Quit"),
)
_MOUSE = (
    "On the culture: drag to touch, right-drag to erase (to thaw, with the freeze brush), wheel sizes the brush "
    "(Shift: length, Ctrl: height). "
    "On a knob: drag or wheel, Shift for fine, double-click for the default, type a value or press Enter."
)


class HelpOverlay(Sheet):
    """Any click or key puts it away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Shortcuts", parent)
        column = self.body
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        half = (len(SHORTCUTS) + 1) // 2
        for i, (keys, meaning) in enumerate(SHORTCUTS):
            key_label, text = QLabel(keys), QLabel(meaning)
            key_label.setStyleSheet("font-weight: 600;")
            text.setProperty("role", "dim")
            text.setWordWrap(True)
            text.setMinimumWidth(230)
            grid.addWidget(key_label, i % half, 2 * (i // half))
            grid.addWidget(text, i % half, 2 * (i // half) + 1)
        column.addLayout(grid)
        mouse = QLabel(_MOUSE)
        mouse.setWordWrap(True)
        mouse.setProperty("role", "dim")
        column.addWidget(mouse)
        self.credit = QLabel()
        self.credit.setWordWrap(True)
        self.credit.setProperty("role", "dim")
        column.addWidget(self.credit)

    def show_credit(self, preset: Preset) -> None:
        """Say where the sound that plays comes from."""
        credit = preset.credit
        self.credit.setText(
            f"“{preset.name}” is grown from “{credit.recording}” by {credit.author} ({credit.licence}). "
            "Petrichord is free software under the MIT licence, built on PyTorch, Qt for Python and pyqtgraph."
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.put_away()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.put_away()
