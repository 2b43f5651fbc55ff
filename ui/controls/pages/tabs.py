"""Named tabs over the controls: four pages, and the parts of a page that has several."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QRadioButton, QWidget

from synth.instrument.parameters.parameter import Page
from ui.look.shortcuts import on_key

_HEIGHT = 22


@dataclass(frozen=True)
class Part:
    """One page of the table, as a part of a tab's: its name there, and what its controls are about."""

    page: Page
    name: str
    about: str


@dataclass(frozen=True)
class Tab:
    """One name that a newcomer reads, and the parts behind it."""

    name: str
    about: str
    parts: tuple[Part, ...]


TABS: tuple[Tab, ...] = (
    Tab("Sound", "what the culture does and how it is read", (Part("sound", "Sound", "the culture's sound"),)),
    Tab(
        "Voice",
        "how notes are played",
        (
            Part("voices", "Notes", "how notes are given to voices"),
            Part("envelope", "Envelope", "how notes begin and end"),
            Part("touch", "Touch", "how notes grow, and what velocity, pressure and the wheel do"),
            Part("arpeggiator", "Arpeggiator", "held keys played one after another"),
        ),
    ),
    Tab("Motion", "what moves controls by itself", (Part("motion", "Motion", "what moves controls by itself"),)),
    Tab("Effects", "what the sound passes through at the end", (Part("effects", "Effects", "the effects"),)),
)
"""In the order of the window. Parts whose pages have no rows in the table are not shown, nor tabs without parts."""


class PageTabs(QWidget):
    """Tabs on the left, the parts of the chosen one beside them. Its key shows a tab; again, the tab's next part."""

    chosen = Signal(str)
    """This page of the table is to be shown."""

    def __init__(self, pages: Collection[Page], parent: QWidget | None = None) -> None:
        """`pages` are those that there is something to show of."""
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT)
        self._shown: dict[str, Page] = {}
        """The page that each tab showed last, by the tab's name."""
        self.buttons: dict[str, QRadioButton] = {}
        """By the tab's name."""
        self.parts: dict[Page, QRadioButton] = {}
        """By page, of tabs that have several."""
        self.pages: list[Page] = []
        """Every page that can be shown, in order."""
        self._page: Page | None = None
        self._tab_of: dict[Page, str] = {}
        row, inner = QHBoxLayout(self), QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        inner.setSpacing(3)
        for number, tab in enumerate(TABS, start=1):
            parts = [part for part in tab.parts if part.page in pages]
            on_key(self, f"Ctrl+{number}", partial(self._show_by_key, [part.page for part in parts]))
            if parts:
                row.addWidget(self._button(tab, parts, f"Ctrl+{number}"))
                for part in parts if len(parts) > 1 else ():
                    inner.addWidget(self._part_button(part))
        row.addSpacing(14)
        row.addLayout(inner)
        row.addStretch(1)

    @property
    def page(self) -> Page | None:
        """What is shown; None before anything is."""
        return self._page

    def show_page(self, page: Page) -> None:
        """Mark what is shown now."""
        self._page = page
        name = self._tab_of[page]
        self._shown[name] = page
        for other, button in self.buttons.items():
            button.setChecked(other == name)
        for other_page, button in self.parts.items():
            button.setVisible(self._tab_of[other_page] == name)
            button.setChecked(other_page == page)

    def button_of(self, page: Page) -> QRadioButton:
        """The tab behind which a page is."""
        return self.buttons[self._tab_of[page]]

    def _button(self, tab: Tab, parts: Sequence[Part], keys: str) -> QRadioButton:
        again = "; again: its next part" if len(parts) > 1 else ""
        button = _radio(tab.name, f"{tab.name} page", f"{tab.name}: {tab.about} ({keys}{again})", "tab")
        pages = [part.page for part in parts]
        self.pages += pages
        self._shown[tab.name] = pages[0]
        self._tab_of |= dict.fromkeys(pages, tab.name)
        button.clicked.connect(lambda: self.chosen.emit(self._shown[tab.name]))
        self.buttons[tab.name] = button
        return button

    def _part_button(self, part: Part) -> QRadioButton:
        button = _radio(part.name, f"{part.name} controls", f"Show the controls of {part.about}", "part")
        button.clicked.connect(lambda: self.chosen.emit(part.page))
        self.parts[part.page] = button
        return button

    def _show_by_key(self, pages: Sequence[Page]) -> None:
        """Show the page of a tab that it showed last; where the tab is shown already, its next part."""
        if self._page in pages:
            self.chosen.emit(pages[(pages.index(self._page) + 1) % len(pages)])
        elif pages:
            self.chosen.emit(self._shown[self._tab_of[pages[0]]])


def _radio(text: str, name: str, tip: str, role: str) -> QRadioButton:
    button = QRadioButton(text)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setProperty("role", role)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    # The keyboard reaches each of them by Tab; of an exclusive group it would reach one.
    button.setAutoExclusive(False)
    return button
