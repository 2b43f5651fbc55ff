"""What can be done with one control: lock it, or put it back to the preset's value or the default."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from ui.look.shortcuts import on_key
from ui.widgets.knob import Knob


class KnobMenu(QMenu):
    """One menu for all knobs: it is told whose it is when it opens, by a right click or the menu key."""

    lock_asked = Signal(str)
    """The lock of this control is to change."""
    revert_asked = Signal(str)
    default_asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._id = ""
        self.lock = self._add("Lock: keep this value when another preset is loaded\tCtrl+Shift+L", self.lock_asked.emit)
        self.lock.setCheckable(True)
        self.addSeparator()
        self.revert = self._add("The preset’s value", self.revert_asked.emit)
        self.default = self._add("The default value\tDel", self.default_asked.emit)

    def _add(self, text: str, ask: Callable[[str], object]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda: ask(self._id))
        self.addAction(action)
        return action

    def offer(self, knob: Knob, *, may_lock: bool, locked: bool, differs: bool, at: QPoint) -> None:
        """Open it for this knob; a control that no preset sets has neither lock nor preset's value."""
        self._id = knob.parameter.id
        self.lock.setVisible(may_lock)
        self.lock.setChecked(locked)
        self.revert.setVisible(may_lock)
        self.revert.setEnabled(differs)
        self.popup(at)


def lock_key(panel: QWidget, focused: Callable[[], Knob | None], ask: Callable[[str], object]) -> None:
    """Ctrl+Shift+L locks the knob that has the keyboard."""

    def press() -> None:
        knob = focused()
        if knob is not None:
            ask(knob.parameter.id)

    on_key(panel, "Ctrl+Shift+L", press)


def open_on_right_click(knob: Knob, offer: Callable[[Knob, QPoint], object]) -> None:
    """Let `offer` open the menu where the knob is clicked."""
    knob.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    knob.customContextMenuRequested.connect(lambda at: offer(knob, knob.mapToGlobal(at)))
