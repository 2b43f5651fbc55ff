"""The preset browser: search, tags, favourites, the list, and what can be done with a preset."""

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from synth.presets.card import Card, preset_name
from synth.presets.file import SUFFIX
from synth.presets.library import Entry
from ui.files.folders import Places
from ui.presets.favourites import Favourites
from ui.presets.files import PresetFiles
from ui.presets.librarian import Change, Librarian
from ui.presets.list import PresetList, path_of
from ui.presets.menu import PresetMenu
from ui.presets.row import CARD, LIKED
from ui.presets.tag_bar import TagBar
from ui.widgets.banner import Remedy
from ui.widgets.name_bar import NameBar
from ui.widgets.tool_button import tool_button


class PresetPanel(QFrame):
    """Asks for presets by path; what plays is marked when it really plays."""

    chosen = Signal(Path)
    save_asked = Signal(str, bool)
    """Keep what plays under this name; the flag allows to replace the user's preset of that name."""
    kept = Signal(object)
    """The `Preset` that was saved and is now what plays."""
    renamed = Signal(str)
    """What plays has another name now."""
    said = Signal(str, object)
    """A sentence, and the `Remedy` that takes back what it says, if there is one."""
    removed = Signal(object)
    """A `Removal`: a preset went to the trash."""
    return_asked = Signal(object)
    """It is wanted back."""
    refused = Signal(str)
    done = Signal()
    """A search or a name was typed: the keyboard can go back to the instrument."""
    like_changed = Signal(bool)
    """Whether what plays is a favourite."""

    def __init__(self, entries: list[Entry], places: Places, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._asked: Path | None = None
        self._playing: Path | None = None
        self._name = ""
        self.favourites = Favourites(places.favourites)
        self.librarian = Librarian(places.presets, self)
        self.search = self._search_box()
        self.tags = TagBar()
        self.list = PresetList()
        self.names = NameBar()
        self.files = PresetFiles(self.librarian, self.list, self.names, self)
        self.rename, self.duplicate, self.delete = self.files.rename, self.files.duplicate, self.files.delete
        self.count = QLabel()
        self.count.setProperty("role", "dim")
        self.count.setAccessibleName("Presets shown")
        self.nothing = QLabel("No preset has all these words and tags.\nPress Esc in the search to see every preset.")
        self.nothing.setProperty("role", "dim")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        self.save = _button("Save…", "Save preset", "Keep what plays as a preset of yours (Ctrl+S)", "Ctrl+S")
        self.open = _button("Add…", "Add preset file", f"Add a {SUFFIX} file, or drop one here (Ctrl+O)", "Ctrl+O")
        self.more = _button("⋯", "More for this preset", "Rename, duplicate, delete (Ctrl+M)", "Ctrl+M")
        self.menu = PresetMenu(self.list, self.rename, self.duplicate, self.delete, self)
        self._lay_out()
        self._connect()
        for entry in entries:
            item = self.list.put(entry.path, bundled=entry.bundled, liked=entry.path.stem in self.favourites)
            self.librarian.read(path_of(item))
        self._filter()

    def _search_box(self) -> QLineEdit:
        box = QLineEdit()
        box.setPlaceholderText("Search names and tags")
        box.setAccessibleName("Search presets")
        box.setToolTip("Show presets with these words in name or tags; Enter loads the first (Ctrl+L)")
        box.setClearButtonEnabled(True)
        box.setAcceptDrops(False)
        return box

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        head = QHBoxLayout()
        title = QLabel("PRESETS")
        title.setProperty("role", "section")
        head.addWidget(title, 1)
        head.addWidget(self.count)
        column.addLayout(head)
        column.addWidget(self.search)
        column.addWidget(self.tags)
        self.shelf = QWidget()
        """Where the list is, or the word that it is empty."""
        shown = QVBoxLayout(self.shelf)
        shown.setContentsMargins(0, 0, 0, 0)
        shown.addWidget(self.list)
        shown.addWidget(self.nothing)
        column.addWidget(self.shelf, 1)
        column.addWidget(self.names)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(self.save, 1)
        foot.addWidget(self.open, 1)
        foot.addWidget(self.more)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._seek)
        self.search.returnPressed.connect(self._choose_found)
        self.tags.changed.connect(self._seek)
        self.list.asked.connect(self._choose)
        self.names.left.connect(self.done)
        self.list.liked.connect(self._remember_like)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(lambda at: self.menu.open_at(self.list.viewport().mapToGlobal(at)))
        self.save.clicked.connect(lambda: self.files.ask_save(self._playing, self._name))
        self.open.clicked.connect(self.files.open)
        self.more.clicked.connect(lambda: self.menu.open_above(self.more))
        self.files.save_asked.connect(self.save_asked)
        self.files.refused.connect(self.refused)
        self.librarian.changed.connect(self._take_change)
        self.librarian.failed.connect(self.refused)
        self.librarian.card_read.connect(self._show_card)

    @property
    def playing(self) -> Path | None:
        """The file of what plays."""
        return self._playing

    def show_filter(self, search: str, tags: Iterable[str], *, favourites_only: bool) -> None:
        """Filter like this; by tags as soon as they are known."""
        self.search.setText(search)
        self.tags.favourites.setChecked(favourites_only)
        self.tags.await_tags(tags)
        self._filter()

    # What is listed

    def add_below(self, part: QWidget) -> None:
        """Something else that presets come from, at the foot of the panel."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(part)

    def add(self, path: Path, *, bundled: bool = False) -> None:
        """List a preset file, if it is not there already."""
        if self.list.at(path) is None:
            self.list.put(path, bundled=bundled, liked=path.stem in self.favourites)
        self.librarian.read(path)
        self._filter()

    def paths(self) -> list[Path]:
        """All that are listed and not filtered away, in order."""
        return self.list.shown()

    def all_paths(self) -> list[Path]:
        """The files of all presets, hidden ones too."""
        return [path_of(item) for item in self.list.all_items()]

    def mark(self, path: Path, name: str = "", *, listed: bool = True) -> None:
        """This preset plays now; one that is only tried is not `listed`."""
        self._playing, self._name = path, name or preset_name(path)
        # What a take began with may be a preset that is no longer there.
        if listed and self.list.at(path) is None and path.is_file():
            self.add(path)
        self.restore_mark()

    def restore_mark(self) -> None:
        """What was asked for cannot be had: the mark goes back to what plays."""
        self._asked = self._playing
        self.list.clearSelection()
        item = self.list.at(self._playing)
        if item is not None:
            self.list.setCurrentItem(item)
            self.list.scrollToItem(item)
        self.like_changed.emit(bool(item and item.data(LIKED)))

    def step(self, by: int) -> None:
        """Ask for the next or previous preset, round and round."""
        paths = self.paths()
        if not paths:
            return
        # From what was asked for last, so that quick presses walk on while a preset still loads.
        here = paths.index(self._asked) if self._asked in paths else (-1 if by > 0 else 0)
        self._ask(paths[(here + by) % len(paths)])

    def _choose(self, path: Path) -> None:
        if path != self._asked:
            self._ask(path)

    def _ask(self, path: Path) -> None:
        self._asked = path
        item = self.list.at(path)
        if item is not None:
            self.list.setCurrentItem(item)
        self.chosen.emit(path)

    def _filter(self) -> None:
        tags = self.tags
        self.list.filter(
            self.search.text(), tags.chosen, favourites=tags.favourites.isChecked(), yours=tags.yours.isChecked()
        )
        shown, listed = len(self.paths()), self.list.count()
        self.count.setText(f"{shown} of {listed}" if shown < listed else f"{listed}")
        self.list.setVisible(shown > 0)
        self.nothing.setVisible(shown == 0)

    def _seek(self) -> None:
        """Filter, and keep what plays in sight where the filter leaves it."""
        self._filter()
        item = self.list.at(self._playing)
        if item is not None and not item.isHidden():
            self.list.scrollToItem(item)

    def _choose_found(self) -> None:
        """Enter in the search loads the first preset it leaves."""
        if found := self.paths():
            self._ask(found[0])
            self.done.emit()

    def clear_search(self) -> None:
        """Show all presets."""
        self.search.clear()
        self.tags.clear()
        self.done.emit()

    def _show_card(self, path: Path, card: object) -> None:
        self.list.show_card(path, card)
        cards = [item.data(CARD) for item in self.list.all_items()]
        self.tags.show_tags(tag for found in cards if isinstance(found, Card) for tag in found.tags)
        self._filter()

    # Favourites

    def like_playing(self) -> None:
        """Make what plays a favourite, or no longer."""
        self.list.like(self.list.at(self._playing))

    def _remember_like(self, path: Path, liked: bool) -> None:
        self._keep(lambda: self.favourites.set(path.stem, liked))
        if path == self._playing:
            self.like_changed.emit(liked)
        self._filter()

    def _keep(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as error:
            self.refused.emit(
                f"Your favourites cannot be written ({error.strerror}): they hold until Petrichord is closed."
            )

    # Files

    def _take_change(self, change: Change) -> None:
        if change.removed is not None:
            if change.renamed and change.added is not None:
                new = change.added.stem
                self._keep(lambda: self.favourites.rename(change.removed.stem, new))  # type: ignore[union-attr]
            if change.renamed and self._playing == change.removed:
                self._playing, self._name = change.added, change.name
                self.renamed.emit(change.name)
            self.list.take_out(change.removed)
        if change.added is not None:
            self.add(change.added, bundled=change.bundled)
        self._filter()
        if change.kept is not None and change.added is not None:
            self.mark(change.added, change.kept.name)
            self.kept.emit(change.kept)
        elif change.load and change.added is not None:
            self._ask(change.added)
        else:
            self.restore_mark()
        removal = change.removal
        undo = None if removal is None else Remedy("Undo", lambda: self.return_asked.emit(removal))
        if removal is not None and not change.again:
            self.removed.emit(removal)
        self.said.emit(change.sentence, undo)


def _button(text: str, name: str, tip: str, keys: str) -> QToolButton:
    button = tool_button(text, name, tip, keys, role="tight")
    button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
    return button
