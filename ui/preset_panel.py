"""The presets: a list to search and walk through, and a file to open."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from synth.library import Entry
from synth.preset_file import SUFFIX
from ui.shortcuts import click_on_key

_ITEM_HEIGHT = 31
_PATH_ROLE = int(Qt.ItemDataRole.UserRole)


class PresetPanel(QFrame):
    """Asks for presets by path; what plays is marked when it really plays."""

    chosen = Signal(Path)

    def __init__(self, entries: list[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._asked: Path | None = None
        self._playing: Path | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(8)
        head = QHBoxLayout()
        title = QLabel("PRESETS")
        title.setProperty("role", "section")
        head.addWidget(title, 1)
        self.previous = _button("‹", "Previous preset", "Previous preset (Page Up)", "PgUp")
        self.next = _button("›", "Next preset", "Next preset (Page Down)", "PgDown")
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        head.addWidget(self.previous)
        head.addWidget(self.next)
        column.addLayout(head)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search presets")
        self.search.setToolTip("Show only presets with these letters in their name; Enter loads the first (Ctrl+L)")
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_found)
        column.addWidget(self.search)
        self.list = QListWidget()
        self.list.setAccessibleName("Presets")
        self.list.setToolTip("Presets: click or press Enter to load")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        column.addWidget(self.list, 1)
        self.open = _button("Open…", "Open preset file", f"Open a {SUFFIX} file (Ctrl+O), or drop one here", "Ctrl+O")
        self.open.clicked.connect(self._open)
        column.addWidget(self.open)
        for entry in entries:
            self.add(entry.path, bundled=entry.bundled)

    def add(self, path: Path, *, bundled: bool = False) -> QListWidgetItem:
        """List a preset file; the item already there when it is listed."""
        for item in self._items():
            if item.data(_PATH_ROLE) == str(path):
                return item
        item = QListWidgetItem(path.stem.replace("_", " "))
        item.setData(_PATH_ROLE, str(path))
        item.setToolTip("Comes with Petrichord" if bundled else str(path))
        item.setSizeHint(QSize(0, _ITEM_HEIGHT))
        self.list.addItem(item)
        return item

    def paths(self) -> list[Path]:
        """All that are listed and not filtered away, in order."""
        return [Path(item.data(_PATH_ROLE)) for item in self._items() if not item.isHidden()]

    def mark(self, path: Path) -> None:
        """This preset plays now."""
        self._playing = path
        self.add(path)
        self.restore_mark()

    def restore_mark(self) -> None:
        """What was asked for cannot be had: the mark goes back to what plays."""
        self._asked = self._playing
        self.list.clearSelection()
        for item in self._items():
            if item.data(_PATH_ROLE) == str(self._playing):
                self.list.setCurrentItem(item)

    def step(self, by: int) -> None:
        """Ask for the next or previous preset, round and round."""
        paths = self.paths()
        if not paths:
            return
        # From what was asked for last, so that quick presses walk on while a preset still loads.
        here = paths.index(self._asked) if self._asked in paths else (-1 if by > 0 else 0)
        self._ask(paths[(here + by) % len(paths)])

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(i) for i in range(self.list.count())]

    def _choose(self, item: QListWidgetItem) -> None:
        path = Path(item.data(_PATH_ROLE))
        if path != self._asked:
            self._ask(path)

    def _ask(self, path: Path) -> None:
        self._asked = path
        self.chosen.emit(path)

    def _filter(self, text: str) -> None:
        for item in self._items():
            item.setHidden(text.casefold() not in item.text().casefold())

    def _choose_found(self) -> None:
        """Enter in the search loads the first preset it leaves."""
        if found := self.paths():
            self._ask(found[0])

    def _open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open a preset", "", f"Presets (*{SUFFIX})")
        if name:
            self._ask(Path(name))


def _button(text: str, name: str, tip: str, keys: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    click_on_key(button, keys)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
