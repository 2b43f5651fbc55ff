"""Where the sound goes: a menu of outputs, read anew each time it opens."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from synth.errors import AudioDeviceError
from ui.shortcuts import on_key

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
        on_key(self, "Ctrl+D", self.showMenu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self.refresh)
        self.setMenu(self._menu)

    def refresh(self) -> None:
        """Read which outputs there are."""
        self._menu.clear()
        try:
            names = self._list_outputs()
        except AudioDeviceError as problem:
            names = []
            self.refused.emit(str(problem))
        group = QActionGroup(self._menu)
        self._add(group, DEFAULT_LABEL, None)
        self._menu.addSeparator()
        for name in names:
            self._add(group, name, name)

    def names(self) -> list[str]:
        """What the menu offers now."""
        return [action.text() for action in self._menu.actions() if not action.isSeparator()]

    def choose(self, name: str | None) -> None:
        """Ask for this output."""
        self._current = name
        self.chosen.emit(name)

    def _add(self, group: QActionGroup, label: str, name: str | None) -> None:
        action = QAction(label, self._menu)
        action.setCheckable(True)
        action.setChecked(name == self._current)
        action.triggered.connect(lambda: self.choose(name))
        group.addAction(action)
        self._menu.addAction(action)
