"""Which moment of a take to go back to: a line along its waveform, moved by mouse or arrow keys."""

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractSlider, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from synth.takes.files import TakeCard
from ui.look.clock import clock
from ui.look.theme import COLOURS
from ui.takes.list import paint_wave

_MS = 1000
_STEP_MS, _PAGE_MS = 100, 1000


class MomentSlider(QAbstractSlider):
    """A take's waveform with the moment in it, in milliseconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: TakeCard | None = None
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSingleStep(_STEP_MS)
        self.setPageStep(_PAGE_MS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Moment of the take")
        self.setToolTip("Click or drag to a moment; arrows move a tenth of a second, Page Up and Down a second")
        self.valueChanged.connect(self._describe)

    def sizeHint(self) -> QSize:
        return QSize(300, 40)

    def show_take(self, card: TakeCard) -> None:
        """Choose a moment of this take."""
        self._card = card
        self.setRange(0, int(card.seconds * _MS))

    def _describe(self) -> None:
        self.setAccessibleDescription(clock(self.value() / _MS))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setValue(round(event.position().x() / max(self.width(), 1) * self.maximum()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._card is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        share = self.value() / max(self.maximum(), 1)
        box = QRectF(self.rect()).adjusted(1, 3, -1, -3)
        paint_wave(painter, box, self._card, share)
        painter.setPen(QColor(COLOURS.text if self.hasFocus() else COLOURS.dim))
        x = box.left() + share * (box.width() - 1)
        painter.drawLine(round(x), 0, round(x), self.height())


class BranchBar(QFrame):
    """Asks for the moment, then shows how far the way back is; Escape or Cancel leaves."""

    asked = Signal(Path, float)
    """Go back to this time of this take, in seconds."""
    left = Signal()
    """It was put away without having come to its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("namebar")
        self._take: Path | None = None
        self._follows = False
        title = QLabel("BRANCH FROM")
        title.setProperty("role", "section")
        self.moment = MomentSlider()
        self.moment.valueChanged.connect(lambda _: self._show_time())
        self.moment.sliderPressed.connect(self._hold)
        self.moment.actionTriggered.connect(lambda _: self._hold())
        self.said = QLabel()
        self.said.setAccessibleName("Moment")
        self.go = QPushButton("Branch")
        self.go.setAccessibleName("Branch")
        self.go.setToolTip("Load preset, culture and controls as they were at this moment, and play on from there")
        self.go.clicked.connect(self._ask)
        self.leave = QPushButton("Cancel")
        self.leave.setAccessibleName("Cancel the branch")
        self.leave.setToolTip("Leave everything as it is (Esc)")
        self.leave.clicked.connect(self._leave)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(self.said, 1)
        foot.addWidget(self.leave)
        foot.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(title)
        column.addWidget(self.moment)
        column.addLayout(foot)
        self.hide()

    def ask(self, card: TakeCard, at_s: float, *, follows: bool) -> None:
        """Choose a moment of this take, at first this one; it `follows` the take that plays until a hand moves it."""
        self._take, self._follows = card.path, follows
        self.moment.setEnabled(True)
        self.go.setEnabled(True)
        self.moment.show_take(card)
        self.moment.setValue(round(at_s * _MS))
        self._show_time()
        self.show()
        self.moment.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self, take: Path | None, at_s: float) -> None:
        """The take that plays is here."""
        if self._follows and not self.isHidden() and take == self._take:
            self.moment.setValue(round(at_s * _MS))

    def show_progress(self, share: float) -> None:
        """The moment is being gone back to."""
        if not self.isHidden():
            self.moment.setEnabled(False)
            self.go.setEnabled(False)
            self.said.setText(f"Going back to {self._time()}: {share:.0%}".replace("%", " %"))

    def put_away(self) -> None:
        """It is over."""
        self.hide()

    def event(self, event: QEvent) -> bool:
        # Escape leaves this bar, and not the sheet beneath.
        key = event.key() if isinstance(event, QKeyEvent) else None
        if event.type() == QEvent.Type.ShortcutOverride and key == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.go.isEnabled():
            self._ask()
        else:
            super().keyPressEvent(event)

    def _hold(self) -> None:
        self._follows = False

    def _time(self) -> str:
        at_s = self.moment.value() / _MS
        return f"{clock(at_s)}.{int(at_s * 10 + 1e-6) % 10}"

    def _show_time(self) -> None:
        self.said.setText(f"{self._time()} of {clock(self.moment.maximum() / _MS)}")

    def _ask(self) -> None:
        if self._take is not None:
            self.asked.emit(self._take, self.moment.value() / _MS)

    def _leave(self) -> None:
        if not self.isHidden():
            self.hide()
            self.left.emit()
