"""One line of hints below the culture, until it is dismissed for good."""

import contextlib
from pathlib import Path

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui.widgets.elided_label import ElidedLabel
from ui.widgets.tool_button import tool_button

HINT = "Space plays · press on the culture to wound it · Page Down: next preset · Ctrl+R records · F1: all keys"


class HintLine(QFrame):
    """Takes a line of its own while it is there: neither cells nor axes are covered."""

    def __init__(self, seen: Path, parent: QWidget | None = None) -> None:
        """`seen` is a file that is there once the line was dismissed."""
        super().__init__(parent)
        self._seen = seen
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
        self.setVisible(not seen.exists())

    def dismiss(self) -> None:
        """Put it away, also at the next start."""
        self.hide()
        # Where that cannot be remembered it comes back at the next start, which harms nobody.
        with contextlib.suppress(OSError):
            self._seen.parent.mkdir(parents=True, exist_ok=True)
            self._seen.touch()
