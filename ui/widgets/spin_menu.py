"""Number boxes whose right-click menu opens beside what goes on, as a line's own does.

Qt's boxes wait inside the click until the menu is closed: whatever called them waits as well.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox


def _open_menu(box: QSpinBox | QDoubleSpinBox, event: QContextMenuEvent) -> None:
    menu = box.lineEdit().createStandardContextMenu()
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(event.globalPos())


class SpinBox(QSpinBox):
    """`QSpinBox` with an open menu."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        _open_menu(self, event)


class DoubleSpinBox(QDoubleSpinBox):
    """`QDoubleSpinBox` with an open menu."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        _open_menu(self, event)
