"""Opens the settings sheet, which is made when it is first asked for: its pages are half of what the window imports."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton, QWidget

from ui.controls.panel import ControlPanel
from ui.settings.desk import SettingsDesk

if TYPE_CHECKING:
    from ui.settings.sheet import SettingsSheet


class SettingsOpener:
    """Shows the sheet of settings over a window and puts it away."""

    def __init__(self, desk: SettingsDesk, controls: ControlPanel, window: QWidget) -> None:
        self._desk, self._controls, self._window = desk, controls, window
        self._sheet: SettingsSheet | None = None

    def toggle(self) -> None:
        """Show the sheet or put it away."""
        self.sheet().toggle()

    def sheet(self) -> "SettingsSheet":
        """The sheet, made now if there is none yet."""
        if self._sheet is None:
            from ui.settings.sheet import SettingsSheet

            self._sheet = SettingsSheet(self._desk, self._controls, self._window)
            for button in self._sheet.findChildren(QAbstractButton):
                # Enter presses a button everywhere in the window.
                button.installEventFilter(self._window)
        return self._sheet

    def close(self) -> None:
        """The window closes: what the pages have under way is stopped."""
        if self._sheet is not None:
            self._sheet.end()
