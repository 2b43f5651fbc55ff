"""Small buttons for all controls at once: states A to D, copy one to another, vary and its list, revert, init."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QToolButton, QWidget

from ui.controls.states import LETTERS, MAX_NAME, Letter, States
from ui.look.shortcuts import on_key
from ui.widgets.name_popup import NamePopup
from ui.widgets.tool_button import tool_button


class CompareBar(QWidget):
    """Asks; what becomes of it is the control desk's business."""

    switch_asked = Signal()
    """To the state that played before."""
    state_asked = Signal(str)
    copy_asked = Signal(str)
    """Copy what plays to this state; "" is the one that played before."""
    named = Signal(str, str)
    """A state and its new name."""
    vary_asked = Signal()
    list_asked = Signal()
    """The list of variations is wanted: `show_list` shows it."""
    variation_asked = Signal(int)
    """Back to this one of the list."""
    revert_asked = Signal()
    init_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self._states = States()
        self._naming: Letter = "A"
        self.states: dict[str, QToolButton] = {}
        for number, letter in enumerate(LETTERS, start=1):
            button = self._button(letter, f"State {letter}", "")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, letter=letter: self._choose(letter))
            on_key(self, f"Alt+{number}", button.click)
            row.addWidget(button)
            self.states[letter] = button
        self.copy = self._button("→ B", "Copy state", "")
        self.vary = self._button("Vary", "Vary", "Move life, weather, playhead, width and tilt at random (V)")
        self.list = self._button("▾", "Variations", "What Vary made before, to go back to (Shift+V)")
        self.revert = self._button("Revert", "Revert", "")
        self.init = self._button("Init", "Init", "Set every control, volume and note too, to its default (Ctrl+I)")
        self._menu, self._of_state, self._list_menu = QMenu(self), QMenu(self), QMenu(self)
        self.naming = NamePopup("State name", MAX_NAME, self)
        self.naming.named.connect(lambda name: self.named.emit(self._naming, name))
        for keys, text, asked, shown in (
            ("B", "Switch to the state that played before", self.switch_asked.emit, None),
            ("Shift+B", "Copy to the state that played before", lambda: self.copy_asked.emit(""), self.copy),
            ("V", "Vary", self.vary_asked.emit, self.vary),
            ("Shift+V", "Variations…", self.list_asked.emit, self.list),
            ("Ctrl+Shift+I", "Revert to the preset", self.revert_asked.emit, self.revert),
            ("Ctrl+I", "Init", self.init_asked.emit, self.init),
        ):
            on_key(self, keys, asked)
            action = QAction(f"{text}\t{keys}", self._menu)
            action.triggered.connect(lambda _=False, asked=asked: asked())
            self._menu.addAction(action)
            if shown is not None:
                shown.clicked.connect(lambda _=False, asked=asked: asked())
                row.addWidget(shown)
        row.insertSpacing(row.indexOf(self.vary), 5)
        self.show_states(self._states)
        self.show_difference(False)

    def _button(self, text: str, name: str, tip: str) -> QToolButton:
        button = tool_button(text, name, tip, "", role="letter" if len(text) == 1 else "micro")
        button.setFixedHeight(18)
        if len(text) == 1:
            button.setFixedWidth(20)
        return button

    def _choose(self, letter: Letter) -> None:
        other = letter != self._states.letter
        self.show_states(self._states)
        if other:
            self.state_asked.emit(letter)

    def show_states(self, states: States) -> None:
        """Which state plays, what they are called, and which played before."""
        self._states = states
        for number, letter in enumerate(LETTERS, start=1):
            button, name = self.states[letter], states.names.get(letter, "")
            button.setChecked(letter == states.letter)
            button.setAccessibleName(f"State {letter}, {name}" if name else f"State {letter}")
            held = "" if letter == states.letter or letter in states.stored else ": not used yet, begins as a copy"
            button.setToolTip(f"Control state {states.title(letter)}{held} (Alt+{number}; right-click: name, copy)")
        self.copy.setText(f"→ {states.back}")
        self.copy.setToolTip(f"Copy control state {states.letter} to {states.back} (Shift+B)")

    def show_difference(self, differs: bool) -> None:
        """Whether there is anything to revert."""
        if self.revert.isEnabled() != differs or not self.revert.toolTip():
            self.revert.setEnabled(differs)
            about = "Controls as the preset has them" if differs else "Nothing differs from the preset"
            self.revert.setToolTip(f"{about} (Ctrl+Shift+I)")

    def show_list(self, labels: Sequence[str], current: int | None) -> None:
        """Offer these variations, oldest first; `current` is the one that plays."""
        self._list_menu.clear()
        for i in reversed(range(len(labels))):
            action = self._add(self._list_menu, labels[i], partial(self.variation_asked.emit, i))
            action.setCheckable(True)
            action.setChecked(i == current)
        if not labels:
            self._add(self._list_menu, "No variation yet: Vary (V) makes one", lambda: None).setEnabled(False)
        # Not exec(): a menu's own loop would hold Python's lock against the engine.
        self._list_menu.popup(self.list.mapToGlobal(QPoint(0, self.list.height())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        on = QApplication.focusWidget() if by_key else self.childAt(event.pos())
        letter = next((letter for letter in LETTERS if self.states[letter] is on), None)
        if letter is None:
            self._menu.popup(event.globalPos())
        else:
            self._offer(letter, event.globalPos())

    def _offer(self, letter: Letter, at: QPoint) -> None:
        states, menu = self._states, self._of_state
        menu.clear()
        self._add(menu, f"Name state {letter}…", lambda: self._ask_name(letter, at))
        playing = states.letter
        if letter != playing:
            self._add(menu, f"Play {states.title(letter)}", partial(self.state_asked.emit, letter))
        for to in LETTERS if letter == playing else (letter,):
            if to != playing:
                text = f"Copy {states.title(playing)} to {states.title(to)}"
                self._add(menu, text, partial(self.copy_asked.emit, to))
        menu.popup(at)

    def _ask_name(self, letter: Letter, at: QPoint) -> None:
        self._naming = letter
        self.naming.ask(f"Name of state {letter}", self._states.names.get(letter, ""), at)

    def _add(self, menu: QMenu, text: str, act: Callable[[], object]) -> QAction:
        action = QAction(text, menu)
        action.triggered.connect(lambda _=False: act())
        menu.addAction(action)
        return action
