"""Whether anything of a window can be seen: not while it is minimised or hidden, nor covered where the system tells."""

from PySide6.QtCore import QEvent, QObject, Signal
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
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The system's window is asked for each time: Qt made it, and what Python holds of that can become invalid.
        if watched is self._widget and event.type() in _WITH_A_NEW_WINDOW:
            window = self._widget.windowHandle()
            if window is not None:
                # Once more is not twice: it is moved to the front.
                window.installEventFilter(self)
            self._look()
        elif event.type() in _MAY_CHANGE and watched is self._widget.windowHandle():
            self._look()
        return False

    def _look(self) -> None:
        window = self._widget.windowHandle()
        minimised = self._widget.isMinimized()
        seen = window is not None and window.isExposed() and not minimised
        if seen != self.seen:
            self.seen = seen
            self.changed.emit(seen)
