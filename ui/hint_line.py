"""One line of hints over the culture's foot, until it is dismissed for good."""

import contextlib
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui.elided_label import ElidedLabel
from ui.tool_button import tool_button

HINT = "Space plays · press on the culture to wound it · Page Down: next preset · Ctrl+R records · F1: all keys"
_HEIGHT = 28


class HintLine(QFrame):
    """Lies over the foot of `stage`, where the time axis is: no cell is covered."""

    def __init__(self, stage: QWidget, seen: Path) -> None:
        """`seen` is a file that is there once the line was dismissed."""
        super().__init__(stage)
        self._stage, self._seen = stage, seen
        self.setObjectName("hints")
        self.setAccessibleName("Hints")
        self.text = ElidedLabel()
        self.text.setText(HINT)
        self.text.setAccessibleName("Hints for the first steps")
        self.text.setToolTip(HINT)
        self.away = tool_button("×", "Dismiss hints", "Do not show these hints again", "", role="icon")
        self.away.setFixedSize(22, 22)
        self.away.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 2)
        row.addWidget(self.text, 1)
        row.addWidget(self.away)
        stage.installEventFilter(self)
        self.setVisible(not seen.exists())
        self._lie_down()

    def dismiss(self) -> None:
        """Put it away, also at the next start."""
        self.hide()
        # Where that cannot be remembered it comes back at the next start, which harms nobody.
        with contextlib.suppress(OSError):
            self._seen.parent.mkdir(parents=True, exist_ok=True)
            self._seen.touch()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._lie_down()
        return False

    def _lie_down(self) -> None:
        self.setGeometry(0, self._stage.height() - _HEIGHT, self._stage.width(), _HEIGHT)
        self.raise_()
