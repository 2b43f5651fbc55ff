"""How the list is sorted and whether it is grouped: a small button that says it, and a menu."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from ui.look.shortcuts import click_on_key
from ui.presets.finding.order import SORT_LABELS, SORTS, SortBy

_SHORT: dict[SortBy, str] = {
    "name": "by name",
    "newest": "by date",
    "author": "by author",
    "rating": "by rating",
    "lively": "by liveliness",
}


class SortButton(QToolButton):
    """Says how presets are sorted; its menu changes it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sort_by: SortBy = "name"
        self.setProperty("role", "chip")
        self.setAccessibleName("Sort presets")
        self.setToolTip("Sort presets by name, date, author, rating or liveliness; group them (Ctrl+Shift+G)")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        click_on_key(self, "Ctrl+Shift+G")
        self.menu_ = QMenu(self)
        self.menu_.setToolTipsVisible(True)
        self._choices = QActionGroup(self)
        self.actions_: dict[SortBy, QAction] = {}
        for by in SORTS:
            action = QAction(SORT_LABELS[by], self.menu_)
            action.setCheckable(True)
            action.triggered.connect(lambda _, by=by: self.choose(by))
            self._choices.addAction(action)
            self.menu_.addAction(action)
            self.actions_[by] = action
        self.actions_["lively"].setToolTip("How much the sound of a preset moves by itself, without your hand")
        self.menu_.addSeparator()
        self.grouped = QAction("Group by category", self.menu_)
        self.grouped.setCheckable(True)
        self.grouped.triggered.connect(self._tell)
        self.menu_.addAction(self.grouped)
        # `popup` returns at once; `exec` would wait with Python's lock held.
        self.clicked.connect(lambda: self.menu_.popup(self.mapToGlobal(self.rect().bottomLeft())))
        self._show()

    def choose(self, by: SortBy) -> None:
        """Sort by this."""
        self.sort_by = by
        self._tell()

    def put_back(self, by: str, *, grouped: bool) -> None:
        """As it was stored: a word that is none sorts by name."""
        self.grouped.setChecked(grouped)
        self.choose(next((known for known in SORTS if known == by), "name"))

    def _tell(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.actions_[self.sort_by].setChecked(True)
        self.setText(f"{_SHORT[self.sort_by]} ▾")
        self.setAccessibleDescription(f"{_SHORT[self.sort_by]}{', grouped' if self.grouped.isChecked() else ''}")
