"""The learned MIDI controllers as a table, from which each can be deleted."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTableWidgetItem, QVBoxLayout, QWidget

from synth.instrument.parameters.table import PARAMETERS
from synth.midi.learn import Source
from ui.settings.form import said, table

_HEIGHT = 150
_ID = int(Qt.ItemDataRole.UserRole)


class LearnedList(QWidget):
    """Follows what is learned; Delete forgets the chosen one."""

    def __init__(self, forget: Callable[[str], object]) -> None:
        """`forget` is asked by the id of a parameter."""
        super().__init__()
        self._ask = forget
        self._ask = forget
        self.table = table("Learned MIDI controllers", ("Control", "MIDI controller"))
        self.table.setToolTip("Which MIDI controller moves which control; Del forgets the chosen one")
        self.table.setFixedHeight(_HEIGHT)
        self.table.installEventFilter(self)
        self.table.itemSelectionChanged.connect(self._follow)
        self.hint = said("Right-click a control and choose Learn MIDI controller, or press Ctrl+Shift+M on it.")
        self.forget = QPushButton("Forget")
        self.forget.setAccessibleName("Forget the chosen MIDI controller")
        self.forget.setToolTip("Forget the chosen MIDI controller, which then moves nothing (Del)")
        self.forget.clicked.connect(self._forget_chosen)
        foot = QHBoxLayout()
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignTop)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(self.table)
        rows.addLayout(foot)
        self._follow()

    def show_learned(self, learned: Mapping[Source, str]) -> None:
        """These, macros first, by the names of their controls; a control of another version by its id."""
        named = sorted(
            ((PARAMETERS[id].label if id in PARAMETERS else id, s.label, id) for s, id in learned.items()),
            key=lambda row: (not row[2].startswith("macro"), row),
        )
        row = self.table.currentRow()
        self.table.setRowCount(len(named))
        for i, (control, controller, id) in enumerate(named):
            item = QTableWidgetItem(control)
            item.setData(_ID, id)
            self.table.setItem(i, 0, item)
            self.table.setItem(i, 1, QTableWidgetItem(controller))
        if named and row >= 0:
            self.table.selectRow(min(row, len(named) - 1))
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_key = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if is_key and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Delete and not event.modifiers():
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self._forget_chosen()
            return True
        return False

    def _chosen(self) -> QTableWidgetItem | None:
        row = self.table.currentRow()
        return self.table.item(row, 0) if 0 <= row < self.table.rowCount() else None

    def _follow(self) -> None:
        self.forget.setEnabled(self._chosen() is not None)

    def _forget_chosen(self) -> None:
        item = self._chosen()
        if item is not None:
            self._ask(item.data(_ID))
