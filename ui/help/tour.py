"""The tour of the first start: one sentence at a time below the culture, and a frame around what it is about."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from ui.look.theme import COLOURS
from ui.widgets.tool_button import tool_button

_AROUND, _LINE = 4, 2
"""Pixels from the part to the frame around it, and the frame's own width."""
_TEXT_LINES = 2
_MOVES = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest)


@dataclass(frozen=True)
class Stop:
    """One step of the tour."""

    title: str
    text: str
    part: QWidget
    """What it is about."""


class PartFrame(QObject):
    """Four thin lines around a part of the window: nothing lies over the part, and the mouse goes through the lines."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._part: QWidget | None = None
        self.lines = [QFrame(window) for _ in range(4)]
        for line in self.lines:
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            line.setStyleSheet(f"background: {COLOURS.accent};")
            line.hide()
        window.installEventFilter(self)
        # After the layout has moved everything: a part is not told when what it stands in moves.
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(0)
        self._settled.timeout.connect(self._place)

    def show_around(self, part: QWidget | None) -> None:
        """Around this part from now on, wherever it moves; None takes the frame away."""
        if self._part is not None:
            self._part.removeEventFilter(self)
        self._part = part
        if part is not None:
            part.installEventFilter(self)
        self._place()
        self._settled.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._part is not None and event.type() in _MOVES:
            self._settled.start()
        return False

    def _place(self) -> None:
        part = self._part
        if part is None or not part.isVisible():
            for line in self.lines:
                line.hide()
            return
        at = QRect(part.mapTo(self._window, QPoint(0, 0)), part.size())
        box = at.adjusted(-_AROUND, -_AROUND, _AROUND, _AROUND).intersected(self._window.rect())
        across, down = box.width(), box.height()
        sides = (
            QRect(box.left(), box.top(), across, _LINE),
            QRect(box.left(), box.bottom() - _LINE + 1, across, _LINE),
            QRect(box.left(), box.top(), _LINE, down),
            QRect(box.right() - _LINE + 1, box.top(), _LINE, down),
        )
        for line, side in zip(self.lines, sides, strict=True):
            line.setGeometry(side)
            line.show()


class Tour(QFrame):
    """Takes a line of its own, so that it covers nothing, and never asks for the keyboard."""

    ended = Signal()

    def __init__(self, stops: Sequence[Stop], seen: Path | None, window: QWidget) -> None:
        """`seen` is a file that is there once the tour was shown; without one the tour begins only when asked for."""
        super().__init__()
        self._stops, self._seen, self._at = tuple(stops), seen, 0
        self.frame = PartFrame(window)
        self.setObjectName("tour")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setAccessibleName("Tour")
        self.back = tool_button("Back", "Tour: back", "The previous step of the tour", "", role="tight")
        self.next = tool_button("Next", "Tour: next", "The next step of the tour", "", role="tight")
        self.skip = tool_button("Skip", "Skip the tour", "End the tour; F1 starts it again (Esc)", "", "tight")
        # As high for every step: what is played does not move.
        self.text.setFixedHeight(_TEXT_LINES * self.text.fontMetrics().lineSpacing() + 4)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.setSpacing(6)
        row.addWidget(self.text, 1)
        for button, action in ((self.back, self._go_back), (self.next, self._go_on), (self.skip, self.leave)):
            # The mouse leaves the keyboard where it is: the next keys are the instrument's.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(action)
            row.addWidget(button)
        self.hide()

    @property
    def first_start(self) -> bool:
        """Whether nobody has seen it yet."""
        return self._seen is not None and not self._seen.exists()

    @property
    def under_way(self) -> bool:
        """True from its start until it is left."""
        return not self.isHidden()

    def start(self) -> None:
        """Show its first step."""
        self.show()
        self._show_stop(0)

    def leave(self) -> None:
        """End it, wherever it is; it does not begin by itself again."""
        if not self.under_way:
            return
        held = any(button.hasFocus() for button in (self.back, self.next, self.skip))
        self.frame.show_around(None)
        self.hide()
        if self._seen is not None:
            # Where that cannot be remembered it comes back at the next start, which harms nobody.
            with contextlib.suppress(OSError):
                self._seen.parent.mkdir(parents=True, exist_ok=True)
                self._seen.touch()
        if held:
            self.ended.emit()

    def _go_on(self) -> None:
        if self._at + 1 < len(self._stops):
            self._show_stop(self._at + 1)
        else:
            self.leave()

    def _go_back(self) -> None:
        self._show_stop(max(0, self._at - 1))

    def _show_stop(self, at: int) -> None:
        self._at = at
        stop, count = self._stops[at], len(self._stops)
        self.text.setText(f"<b>{at + 1} of {count} · {stop.title}</b> &nbsp;{stop.text}")
        self.text.setAccessibleDescription(f"Step {at + 1} of {count}: {stop.title}. {stop.text}")
        self.back.setEnabled(at > 0)
        last = at + 1 == count
        self.next.setText("Done" if last else "Next")
        self.skip.setVisible(not last)
        self.frame.show_around(stop.part)
