"""The upper part of the preset browser: search, tags, order, and the list that they leave."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from synth.presets.card import Card
from ui.presets.finding.sort_menu import SortButton
from ui.presets.finding.tag_bar import TagBar
from ui.presets.list import PresetList
from ui.presets.row import CARD


class Finder(QWidget):
    """Filters and sorts the list by what is typed and chosen."""

    found = Signal(Path)
    """Enter in the search asks for the first preset that it leaves."""
    narrowed = Signal()
    """Somebody filtered or sorted the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = _search_box()
        self.tags = TagBar()
        self.sort = SortButton()
        self.list = PresetList()
        self.count = QLabel()
        self.count.setProperty("role", "dim")
        self.count.setAccessibleName("Presets shown")
        self.nothing = QLabel("No preset has all these words and tags.\nPress Esc in the search to see every preset.")
        self.nothing.setProperty("role", "dim")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        self.shelf = QWidget()
        """Where the list is, or the word that it is empty."""
        self._lay_out()
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self._take_first)
        self.tags.changed.connect(self._narrow)
        self.sort.changed.connect(self._arrange)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(6)
        self.title = QLabel("PRESETS")
        self.title.setProperty("role", "section")
        head.addWidget(self.title)
        head.addWidget(self.count, 1)
        head.addWidget(self.sort)
        column.addLayout(head)
        column.addWidget(self.search)
        column.addWidget(self.tags)
        shown = QVBoxLayout(self.shelf)
        shown.setContentsMargins(0, 0, 0, 0)
        shown.addWidget(self.list)
        shown.addWidget(self.nothing)
        column.addWidget(self.shelf, 1)

    def show_filter(
        self,
        search: str,
        tags: Iterable[str],
        *,
        favourites_only: bool,
        yours_only: bool = False,
        sort: str = "name",
        grouped: bool = False,
    ) -> None:
        """Filter and sort like this; by tags as soon as they are known."""
        self.search.setText(search)
        self.tags.favourites.setChecked(favourites_only)
        self.tags.yours.setChecked(yours_only)
        self.tags.await_tags(tags)
        self.sort.put_back(sort, grouped=grouped)
        self.filter()

    def clear(self) -> None:
        """Show all presets."""
        self.search.clear()
        self.tags.clear()

    def filter(self) -> None:
        """Show what the search and the tags leave."""
        tags = self.tags
        self.list.filter(
            self.search.text(), tags.chosen, favourites=tags.favourites.isChecked(), yours=tags.yours.isChecked()
        )
        shown, listed = len(self.list.shown()), len(self.list.all_items())
        self.count.setText(f"{shown} of {listed}" if shown < listed else f"{listed}")
        # The longer count takes the title's room, and not that of the button beside it.
        self.title.setVisible(shown == listed)
        self.list.setVisible(shown > 0)
        self.nothing.setVisible(shown == 0)

    def show_card(self, path: Path, card: object) -> None:
        """A file's card, or the sentence why there is none."""
        self.list.show_card(path, card)
        cards = [item.data(CARD) for item in self.list.all_items()]
        self.tags.show_tags(tag for found in cards if isinstance(found, Card) for tag in found.tags)
        self.filter()

    def _narrow(self) -> None:
        self.filter()
        self.narrowed.emit()

    def _arrange(self) -> None:
        self.list.arrange(self.sort.sort_by, grouped=self.sort.grouped.isChecked())
        self._narrow()

    def _take_first(self) -> None:
        for path in self.list.shown()[:1]:
            self.found.emit(path)


def _search_box() -> QLineEdit:
    box = QLineEdit()
    box.setPlaceholderText("Search names and tags")
    box.setAccessibleName("Search presets")
    box.setToolTip("Show presets with these words in name, tags, category or comment; Enter loads the first (Ctrl+L)")
    box.setClearButtonEnabled(True)
    box.setAcceptDrops(False)
    return box
