"""What can be done with the preset that is chosen in the list, and the keys for it."""

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from ui.look.shortcuts import on_key
from ui.presets.list import PresetList
from ui.presets.row import BUNDLED


class PresetMenu(QMenu):
    """Presets that come with Petrichord can be neither renamed nor thrown away."""

    def __init__(
        self,
        presets: PresetList,
        rename: Callable[[], None],
        duplicate: Callable[[], None],
        delete: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._list = presets
        # Its own key is the header's star.
        self._add("Favourite\tCtrl+K", lambda: presets.like(presets.currentItem()))
        self._for_own = []
        for text, keys, action, own in (
            ("Rename…", "F2", rename, True),
            ("Duplicate", "Ctrl+Shift+D", duplicate, False),
            ("Move to trash", "Ctrl+Del", delete, True),
        ):
            on_key(parent, keys, action)
            entry = self._add(f"{text}\t{keys}", action)
            if own:
                self._for_own.append(entry)

    def _add(self, text: str, do: Callable[[], object]) -> QAction:
        # Made here and not by `addAction(text)`: see `tests.ui.shell.test_ownership`.
        action = QAction(text, self)
        action.triggered.connect(lambda: do())
        self.addAction(action)
        return action

    def open_at(self, at: QPoint) -> None:
        """For the preset that is chosen, if one is."""
        item = self._list.currentItem()
        if item is not None:
            for entry in self._for_own:
                entry.setEnabled(not item.data(BUNDLED))
            # `popup` returns at once; `exec` would wait with Python's lock held.
            self.popup(at)

    def open_above(self, widget: QWidget) -> None:
        """Over the button that asks for it."""
        self.open_at(widget.mapToGlobal(QPoint(0, -self.sizeHint().height())))
