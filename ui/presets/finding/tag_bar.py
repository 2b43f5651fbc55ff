"""Tags to filter by: the most frequent as small buttons in one row or two, all of them in a menu."""

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from ui.look.shortcuts import click_on_key

_GAP, _HEIGHT = 4, 24


class TagBar(QWidget):
    """Presets must have every chosen tag; before the tags come `favourites` and `yours`."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.n_rows = 2
        self.chosen: set[str] = set()
        self.awaited: set[str] = set()
        """To be chosen as soon as a preset has them."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.favourites = self._chip("♥", "Favourites only", "Show favourites only (Ctrl+Shift+K)")
        click_on_key(self.favourites, "Ctrl+Shift+K")
        self.favourites.clicked.connect(self.changed)
        self.yours = self._chip("Yours", "Yours only", "Show only presets of your own")
        self.yours.clicked.connect(self.changed)
        self.more = self._chip("Tags…", "All tags", "Choose among all tags (Ctrl+G)")
        self.more.setCheckable(False)
        click_on_key(self.more, "Ctrl+G")
        self.more.clicked.connect(self._open)
        self.menu = QMenu(self)
        self.chips: dict[str, QToolButton] = {}
        self._tags: list[str] = []
        self._brought: list[str] = []
        """Tags chosen in the menu that had no room: they are first, until everything is shown again."""

    def sizeHint(self) -> QSize:
        return QSize(190, self.n_rows * (_HEIGHT + _GAP) - _GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def take_rows(self, n_rows: int) -> None:
        """Be so many rows high."""
        if n_rows != self.n_rows:
            self.n_rows = n_rows
            self.updateGeometry()
            self._place()

    def show_tags(self, tags: Iterable[str]) -> None:
        """Offer these, one entry per preset that has it."""
        counts = Counter(tags)
        ordered = sorted(counts, key=lambda tag: (-counts[tag], tag))
        if ordered == self._tags:
            return
        self._tags = ordered
        self.chosen &= set(ordered)
        for gone in self.chips.keys() - set(ordered):
            self.chips.pop(gone).deleteLater()
        for tag in ordered:
            if tag not in self.chips:
                chip = self._chip(tag, f"Tag {tag}", f"Show only presets tagged “{tag}”")
                chip.clicked.connect(lambda on, tag=tag: self.choose(tag, on))
                self.chips[tag] = chip
        self._place()
        self.await_tags(self.awaited)

    def await_tags(self, tags: Iterable[str]) -> None:
        """Choose these, now or when they are offered."""
        there = set(tags) & set(self._tags)
        self.awaited = set(tags) - there
        for tag in sorted(there):
            self.choose(tag)

    def choose(self, tag: str, on: bool = True) -> None:
        """Filter by this tag too, or no longer."""
        self.chosen = self.chosen | {tag} if on else self.chosen - {tag}
        if tag in self.chips:
            if on and self.chips[tag].isHidden() and tag not in self._brought:
                self._brought.append(tag)
            self.chips[tag].setChecked(on)
        self._place()
        self.changed.emit()

    def clear(self) -> None:
        """Show everything again."""
        self.favourites.setChecked(False)
        self.yours.setChecked(False)
        for chip in self.chips.values():
            chip.setChecked(False)
        self.chosen, self.awaited, self._brought = set(), set(), []
        self._place()
        self.changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """From left to right, in an order that clicks do not change; what finds no room is only in the menu."""
        room = self.width()
        x, y = 0, 0
        last = (self.n_rows - 1) * (_HEIGHT + _GAP)
        reserved = self.more.sizeHint().width()
        tags = sorted(self._tags, key=lambda tag: tag not in self._brought)
        before: QWidget = self.favourites
        for button in (self.favourites, self.yours, *(self.chips[tag] for tag in tags)):
            width = button.sizeHint().width()
            end = room - (reserved + _GAP if y == last else 0)
            if x + width > end and y < last:
                x, y = 0, y + _HEIGHT + _GAP
                end = room - (reserved + _GAP if y == last else 0)
            fits = x + width <= end and y <= last
            button.setVisible(fits)
            if fits:
                button.setGeometry(x, y, width, _HEIGHT)
                QWidget.setTabOrder(before, button)
                before = button
                x += width + _GAP
            else:
                y, x = last, room  # Later ones are rarer: none may jump the queue.
        self.more.setGeometry(room - reserved, last, reserved, _HEIGHT)
        QWidget.setTabOrder(before, self.more)

    def _open(self) -> None:
        self.menu.clear()
        for tag in sorted(self._tags):
            action = QAction(tag, self.menu)
            action.setCheckable(True)
            action.setChecked(tag in self.chosen)
            action.triggered.connect(lambda on, tag=tag: self.choose(tag, on))
            self.menu.addAction(action)
        self.menu.addSeparator()
        self.menu.addAction("Show all presets", self.clear)
        # `popup` returns at once; `exec` would wait with Python's lock held.
        self.menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _chip(self, text: str, name: str, tip: str) -> QToolButton:
        chip = QToolButton(self)
        chip.setText(text)
        chip.setProperty("role", "chip")
        chip.setCheckable(True)
        chip.setAccessibleName(name)
        chip.setToolTip(tip)
        chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return chip
