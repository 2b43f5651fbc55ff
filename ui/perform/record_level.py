"""A thin bar under Record: how loud what is written is."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.look.theme import COLOURS

_FLOOR_DB = -60.0
_FALL_DB = 1.0
"""Per look, of which there are 40 in a second."""


class RecordLevel(QWidget):
    """Rises at once, falls slowly; empty while nothing is recorded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(4)
        self.setAccessibleName("Recording level")
        self.setToolTip("Level of the take being recorded, −60 to 0 dBFS")
        self.level_db = _FLOOR_DB

    def show_level(self, peak_db: tuple[float, float], recording: bool) -> None:
        """The louder side's latest peak."""
        level = max(*peak_db, self.level_db - _FALL_DB, _FLOOR_DB) if recording else _FLOOR_DB
        if level != self.level_db:
            self.level_db = level
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.raised))
        share = min(1.0, 1 - self.level_db / _FLOOR_DB)
        painter.fillRect(QRectF(0, 0, self.width() * share, self.height()), QColor(COLOURS.record))
