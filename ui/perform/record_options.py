"""How the next take is written: a small menu beside Record."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from synth.takes.wav import SAMPLE_FORMATS, SampleFormat
from ui.look.shortcuts import click_on_key

FORMAT_NAMES: dict[SampleFormat, tuple[str, str]] = {
    "pcm16": ("16-bit", "16-bit, dithered: smallest, for sharing"),
    "pcm24": ("24-bit", "24-bit: what every editor opens"),
    "float32": ("float", "32-bit float: exact"),
}


class RecordOptions(QToolButton):
    """Shows the sample format; a click offers the others, and whether Record waits for sound."""

    chosen = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "small")
        self.setFixedSize(50, 24)
        self.setAccessibleName("Recording options")
        self.setToolTip("Sample format of the next take, and whether Record waits for sound (Ctrl+Shift+F)")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.menu_ = QMenu(self)
        self._group = group = QActionGroup(self.menu_)
        self._formats: dict[SampleFormat, QAction] = {}
        for sample_format in SAMPLE_FORMATS:
            action = QAction(FORMAT_NAMES[sample_format][1], self.menu_)
            action.setCheckable(True)
            action.triggered.connect(self._tell)
            group.addAction(action)
            self.menu_.addAction(action)
            self._formats[sample_format] = action
        self.menu_.addSeparator()
        self._wait = QAction("Wait for the first sound or Play", self.menu_)
        self._wait.setCheckable(True)
        self.menu_.addAction(self._wait)
        self._wait.triggered.connect(self._tell)
        click_on_key(self, "Ctrl+Shift+F")
        # `popup` returns at once; a button's own menu waits with Python's lock held, and the engine would starve.
        self.clicked.connect(lambda: self.menu_.popup(self.mapToGlobal(self.rect().topLeft())))

    def show_choice(self, sample_format: SampleFormat, wait: bool) -> None:
        """These hold now."""
        self._formats[sample_format].setChecked(True)
        self._wait.setChecked(wait)
        self.setText(FORMAT_NAMES[sample_format][0])
        self.setAccessibleDescription(FORMAT_NAMES[sample_format][1])

    def _tell(self) -> None:
        chosen = next(name for name, action in self._formats.items() if action.isChecked())
        self.chosen.emit(chosen, self._wait.isChecked())
