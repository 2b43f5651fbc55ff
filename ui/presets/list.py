"""The list of presets: rows that know their file, sorted, grouped and filtered in place."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from synth.file_names import shown_name
from synth.presets.card import Card, name_from_file
from ui.presets.finding.order import SortBy, SortKey, head_key, name_key, sort_key
from ui.presets.items import category_of, describe, path_of, searched, tip
from ui.presets.row import BUNDLED, CARD, HEAD, LIKED, PATH, PROBLEM, STARS, PresetRow

_MUCH_ROOM = 300
"""A list that is lower has low rows: more than six presets are seen in the smallest window."""


class PresetList(QListWidget):
    """Click or Enter asks for a preset; a click on its heart, stars or picture likes, rates or lets it be heard."""

    asked = Signal(Path)
    liked = Signal(Path, bool)
    rated = Signal(Path, int)
    hearing_asked = Signal(Path)
    """It is to be heard without being loaded, or no longer."""
    morph_asked = Signal(Path)
    """What plays is to be morphed towards it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sort_by: SortBy = "name"
        self.grouped = False
        """By category, each under a head of its own."""
        self._heads: dict[str, QListWidgetItem] = {}
        self.setAccessibleName("Presets")
        self.setToolTip("Presets: click or press Enter to load, right-click for more")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.rows = PresetRow(self)
        self.rows.heart_clicked.connect(lambda index: self.like(self.item(index.row())))
        self.rows.stars_clicked.connect(lambda index, stars: self._click_stars(self.item(index.row()), stars))
        self.rows.hearing_asked.connect(lambda index: self.hear(self.item(index.row())))
        self.setItemDelegate(self.rows)
        self.itemClicked.connect(self._click)
        self._look_up = QTimer(self)
        self._look_up.setSingleShot(True)
        self._look_up.timeout.connect(lambda: self.scrollToItem(self.currentItem()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Not `itemActivated`: a double click would ask twice. Letters are notes, not a search of Qt's own.
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self.asked.emit(path_of(item))
        elif event.key() == Qt.Key.Key_Right and not event.isAutoRepeat():
            self.hear(item)
        elif event.text().isalnum():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _click(self, item: QListWidgetItem) -> None:
        if not item.data(HEAD) and not self.rows.took_click:
            self.asked.emit(path_of(item))

    def all_items(self) -> list[QListWidgetItem]:
        """All presets, in order, hidden ones too."""
        return [item for i in range(self.count()) if not (item := self.item(i)).data(HEAD)]

    def shown(self) -> list[Path]:
        """The files of those that are not filtered away."""
        return [path_of(item) for item in self.all_items() if not item.isHidden()]

    def heads(self) -> list[str]:
        """The groups that are shown, in order."""
        rows = (self.item(i) for i in range(self.count()))
        return [item.text() for item in rows if item.data(HEAD) and not item.isHidden()]

    def by_name(self) -> list[Path]:
        """The files of all presets in the order of their names, however they are sorted here."""
        return [path_of(item) for item in sorted(self.all_items(), key=lambda item: name_key(item.text()))]

    def at(self, path: Path | None) -> QListWidgetItem | None:
        """The item of this file."""
        return next((item for item in self.all_items() if path is not None and path_of(item) == path), None)

    def put(self, path: Path, *, bundled: bool, liked: bool, stars: int = 0) -> QListWidgetItem:
        """List a file at its place."""
        item = QListWidgetItem(name_from_file(path))
        # The path and not its text: Qt drops what is no text in a name.
        item.setData(PATH, path)
        item.setData(BUNDLED, bundled)
        item.setData(LIKED, liked)
        item.setData(STARS, stars)
        item.setToolTip("Comes with Petrichord" if bundled else shown_name(path))
        describe(item)
        self._insert(item)
        return item

    def arrange(self, by: SortBy, *, grouped: bool) -> None:
        """Sort by this, and put presets of a category under its head, or no longer."""
        if (by, grouped) == (self.sort_by, self.grouped):
            return
        self.sort_by, self.grouped = by, grouped
        # All heights are equal where there is no head; the list is laid out much faster then.
        self.setUniformItemSizes(not grouped)
        current, selected = self.currentItem(), self.selectedItems()
        items = self.all_items()
        while self.count():
            self.takeItem(0)
        self._heads.clear()
        for item in sorted(items, key=self._key):
            self._put_head(item)
            self.addItem(item)
        self._stand_on(current, selected)

    def _key(self, item: QListWidgetItem) -> SortKey:
        if item.data(HEAD):
            return head_key(item.data(HEAD))
        group = category_of(item) if self.grouped else None
        facts = item.text(), item.data(CARD), self.sort_by
        return sort_key(*facts, bundled=item.data(BUNDLED), stars=item.data(STARS), group=group)

    def _insert(self, item: QListWidgetItem) -> None:
        """After all that come before."""
        self._put_head(item)
        self.insertItem(self._place(item), item)

    def _place(self, item: QListWidgetItem) -> int:
        first, last, key = 0, self.count(), self._key(item)
        while first < last:
            middle = (first + last) // 2
            first, last = (middle + 1, last) if self._key(self.item(middle)) < key else (first, middle)
        return first

    def _put_head(self, item: QListWidgetItem) -> None:
        """See that the group of this item has a head."""
        if not self.grouped or category_of(item).id in self._heads:
            return
        head = QListWidgetItem(category_of(item).label)
        head.setData(HEAD, category_of(item))
        head.setFlags(Qt.ItemFlag.NoItemFlags)
        self._heads[category_of(item).id] = head
        self.insertItem(self._place(head), head)

    def _put_again(self, item: QListWidgetItem, name: str) -> None:
        """At its own place, which may be another now, under this name."""
        self._keep_in_sight(self.viewport().rect())
        current, selected = self.currentItem(), self.selectedItems()
        hidden = item.isHidden()
        self.takeItem(self.row(item))
        item.setText(name)
        self._insert(item)
        item.setHidden(hidden)
        self._stand_on(current, selected)

    def _stand_on(self, current: QListWidgetItem | None, selected: list[QListWidgetItem]) -> None:
        """Rows have moved: what was chosen still is, and nothing else."""
        if current is not None:
            self.setCurrentItem(current)
        self.clearSelection()
        for item in selected:
            item.setSelected(True)

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
            item.setToolTip(tip(item, card))
            if item.text() != card.name or self.grouped or self.sort_by != "name":
                self._put_again(item, card.name)
        else:
            item.setData(CARD, None)
            item.setData(PROBLEM, card)
            item.setToolTip(str(card))
        describe(item)

    def hear(self, item: QListWidgetItem | None) -> None:
        """Ask for it to be heard without being loaded, or no longer."""
        if item is not None:
            self.hearing_asked.emit(path_of(item))

    def show_heard(self, path: Path | None) -> None:
        """This one is heard now, or none."""
        before, self.rows.heard = self.rows.heard, path
        for item in filter(None, (self.at(before), self.at(path))):
            describe(item, heard=path_of(item) == path)
        self.viewport().update()

    def ask_morph(self, item: QListWidgetItem | None) -> None:
        """Ask that what plays be morphed towards this preset."""
        if item is not None:
            self.morph_asked.emit(path_of(item))

    def like(self, item: QListWidgetItem | None) -> None:
        """Make it a favourite, or no longer."""
        if item is not None:
            item.setData(LIKED, not item.data(LIKED))
            describe(item)
            self.liked.emit(path_of(item), bool(item.data(LIKED)))

    def rate(self, item: QListWidgetItem | None, stars: int) -> None:
        """Give it so many stars, 0 takes them away."""
        if item is not None and item.data(STARS) != stars:
            item.setData(STARS, stars)
            describe(item)
            if self.sort_by == "rating":
                self._put_again(item, item.text())
                self.scrollToItem(item)
            self.rated.emit(path_of(item), stars)

    def _click_stars(self, item: QListWidgetItem, stars: int) -> None:
        """The star that is the rating already takes it away."""
        self.rate(item, 0 if item.data(STARS) == stars else stars)

    def filter(self, text: str, tags: Iterable[str], *, favourites: bool, yours: bool) -> None:
        """Show those with all these words in what is known of them, all these tags, and if asked a heart, or the user's
        own."""
        words, wanted = text.casefold().split(), set(tags)
        groups = set()
        for item in self.all_items():
            card = item.data(CARD)
            has = set(card.tags) if card else set()
            fits = wanted <= has and (not words or all(word in searched(item) for word in words))
            fits = fits and (not favourites or bool(item.data(LIKED))) and (not yours or not item.data(BUNDLED))
            item.setHidden(not fits)
            if fits and self.grouped:
                groups.add(category_of(item).id)
        for group, head in self._heads.items():
            head.setHidden(group not in groups)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._keep_in_sight(QRect(QPoint(), event.oldSize()))
        super().resizeEvent(event)
        low = self.height() < _MUCH_ROOM
        if low != self.rows.low:
            self.rows.low = low
            self.scheduleDelayedItemsLayout()
            self._look_up.start()

    def _keep_in_sight(self, room: QRect) -> None:
        """Rows will lie elsewhere: show what is chosen again once they do, if `room` shows it, or nothing was shown."""
        item = self.currentItem()
        if item is None or self._look_up.isActive():
            return
        if not room.isValid() or room.intersects(self.visualItemRect(item)):
            self._look_up.start()

    def event(self, event: QEvent) -> bool:
        # Page Up and Down walk the presets wherever the focus is.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.ignore()
            return False
        return super().event(event)
