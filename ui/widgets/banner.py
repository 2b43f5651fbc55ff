"""Sentences that must be seen, in a stack of small cards that never stops the music."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

_SHOWN_S = 9.0
_CARDS = 3
"""Cards that are seen at most; older sentences come up when newer ones are put away."""
_MOST = 12
"""Sentences that are kept at most."""
_GAP = 5


@dataclass(frozen=True)
class Remedy:
    """What the player can do about it, on a button."""

    label: str
    do: Callable[[], object]


@dataclass(frozen=True)
class Said:
    """One sentence; `about` names what it is about, so that it can be withdrawn when that has changed."""

    text: str
    urgent: bool
    remedy: Remedy | None
    about: str
    at: float = field(default_factory=monotonic)


class Card(QFrame):
    """One sentence with its button and a cross."""

    dismissed = Signal(object)
    acted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.said: Said | None = None
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setAccessibleName("Notice")
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setToolTip("Dismiss (Esc)")
        self.close_button.setAccessibleName("Dismiss notice")
        self.close_button.clicked.connect(lambda: self.dismissed.emit(self.said))
        self.button = QPushButton()
        self.button.setAccessibleName("Remedy")
        self.button.setToolTip("What can be done about it now")
        self.button.clicked.connect(lambda: self.acted.emit(self.said))
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 5, 4, 6)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.close_button, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.button, 1, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(0, 1)
        self.hide()

    def show_said(self, said: Said) -> None:
        """Show this sentence."""
        if said is self.said:
            return
        self.said = said
        self.setProperty("urgent", said.urgent)
        self.style().unpolish(self)
        self.style().polish(self)
        self.label.setText(said.text)
        self.label.setAccessibleDescription(said.text)
        self.button.setVisible(said.remedy is not None)
        if said.remedy is not None:
            self.button.setText(said.remedy.label)
            self.button.setAccessibleName(said.remedy.label)


class Banner(QWidget):
    """The newest sentence is the lowest. Urgent ones stay until each is dismissed or settled, others for a while.

    In a layout it is as high as its cards; with `float_over` it lies over the foot of another widget and moves nothing.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: list[Said] = []
        self._beneath: QWidget | None = None
        self._more = QLabel()
        self._more.setObjectName("more")
        self._more.setAccessibleName("More notices")
        self.cards = [Card() for _ in range(_CARDS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        column.addWidget(self._more)
        for card in self.cards:
            card.dismissed.connect(self._put_away)
            card.acted.connect(self._act)
            column.addWidget(card)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expire)
        self.hide()

    @property
    def text(self) -> str:
        """The newest sentence, "" when there is none."""
        return self._said[-1].text if self._said else ""

    @property
    def texts(self) -> list[str]:
        """Every sentence that is not put away, oldest first."""
        return [said.text for said in self._said]

    @property
    def urgent(self) -> list[str]:
        """Those of them that stay."""
        return [said.text for said in self._said if said.urgent]

    @property
    def button(self) -> QPushButton:
        """The newest sentence's."""
        return self.cards[-1].button

    def say(self, text: str, *, urgent: bool = False, remedy: Remedy | None = None, about: str = "") -> None:
        """Show a sentence, and a button where something can be done; it takes the place of one about the same."""
        said = Said(text, urgent, remedy, about)
        others = [other for other in self._said if other.text != text and (not about or other.about != about)]
        self._show([*others, said][-_MOST:])

    def complain(self, problem: str, remedy: Remedy | None = None, about: str = "") -> None:
        """Say what went wrong; it stays until it is dismissed or settled."""
        self.say(problem, urgent=True, remedy=remedy, about=about)

    def settle(self, about: str) -> None:
        """What was said about this holds no longer."""
        if any(said.about == about for said in self._said):
            self._show([said for said in self._said if said.about != about])

    def dismiss(self) -> None:
        """Put away the newest."""
        self._show(self._said[:-1])

    def clear(self) -> None:
        """Put away everything."""
        self._show([])

    def float_over(self, beneath: QWidget) -> None:
        """Lie over the foot of this widget, as wide as it is, instead of taking room of its own."""
        self._beneath = beneath
        self.setParent(beneath.parentWidget())
        beneath.installEventFilter(self)
        self.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wait()

    def hideEvent(self, event: QHideEvent) -> None:
        """A window that is closed keeps no clock running; what has had its time goes when it is shown again."""
        super().hideEvent(event)
        self._timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._beneath and event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._lie()
        return False

    def _put_away(self, said: Said) -> None:
        self._show([other for other in self._said if other is not said])

    def _act(self, said: Said) -> None:
        self._put_away(said)
        if said.remedy is not None:
            said.remedy.do()

    def _expire(self) -> None:
        self._show([said for said in self._said if said.urgent or monotonic() - said.at < _SHOWN_S])

    def _show(self, said: list[Said]) -> None:
        self._said = said
        for card, one in zip(reversed(self.cards), reversed(said), strict=False):
            card.show_said(one)
        self._lay()
        self.setVisible(bool(said))
        if said and self._beneath is not None:
            self._lie()
        self._wait()

    def _wait(self) -> None:
        """For the time of the oldest sentence that does not stay."""
        waiting = [said.at for said in self._said if not said.urgent]
        self._timer.stop()
        if waiting and self.isVisible():
            self._timer.start(max(1, round(1000 * (min(waiting) + _SHOWN_S - monotonic())) + 1))

    def _lay(self, room: int | None = None) -> None:
        """Show as many cards as there is room for, the newest first and always, and say how many more there are."""
        height, n = 0, 0
        for card in reversed(self.cards[-len(self._said) :] if self._said else []):
            height += card.heightForWidth(self.width()) + _GAP
            if room is not None and n and height > room:
                break
            n += 1
        for i, card in enumerate(reversed(self.cards)):
            card.setVisible(i < n)
        others = len(self._said) - n
        self._more.setText(f"{others} more" if others else "")
        self._more.setVisible(others > 0)

    def _lie(self) -> None:
        """Over the foot of what is beneath."""
        assert self._beneath is not None
        if not self._said:
            return
        under: QRect = self._beneath.geometry()
        self.resize(under.width(), self.height())
        self._lay(under.height() - self._more.sizeHint().height() - _GAP)
        shown = [part for part in (self._more, *self.cards) if not part.isHidden()]
        height = sum(
            part.heightForWidth(under.width()) if isinstance(part, Card) else part.sizeHint().height() for part in shown
        )
        height += _GAP * (len(shown) - 1)
        self.setGeometry(under.left(), under.bottom() + 1 - height, under.width(), height)
        self.raise_()
