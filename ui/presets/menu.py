"""What can be done with the preset that is chosen in the list, and the keys for it."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from ui.look.shortcuts import on_key
from ui.presets.favourites import MOST_STARS
from ui.presets.files import PresetFiles
from ui.presets.list import PresetList
from ui.presets.row import BUNDLED, STARS


class PresetMenu(QMenu):
    """Presets that come with Petrichord can be neither renamed nor thrown away."""

    def __init__(self, presets: PresetList, files: PresetFiles, parent: QWidget) -> None:
        super().__init__(parent)
        self._list, self._owner = presets, parent
        on_key(parent, "Ctrl+Shift+H", lambda: presets.hear(presets.currentItem()))
        self._add("Hear without loading\tCtrl+Shift+H", lambda: presets.hear(presets.currentItem()))
        self._add("Morph towards this", lambda: presets.ask_morph(presets.currentItem()))
        # Its own key is the header's heart.
        self._add("Favourite\tCtrl+K", lambda: presets.like(presets.currentItem()))
        self.rating = QMenu("Rating", self)
        self._stars = [self._add_rating(stars) for stars in range(MOST_STARS, -1, -1)]
        self.addMenu(self.rating)
        presets.rows.rating_asked.connect(self._ask_rating)
        self._for_own = []
        for text, keys, action, own in (
            ("Rename…", "F2", files.rename, True),
            ("Details…", "Ctrl+E", files.edit_details, False),
            ("Duplicate", "Ctrl+Shift+D", files.duplicate, False),
            ("Move to trash", "Ctrl+Del", files.delete, True),
        ):
            on_key(parent, keys, action)
            entry = self._add(f"{text}\t{keys}", action)
            if own:
                self._for_own.append(entry)
        self.addSeparator()
        on_key(parent, "Ctrl+Shift+E", files.export_shown)
        self._add("Export the presets shown as one file…\tCtrl+Shift+E", files.export_shown)

    def _add(self, text: str, do: Callable[[], object], menu: QMenu | None = None) -> QAction:
        # Made here and not by `addAction(text)`: see `tests.ui.shell.test_ownership`.
        action = QAction(text, self)
        action.triggered.connect(lambda: do())
        (menu or self).addAction(action)
        return action

    def _add_rating(self, stars: int) -> QAction:
        text = "No rating" if stars == 0 else "1 star" if stars == 1 else f"{stars} stars"

        def rate() -> None:
            self._list.rate(self._list.currentItem(), stars)

        on_key(self._owner, f"Ctrl+Alt+{stars}", rate)
        action = self._add(f"{text}\tCtrl+Alt+{stars}", rate, self.rating)
        action.setCheckable(True)
        action.setData(stars)
        return action

    def _tick_rating(self) -> None:
        item = self._list.currentItem()
        for action in self._stars:
            action.setChecked(item is not None and action.data() == item.data(STARS))

    def _ask_rating(self, index: QModelIndex) -> None:
        """The rating's menu alone, under the stars of this row, which is chosen by it."""
        self._list.setCurrentIndex(index)
        self._tick_rating()
        row = self._list.visualRect(index)
        self.rating.popup(self._list.viewport().mapToGlobal(row.bottomRight() - QPoint(row.width() // 2, 0)))

    def open_at(self, at: QPoint) -> None:
        """For the preset that is chosen, if one is."""
        item = self._list.currentItem()
        if item is not None:
            self._tick_rating()
            for entry in self._for_own:
                entry.setEnabled(not item.data(BUNDLED))
            # `popup` returns at once; `exec` would wait with Python's lock held.
            self.popup(at)

    def open_above(self, widget: QWidget) -> None:
        """Over the button that asks for it."""
        self.open_at(widget.mapToGlobal(QPoint(0, -self.sizeHint().height())))
