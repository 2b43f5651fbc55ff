"""The sheet over the window in which a recording becomes a preset: three pages, one at a time."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QAbstractButton, QApplication, QStackedWidget, QWidget

from ui.trainer.growing.grow_page import GrowPage
from ui.trainer.looks import sheet_style
from ui.trainer.recording.choose_page import ChoosePage
from ui.trainer.recording.start_page import StartPage
from ui.widgets.sheet import Sheet

_MARGIN = QSize(48, 40)
_LARGEST = QSize(1280, 900)


class TrainSheet(Sheet):
    """Nearly as large as the window."""

    def __init__(self, parents: list[str], parent: QWidget) -> None:
        super().__init__("New from a recording", parent)
        self.setStyleSheet(sheet_style())
        self.start, self.choose, self.grow = StartPage(), ChoosePage(parents), GrowPage()
        self.pages = QStackedWidget()
        for page in (self.start, self.choose, self.grow):
            self.pages.addWidget(page)
        self.body.addWidget(self.pages, 1)
        self.body.setContentsMargins(14, 6, 14, 8)
        for button in self.findChildren(QAbstractButton):
            # Enter presses a button, here as in the window.
            button.installEventFilter(parent)

    def turn_to(self, page: QWidget) -> None:
        """Show this page."""
        self.pages.setCurrentWidget(page)
        # Qt hands the keyboard of a page that goes to the sheet's ×: Enter, pressed once more, would close it.
        if self.isVisible() and not page.isAncestorOf(QApplication.focusWidget() or self):
            self.setFocus()

    def cover(self) -> None:
        super().cover()
        self.paper.setFixedSize((self.size() - _MARGIN).boundedTo(_LARGEST))
