"""Number boxes whose right-click menu opens beside what goes on, as a line's own does.

Qt's boxes wait inside the click until the menu is closed: whatever called them waits as well.
"""

from collections.abc import Callable

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from synth.instrument.parameters.typed_numbers import plain_number


def _open_menu(box: QSpinBox | QDoubleSpinBox, event: QContextMenuEvent, more: list[QAction]) -> None:
    menu = box.lineEdit().createStandardContextMenu()
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if more:
        menu.addSeparator()
        menu.addActions(more)
    menu.popup(event.globalPos())


class SpinBox(QSpinBox):
    """`QSpinBox` with an open menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.more_actions: Callable[[], list[QAction]] = list
        """Asked when the menu opens: what it offers beside a text's own actions."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        _open_menu(self, event, self.more_actions())


class DoubleSpinBox(QDoubleSpinBox):
    """`QDoubleSpinBox` with an open menu, in which a comma and a point are the same in every country.

    Qt takes the one that is not the country's own for a mark between thousands, and 1.5 typed in Germany for 15.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        plain = QLocale.c()
        plain.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator | QLocale.NumberOption.RejectGroupSeparator)
        self.setLocale(plain)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        state, _, _ = super().validate(plain_number(text), position)
        return state, text, position

    def valueFromText(self, text: str) -> float:
        return super().valueFromText(plain_number(text))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        _open_menu(self, event, [])
