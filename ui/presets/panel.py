"""The preset browser: what can be found, and what can be done with a preset."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from synth.presets.card import preset_name
from synth.presets.file import SUFFIX
from synth.presets.library import Entry
from ui.files.folders import Places
from ui.presets.details import DetailsForm
from ui.presets.favourites import Favourites
from ui.presets.files import PresetFiles
from ui.presets.finding.finder import Finder
from ui.presets.items import path_of
from ui.presets.librarian import Change, Librarian
from ui.presets.menu import PresetMenu
from ui.presets.row import LIKED
from ui.widgets.banner import Remedy
from ui.widgets.name_bar import NameBar
from ui.widgets.tool_button import tool_button

_MUCH_ROOM = 520
"""A browser that is lower has one row of tags, and none while something is asked for."""


class PresetPanel(QFrame):
    """Asks for presets by path; what plays is marked when it really plays."""

    chosen = Signal(Path)
    save_asked = Signal(str, bool, object)
    """See `PresetFiles.save_asked`."""
    kept = Signal(object)
    """The `Preset` that was saved and is now what plays."""
    renamed = Signal(str)
    """What plays has another name now."""
    described = Signal(object)
    """This `About` is said of what plays now."""
    said = Signal(str, object)
    """A sentence, and the `Remedy` that takes back what it says, if there is one."""
    removed = Signal(object)
    """A `Removal`: a preset went to the trash."""
    return_asked = Signal(object)
    """It is wanted back."""
    refused = Signal(str)
    hearing_asked = Signal(Path)
    """It is to be heard without being loaded, or no longer."""
    morph_asked = Signal(Path)
    """What plays is to be morphed towards it."""
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
        self.finder = Finder()
        self.search, self.tags, self.sort, self.list = (
            self.finder.search, self.finder.tags, self.finder.sort, self.finder.list,
        )  # fmt: skip
        self.shelf, self.nothing, self.count = self.finder.shelf, self.finder.nothing, self.finder.count
        self.details = DetailsForm()
        self.names = NameBar(self.details)
        self.files = PresetFiles(self.librarian, self.list, self.names, self.details, self)
        self.rename, self.duplicate, self.delete = self.files.rename, self.files.duplicate, self.files.delete
        self.save = _button("Save…", "Save preset", "Save what plays as a preset of your own (Ctrl+S)", "Ctrl+S")
        self.open = _button(
            "Add…", "Add preset file", f"Add a {SUFFIX} file or a bank, or drop one here (Ctrl+O)", "Ctrl+O"
        )
        self.more = _button("⋯", "More for this preset", "Rename, rate, describe, duplicate, delete (Ctrl+M)", "Ctrl+M")
        self.menu = PresetMenu(self.list, self.files, self)
        self._lay_out()
        self._connect()
        for entry in entries:
            self.librarian.read(self._put(entry.path, bundled=entry.bundled))
        self.finder.filter()

    def _put(self, path: Path, *, bundled: bool) -> Path:
        liked, stars = path.stem in self.favourites, self.favourites.stars(path.stem)
        return path_of(self.list.put(path, bundled=bundled, liked=liked, stars=stars))

    def _lay_out(self) -> None:
        self._foot = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.finder, 1)
        column.addWidget(self.names)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(6)
        foot.addWidget(self.save, 1)
        foot.addWidget(self.open, 1)
        foot.addWidget(self.more)
        column.addWidget(self._foot)

    def _connect(self) -> None:
        self.finder.narrowed.connect(self._keep_in_sight)
        self.finder.found.connect(self._ask_found)
        self.list.asked.connect(self._choose)
        self.list.hearing_asked.connect(self.hearing_asked)
        self.list.morph_asked.connect(self.morph_asked)
        self.names.left.connect(self.done)
        for asking in (self.names.opened, self.names.left):
            asking.connect(self._make_room)
        self.details.entered.connect(self.names.enter)
        self.list.liked.connect(self._remember_like)
        self.list.rated.connect(lambda path, stars: self._keep(lambda: self.favourites.rate(path.stem, stars)))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(lambda at: self.menu.open_at(self.list.viewport().mapToGlobal(at)))
        self.save.clicked.connect(lambda: self.files.ask_save(self._playing, self._name))
        self.open.clicked.connect(self.files.open)
        self.more.clicked.connect(lambda: self.menu.open_above(self.more))
        self.files.save_asked.connect(self.save_asked)
        self.files.refused.connect(self.refused)
        self.librarian.changed.connect(self._take_change)
        self.librarian.failed.connect(self.refused)
        self.librarian.card_read.connect(self.finder.show_card)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """For the list in a low window, and there for what is asked for: the form has buttons of its own."""
        low, asks = self.height() < _MUCH_ROOM, self.names.isVisibleTo(self)
        self.tags.take_rows(1 if low else 2)
        self.tags.setVisible(not (low and asks))
        self._foot.setVisible(not asks)

    @property
    def playing(self) -> Path | None:
        """The file of what plays."""
        return self._playing

    # What is listed

    def add_below(self, part: QWidget) -> None:
        """Something else that presets come from, at the foot of the panel."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(part)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            # It was made later than everything else in the window, and Tab follows the order of making.
            self.setTabOrder(self.more, part)

    def add(self, path: Path, *, bundled: bool = False) -> None:
        """List a preset file, if it is not there already."""
        if self.list.at(path) is None:
            self._put(path, bundled=bundled)
        self.librarian.read(path)
        self.finder.filter()

    def paths(self) -> list[Path]:
        """All that are listed and not filtered away, in order."""
        return self.list.shown()

    def all_paths(self) -> list[Path]:
        """The files of all presets in the order of their names, hidden ones too."""
        return self.list.by_name()

    def mark(self, path: Path, name: str = "", *, listed: bool = True) -> None:
        """This preset plays now; one that is only tried is not `listed`."""
        self._playing, self._name = path, name or preset_name(path)
        # What a take began with may be a preset that is no longer there.
        if listed and self.list.at(path) is None and path.is_file():
            self.add(path)
        self.restore_mark()

    def restore_mark(self) -> None:
        """What was asked for could not be loaded: the mark goes back to what plays."""
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

    def _keep_in_sight(self) -> None:
        """What plays, where the filter leaves it."""
        item = self.list.at(self._playing)
        if item is not None and not item.isHidden():
            self.list.scrollToItem(item)

    def _ask_found(self, path: Path) -> None:
        self._ask(path)
        self.done.emit()

    def clear_search(self) -> None:
        """Show all presets."""
        self.finder.clear()
        self.done.emit()

    # Favourites

    def like_playing(self) -> None:
        """Make what plays a favourite, or no longer."""
        self.list.like(self.list.at(self._playing))

    def _remember_like(self, path: Path, liked: bool) -> None:
        self._keep(lambda: self.favourites.set(path.stem, liked))
        if path == self._playing:
            self.like_changed.emit(liked)
        self.finder.filter()

    def _keep(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as error:
            self.refused.emit(
                f"Your favourites cannot be saved ({error.strerror}); they are forgotten when you close Petrichord."
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
        if change.about is not None and self._playing == change.added:
            self.described.emit(change.about)
        if change.added is not None:
            self.add(change.added, bundled=change.bundled)
        for path in change.more:
            self.librarian.read(self._put(path, bundled=False))
        self.finder.filter()
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
