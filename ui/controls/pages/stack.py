"""The pages one over the other, with their tabs above."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from synth.instrument.parameters.parameter import Page
from synth.instrument.parameters.table import PARAMETERS
from ui.controls.pages.groups import grouped
from ui.controls.pages.layouts import PAGE_LAYOUTS
from ui.controls.pages.tabs import PageTabs
from ui.controls.pages.widgets import PageWidget, PanelWidgets


class PageStack(QWidget):
    """Shows one page at a time, of those for which the table has rows."""

    page_shown = Signal(str)

    def __init__(self, widgets: PanelWidgets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = PageTabs({p.display.page for p in PARAMETERS.values()})
        self.tabs.chosen.connect(self.show_page)
        self._stack = QStackedWidget()
        self.pages: dict[Page, PageWidget] = {}
        self._side = 0
        for page in self.tabs.pages:
            layout = PAGE_LAYOUTS.get(page)
            self.pages[page] = grouped(page, widgets) if layout is None else layout(widgets)
            self._stack.addWidget(self.pages[page])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.tabs)
        whole.addWidget(self._stack, 1)
        self.show_page("sound")

    def show_page(self, page: str) -> None:
        """Show a page by its name in the table; one that there is not is passed over."""
        known = next((known for known in self.pages if known == page), None)
        if known is None:
            return
        focused, left = QApplication.focusWidget(), self.pages[self.page]
        leaves = focused is not None and known != self.page and left.isAncestorOf(focused)
        self.tabs.show_page(known)
        if leaves:
            # Before its page is hidden: Qt would hand the keyboard to whatever comes next, which may be a text box.
            self.tabs.button_of(known).setFocus()
        self._stack.setCurrentWidget(self.pages[known])
        self.page_shown.emit(page)

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.tabs.page or "sound"

    def show_values(self, values: Mapping[str, float]) -> None:
        """All controls stand at these now."""
        for page in self.pages.values():
            page.show_values(values)

    def settle(self) -> None:
        """Take the height that the pages need now."""
        for part in (self._stack, self):
            layout = part.layout()
            if layout is not None:
                layout.activate()

    def fit(self, side: int) -> None:
        """A knob should be so many pixels wide."""
        if side == self._side:
            return
        self._side = side
        for page in self.pages.values():
            page.fit(side)
            # What is hidden would keep the height it had with other sizes, and all pages with it: from the inside out.
            for part in (*reversed(page.findChildren(QWidget)), page):
                layout = part.layout()
                if layout is not None:
                    layout.activate()
