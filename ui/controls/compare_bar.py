"""Small buttons for all controls at once: state A or B, copy one to the other, vary, revert to the preset, init."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from ui.look.shortcuts import on_key
from ui.widgets.tool_button import tool_button


class CompareBar(QWidget):
    """Asks; what becomes of it is the control desk's business."""

    switch_asked = Signal()
    copy_asked = Signal()
    vary_asked = Signal()
    revert_asked = Signal()
    init_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self.states: dict[str, QToolButton] = {}
        for letter in ("A", "B"):
            button = self._button(letter, f"State {letter}", f"Play control state {letter} (B switches)")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, letter=letter: self._choose(letter))
            self.states[letter] = button
        self.copy = self._button("→", "Copy state", "")
        self.vary = self._button("Vary", "Vary", "Move life, weather, playhead, width and tilt at random (V)")
        self.revert = self._button("Revert", "Revert", "")
        self.init = self._button("Init", "Init", "Set every control, volume and note too, to its default (Ctrl+I)")
        self._menu = QMenu(self)
        for keys, text, asked, shown in (
            ("B", "Switch between A and B", self.switch_asked, None),
            ("Shift+B", "Copy to the other state", self.copy_asked, self.copy),
            ("V", "Vary", self.vary_asked, self.vary),
            ("Ctrl+Shift+I", "Revert to the preset", self.revert_asked, self.revert),
            ("Ctrl+I", "Init", self.init_asked, self.init),
        ):
            on_key(self, keys, asked.emit)
            action = QAction(f"{text}\t{keys}", self._menu)
            action.triggered.connect(asked)
            self._menu.addAction(action)
            if shown is not None:
                shown.clicked.connect(asked)
        for shown in (self.states["A"], self.copy, self.states["B"], self.vary, self.revert, self.init):
            row.addWidget(shown)
        row.insertSpacing(3, 5)
        self.show_state("A")
        self.show_difference(False)

    def _button(self, text: str, name: str, tip: str) -> QToolButton:
        button = tool_button(text, name, tip, "", role="letter" if len(text) == 1 else "micro")
        button.setFixedHeight(18)
        if len(text) == 1:
            button.setFixedWidth(22)
        return button

    def _choose(self, letter: str) -> None:
        other = letter != self._letter
        self.show_state(self._letter)
        if other:
            self.switch_asked.emit()

    def show_state(self, letter: str) -> None:
        """Which state plays."""
        self._letter = letter
        for name, button in self.states.items():
            button.setChecked(name == letter)
        other = "B" if letter == "A" else "A"
        self.copy.setText("→" if letter == "A" else "←")
        self.copy.setToolTip(f"Copy control state {letter} to {other} (Shift+B)")

    def show_difference(self, differs: bool) -> None:
        """Whether there is anything to revert."""
        if self.revert.isEnabled() != differs or not self.revert.toolTip():
            self.revert.setEnabled(differs)
            about = "Controls as the preset has them" if differs else "Nothing differs from the preset"
            self.revert.setToolTip(f"{about} (Ctrl+Shift+I)")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # Not exec(): a menu's own loop would hold Python's lock against the engine.
        self._menu.popup(event.globalPos())
