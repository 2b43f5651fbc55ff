"""Nothing chosen yet: drop a recording here, choose one, or take up a training that was not finished."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from synth.file_names import shown_name
from ui.trainer.buttons import push_button
from ui.trainer.process.job import Bench
from ui.widgets.elided_label import ElidedLabel

_MOST = 4
_PATH = int(Qt.ItemDataRole.UserRole)


class StartPage(QWidget):
    """A place to drop on, and the unfinished."""

    file_asked = Signal()
    opened = Signal(Bench)
    chosen = Signal(Path)
    """One of the recordings that were dropped together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drop = QFrame()
        self.drop.setProperty("role", "drop")
        inside = QVBoxLayout(self.drop)
        inside.setSpacing(10)
        title = QLabel("Drop a recording here")
        title.setProperty("role", "name")
        about = QLabel(
            "A bowed note, a choir, a bowl, surf: a few steady seconds as WAV, FLAC, OGG, AIFF or MP3.\n"
            "A few minutes later it is a preset to play."
        )
        about.setProperty("role", "dim")
        about.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = push_button("Choose a recording…", "Look for a recording among your files", "Ctrl+Shift+O")
        self.choose.clicked.connect(self.file_asked)
        inside.addStretch(1)
        inside.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(about)
        inside.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addStretch(1)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "warn")
        self.sentence.setWordWrap(True)
        self.sentence.hide()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self.offered = QListWidget()
        self.offered.setAccessibleName("Recordings that were dropped")
        self.offered.setToolTip("Enter or a double click chooses one to learn from")
        self.offered.itemActivated.connect(lambda item: self.chosen.emit(item.data(_PATH)))
        self.offered.hide()
        column.addWidget(self.drop, 1)
        column.addWidget(self.offered, 2)
        column.addWidget(self.sentence)
        column.addLayout(self._rows)

    def say(self, sentence: str) -> None:
        """What cannot be done, until the list is shown anew."""
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))

    def offer(self, paths: list[Path]) -> None:
        """List recordings of which one can be learned from."""
        self.offered.clear()
        for path in paths:
            item = QListWidgetItem(shown_name(path.name))
            item.setData(_PATH, path)
            item.setToolTip(shown_name(path))
            self.offered.addItem(item)
        self.offered.setCurrentRow(0)
        self.offered.show()
        self.offered.setFocus()

    def show_unfinished(self, benches: list[Bench]) -> None:
        """List the latest of them."""
        self.say("")
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for bench in benches[:_MOST]:
            self._rows.addWidget(self._row(bench))

    def _row(self, bench: Bench) -> QWidget:
        row = QFrame()
        row.setProperty("role", "panel")
        line = QHBoxLayout(row)
        line.setContentsMargins(12, 6, 6, 6)
        state = "can be resumed" if bench.resumable else "is grown, and waits to be kept"
        text = ElidedLabel()
        text.setText(f"“{bench.job.name}” from {bench.job.recording.name} {state}.")
        line.addWidget(text, 1)
        button = push_button("Open", "Hear it, go on with it, keep or discard it", name=f"Open {bench.job.name}")
        button.clicked.connect(lambda: self.opened.emit(bench))
        line.addWidget(button)
        return row
