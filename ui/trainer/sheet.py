"""The sheet over the window in which a recording becomes a preset: three pages, one at a time."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QStackedWidget, QWidget

from ui.sheet import Sheet
from ui.theme import COLOURS
from ui.trainer.choose_page import ChoosePage
from ui.trainer.grow_page import GrowPage
from ui.trainer.looks import sheet_style
from ui.trainer.start_page import StartPage

_MARGIN = QSize(48, 40)
_LARGEST = QSize(1280, 900)


class _Pages(QStackedWidget):
    """Opaque, and says so: what moves beneath is not painted, nor is everything here whenever it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), QColor(COLOURS.panel))


class TrainSheet(Sheet):
    """Nearly as large as the window; the keyboard stays in it until it is put away."""

    def __init__(self, parents: list[str], parent: QWidget) -> None:
        super().__init__("New from a recording", parent)
        self.setStyleSheet(sheet_style())
        self.start, self.choose, self.grow = StartPage(), ChoosePage(parents), GrowPage()
        self.pages = _Pages()
        for page in (self.start, self.choose, self.grow):
            self.pages.addWidget(page)
        self.body.addWidget(self.pages, 1)
        self.body.setContentsMargins(22, 14, 22, 16)
        for button in self.findChildren(QAbstractButton):
            # Enter presses a button, here as in the window.
            button.installEventFilter(parent)

    def turn_to(self, page: QWidget) -> None:
        """Show this page."""
        self.pages.setCurrentWidget(page)
        if self.isVisible() and not self.isAncestorOf(QApplication.focusWidget() or self):
            self.setFocus()

    def cover(self) -> None:
        super().cover()
        self.paper.setFixedSize((self.size() - _MARGIN).boundedTo(_LARGEST))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """What is beneath the sheet is out of the keyboard's reach as it is out of the mouse's."""
        here: QWidget = QApplication.focusWidget() or self
        widget = here
        while True:
            following = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
            if following is None or following is here:
                return True
            widget = following
            # The editor inside a number field hands the keyboard on to the field.
            reachable = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
            if self.isAncestorOf(widget) and reachable and widget.isVisible() and widget.isEnabled():
                widget.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                return True
