"""The list of presets: rows that know their file, filtered in place."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from synth.file_names import shown_name
from synth.presets.card import Card, name_from_file
from ui.presets.order import name_key
from ui.presets.row import BUNDLED, CARD, LIKED, PATH, PROBLEM, PresetRow

_MUCH_ROOM = 300
"""A list that is lower has low rows: more than six presets are seen in the smallest window."""


class PresetList(QListWidget):
    """Click or Enter asks for a preset; a click on its star likes it."""

    asked = Signal(Path)
    liked = Signal(Path, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Presets")
        self.setToolTip("Presets: click or press Enter to load, right-click for more")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.rows = PresetRow(self)
        self.rows.star_clicked.connect(lambda index: self.like(self.item(index.row())))
        self.setItemDelegate(self.rows)
        self.itemClicked.connect(lambda item: self.asked.emit(path_of(item)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Not `itemActivated`: a double click would ask twice. Letters are notes, not a search of Qt's own.
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self.asked.emit(path_of(item))
        elif event.text().isalnum():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def all_items(self) -> list[QListWidgetItem]:
        """All, in order, hidden ones too."""
        return [self.item(i) for i in range(self.count())]

    def shown(self) -> list[Path]:
        """The files of those that are not filtered away."""
        return [path_of(item) for item in self.all_items() if not item.isHidden()]

    def at(self, path: Path | None) -> QListWidgetItem | None:
        """The item of this file."""
        return next((item for item in self.all_items() if path is not None and path_of(item) == path), None)

    def put(self, path: Path, *, bundled: bool, liked: bool) -> QListWidgetItem:
        """List a file at its place in the alphabet."""
        item = QListWidgetItem(name_from_file(path))
        # The path and not its text: Qt drops what is no text in a name.
        item.setData(PATH, path)
        item.setData(BUNDLED, bundled)
        item.setData(LIKED, liked)
        item.setToolTip("Comes with Petrichord" if bundled else shown_name(path))
        self._insert(item)
        return item

    def _insert(self, item: QListWidgetItem) -> None:
        """After all whose names come before."""
        first, last, key = 0, self.count(), name_key(item.text())
        while first < last:
            middle = (first + last) // 2
            first, last = (middle + 1, last) if name_key(self.item(middle).text()) < key else (first, middle)
        self.insertItem(first, item)

    def _name(self, item: QListWidgetItem, name: str) -> None:
        """Show another name, at its own place."""
        if item.text() == name:
            return
        current, selected = item is self.currentItem(), item.isSelected()
        self.takeItem(self.row(item))
        item.setText(name)
        self._insert(item)
        if current:
            self.setCurrentItem(item)
        item.setSelected(selected)

    def take_out(self, path: Path) -> None:
        """List this file no longer."""
        item = self.at(path)
        if item is not None:
            self.takeItem(self.row(item))

    def show_card(self, path: Path, card: object) -> None:
        """A file's card, or the sentence why there is none."""
        item = self.at(path)
        if item is None:
            return
        self.rows.forget(path)
        if isinstance(card, Card):
            item.setData(CARD, card)
            item.setData(PROBLEM, None)
            self._name(item, card.name)
            item.setData(int(Qt.ItemDataRole.AccessibleDescriptionRole), ", ".join(card.tags))
        else:
            item.setData(CARD, None)
            item.setData(PROBLEM, card)
            item.setToolTip(str(card))

    def like(self, item: QListWidgetItem | None) -> None:
        """Make it a favourite, or no longer."""
        if item is not None:
            item.setData(LIKED, not item.data(LIKED))
            self.liked.emit(path_of(item), bool(item.data(LIKED)))

    def filter(self, text: str, tags: Iterable[str], *, favourites: bool, yours: bool) -> None:
        """Show those with all these words in name or tags, all these tags, and if asked a star, or the user's own."""
        words, wanted = text.casefold().split(), set(tags)
        for item in self.all_items():
            card = item.data(CARD)
            has = set(card.tags) if card else set()
            about = f"{item.text()} {path_of(item).stem} {' '.join(has)}".casefold()
            fits = all(word in about for word in words) and wanted <= has
            item.setHidden(not fits or (favourites and not item.data(LIKED)) or (yours and bool(item.data(BUNDLED))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = self.height() < _MUCH_ROOM
        if low != self.rows.low:
            self.rows.low = low
            self.scheduleDelayedItemsLayout()

    def event(self, event: QEvent) -> bool:
        # Page Up and Down walk the presets wherever the focus is.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.ignore()
            return False
        return super().event(event)


def path_of(item: QListWidgetItem) -> Path:
    """The file an item stands for."""
    path: Path = item.data(PATH)
    return path
