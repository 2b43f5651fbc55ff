"""How a checkpoint sounds, measured in a process of its own: its table grows line by line."""

import json
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidgetItem, QVBoxLayout, QWidget

from synth.measurement.verify import COLUMNS, Row
from ui.settings.child import Child
from ui.settings.form import table

_SECONDS = 4
"""Of each preset; `petrichord vocoder verify` measures longer ones."""
_HEADS = ("Sound", "Vocoder", "Mel error dB", "Pitch ct", "Buzz dB", "Loudness LU", "× real time")
"""`verify.COLUMNS` in less room."""
_HOW_TO_READ = (
    "Less error is better; buzz is energy at multiples of the frame rate, 0 dB is all of it. This measures and does "
    "not judge: please listen too. Nobody who made Petrichord has heard NVIDIA’s weights through it yet."
)
_NAME_WIDTH = 128
"""Of the first two columns; the numbers take what they need."""


class Measurement(QWidget):
    """Runs `petrichord vocoder verify` and shows what it prints."""

    said = Signal(str)
    failed = Signal(str)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.table = table("Measurement", _HEADS)
        for i, (short, whole) in enumerate(zip(_HEADS, COLUMNS, strict=True)):
            head = QTableWidgetItem(short)
            head.setToolTip(whole)
            self.table.setHorizontalHeaderItem(i, head)
        for i in (0, 1):
            self.table.horizontalHeader().setSectionResizeMode(i, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(i, _NAME_WIDTH)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.table)
        self.child = Child(self)
        self.child.line.connect(self._add)
        self.child.note.connect(self.said)
        self.child.finished.connect(self._end)
        self._stopped = False

    @property
    def running(self) -> bool:
        return self.child.running

    def start(self, folder: Path) -> bool:
        """Measure the checkpoint in this folder; False while another is measured."""
        if not self.child.start("vocoder", "verify", str(folder), "--seconds", str(_SECONDS), "--json"):
            return False
        self._stopped = False
        self.table.setRowCount(0)
        self.said.emit("Reading the weights…")
        return True

    def stop(self) -> None:
        """What has been measured stays."""
        self._stopped = True
        self.child.stop()

    def end(self) -> None:
        """The window closes."""
        self.child.end()

    def _add(self, line: str) -> None:
        cells = Row(**json.loads(line)).cells()
        row = self.table.rowCount()
        self.table.setRowCount(row + 1)
        for i, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            if i > 1:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, i, item)
        self.table.scrollToBottom()

    def _end(self, well: bool) -> None:
        n_sounds = self.table.rowCount() // 2
        if well:
            self.said.emit(_HOW_TO_READ)
        elif self._stopped:
            self.said.emit(f"Stopped after {n_sounds} sound{'' if n_sounds == 1 else 's'}.")
        else:
            self.failed.emit(f"The measurement ended early. {self.child.last_note}")
        self.ended.emit()
