"""Whether anything of a window can be seen: not while it is minimised or hidden, nor covered where the system tells."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QWidget

_WITH_A_NEW_WINDOW = (QEvent.Type.Show, QEvent.Type.WinIdChange)
_MAY_CHANGE = (QEvent.Type.Expose, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.WindowStateChange)


class Exposure(QObject):
    """Follows the system's own window of a top-level widget."""

    changed = Signal(bool)
    """True when it can be seen again, False when it cannot any more."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.seen = True
        """True while something of it can be seen, and until it is shown for the first time."""
        self._widget = widget
        self._window: QWindow | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._widget and event.type() in _WITH_A_NEW_WINDOW:
            self._follow(self._widget.windowHandle())
        elif watched is self._window and event.type() in _MAY_CHANGE:
            self._look()
        return False

    def _follow(self, window: QWindow | None) -> None:
        """The widget has a window of the system, or another one."""
        if window is not self._window:
            if self._window is not None:
                self._window.removeEventFilter(self)
            self._window = window
            if window is not None:
                window.installEventFilter(self)
        self._look()

    def _look(self) -> None:
        window = self._window
        minimised = self._widget.isMinimized()
        seen = window is not None and window.isExposed() and not minimised
        if seen != self.seen:
            self.seen = seen
            self.changed.emit(seen)
