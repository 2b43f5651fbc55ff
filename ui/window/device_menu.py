"""Where the sound goes: a menu of outputs, read anew each time it opens."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from synth.errors import AudioDeviceError
from ui.look.shortcuts import click_on_key

DEFAULT_LABEL = "System default"


class DeviceMenu(QToolButton):
    """Asks for an output by name; None is the system's default."""

    chosen = Signal(object)
    refused = Signal(str)

    def __init__(
        self, list_outputs: Callable[[], list[str]], current: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._list_outputs = list_outputs
        self._current = current
        self.setText("Output")
        self.setAccessibleName("Output device")
        self.setToolTip("Choose the output device (Ctrl+D)")
        click_on_key(self, "Ctrl+D")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.outputs = QMenu(self)
        self._group = QActionGroup(self.outputs)
        self.clicked.connect(self._open)

    def _open(self) -> None:
        # `popup` returns at once. A button's own menu and `exec` wait with Python's lock held: the engine would starve
        # for as long as the menu is open.
        self.refresh()
        self.outputs.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def refresh(self) -> None:
        """Read which outputs there are."""
        self.outputs.clear()
        try:
            names = self._list_outputs()
        except AudioDeviceError as problem:
            names = []
            self.refused.emit(str(problem))
        self._group.deleteLater()
        self._group = QActionGroup(self.outputs)
        self._add(DEFAULT_LABEL, None)
        self.outputs.addSeparator()
        for name in names:
            self._add(name, name)

    def names(self) -> list[str]:
        """What the menu offers now."""
        return [action.text() for action in self.outputs.actions() if not action.isSeparator()]

    def choose(self, name: str | None) -> None:
        """Ask for this output."""
        self.chosen.emit(name)

    def show_current(self, name: str | None) -> None:
        """This is the output in use."""
        self._current = name

    def _add(self, label: str, name: str | None) -> None:
        action = QAction(label, self.outputs)
        action.setCheckable(True)
        action.setChecked(name == self._current)
        action.triggered.connect(lambda: self.choose(name))
        self._group.addAction(action)
        self.outputs.addAction(action)
