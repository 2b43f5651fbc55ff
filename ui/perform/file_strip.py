"""The MIDI file that plays: its name, where it is, and a button that stops it."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui.look.clock import clock
from ui.look.theme import COLOURS
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.tool_button import tool_button

_LINE = 3


class FileStrip(QFrame):
    """There is none to see until a file plays."""

    stop_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("namebar")
        self._share = 0.0
        self.name = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.name.setAccessibleName("MIDI file")
        self.time = QLabel()
        self.time.setProperty("role", "dim")
        self.time.setAccessibleName("Time in the MIDI file")
        self.stop = tool_button("Stop", "Stop the MIDI file", "Stop the MIDI file (Ctrl+Shift+S)", "", role="small")
        self.stop.setFixedSize(44, 24)
        self.stop.clicked.connect(self.stop_asked)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.name)
        words.addWidget(self.time)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 6, 5 + _LINE)
        row.setSpacing(8)
        row.addLayout(words, 1)
        row.addWidget(self.stop)
        self.hide()

    def show_file(self, name: str, length_s: float) -> None:
        """This one plays from now on."""
        self.name.setText(name)
        self.name.setToolTip(name)
        self.name.setAccessibleDescription(name)
        self.show_position(0.0, length_s)
        self.show()

    def show_position(self, at_s: float, length_s: float) -> None:
        """It is here now."""
        self._share = at_s / length_s if length_s else 1.0
        self.time.setText(f"{clock(at_s)} of {clock(length_s)}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRectF(6, self.height() - _LINE - 3, self.width() - 12, _LINE)
        painter.fillRect(box, QColor(COLOURS.line))
        painter.fillRect(QRectF(box.left(), box.top(), box.width() * self._share, _LINE), QColor(COLOURS.accent))
