"""A part of a take: chosen on its waveform or by number, heard over and over, saved as a file of its own."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from synth.takes.files import TakeCard
from synth.takes.part import SHORTEST_S, Part
from ui.look.clock import exact_clock, typed_time
from ui.takes.range_view import RangeView

_TIME_WIDTH = 96


class PartBar(QFrame):
    """Asks for what is to be done with the part; Escape or Close leaves."""

    play_asked = Signal(Path, object)
    """Play this `Part` of this take, from its beginning."""
    stop_asked = Signal()
    save_asked = Signal(Path, object)
    """Save this `Part` of this take."""
    refused = Signal(str)
    """A sentence: what was typed is no time of this take."""
    accepted = Signal()
    """What was typed is one."""
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("namebar")
        self._take: Path | None = None
        self._heard = self._asked = False
        """Whether the take is heard, and whether this bar asked for it: then the part follows the hand."""
        title = QLabel("PART OF THE TAKE")
        title.setProperty("role", "section")
        self.range = RangeView()
        self.range.moved.connect(self._show_times)
        self.range.settled.connect(self._play_on)
        self.begin = self._time_box("Beginning of the part", self.range.set_begin)
        self.end = self._time_box("End of the part", self.range.set_end)
        self.length = QLabel()
        self.length.setProperty("role", "dim")
        self.length.setAccessibleName("Length of the part")
        self.loop = QCheckBox("Loop")
        self.loop.setChecked(True)
        self.loop.setAccessibleName("Loop")
        self.loop.setToolTip("Play the part over and over; its end is faded into its beginning over 10 ms")
        self.loop.toggled.connect(lambda _: self._play_on())
        self.play = _button(
            "Play part", "Play the part in place of the culture, or stop it (Enter)", self._play_or_stop
        )
        self.save = _button(
            "Save part", "Save the part as a new WAV file beside the take: sound only, the take stays", self._save
        )
        self.leave = _button("Close", "Leave the part, and stop it (Esc)", self._leave)
        self._lay_out(title)
        self.hide()

    def _lay_out(self, title: QLabel) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(6)
        times: tuple[QWidget, ...] = (self.begin, QLabel("to"), self.end, self.length)
        for part in times:
            foot.addWidget(part)
        foot.addStretch(1)
        buttons: tuple[QWidget, ...] = (self.loop, self.play, self.save, self.leave)
        for part in buttons:
            foot.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(title)
        column.addWidget(self.range)
        column.addLayout(foot)

    def _time_box(self, name: str, move: Callable[[float], None]) -> QLineEdit:
        box = QLineEdit()
        box.setFixedWidth(_TIME_WIDTH)
        box.setAcceptDrops(False)
        box.setAccessibleName(name)
        box.setToolTip(f"{name}, in minutes and seconds, such as 0:02.500; Enter takes it")
        box.editingFinished.connect(lambda: self._take_time(box, move))
        return box

    @property
    def part(self) -> Part:
        """What is chosen."""
        return Part(self.range.begin_s, self.range.end_s, self.loop.isChecked())

    def ask(self, card: TakeCard) -> None:
        """Choose a part of this take, at first all of it."""
        self._take, self._asked = card.path, False
        self.range.show_take(card)
        self.save.setEnabled(True)
        self.show()
        self.range.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_playing(self, take: Path | None, at_s: float) -> None:
        """The take that plays is here."""
        self._heard = take is not None and take == self._take
        self._asked = self._asked and self._heard
        self.play.setText("Stop part" if self._heard else "Play part")
        self.play.setAccessibleName(self.play.text())
        self.range.show_heard(at_s if self._heard else None)

    def show_saved(self) -> None:
        """The part is saved, or cannot be."""
        self.save.setEnabled(True)

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
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # In a box it takes the time that was typed.
            if not isinstance(self.focusWidget(), QLineEdit):
                self._play_or_stop()
        else:
            super().keyPressEvent(event)

    def _take_time(self, box: QLineEdit, move: Callable[[float], None]) -> None:
        if not box.isModified():
            return
        box.setModified(False)
        try:
            seconds = typed_time(box.text())
            if box is self.begin and seconds > self.range.end_s - SHORTEST_S:
                raise ValueError(self._too_near("begin", seconds, "ends", self.range.end_s))
            if box is self.end and seconds < self.range.begin_s + SHORTEST_S:
                raise ValueError(self._too_near("end", seconds, "begins", self.range.begin_s))
        except ValueError as problem:
            self._show_times()
            self.refused.emit(str(problem))
            return
        self.accepted.emit()
        move(seconds)
        self._play_on()

    def _too_near(self, what: str, typed_s: float, does: str, there_s: float) -> str:
        return (
            f"The part cannot {what} at {exact_clock(typed_s)}: it {does} at {exact_clock(there_s)}, and is at least "
            f"{1000 * SHORTEST_S:.0f} ms long."
        )

    def _show_times(self) -> None:
        for box, seconds in ((self.begin, self.range.begin_s), (self.end, self.range.end_s)):
            box.setText(exact_clock(seconds))
        self.length.setText(f"{self.range.end_s - self.range.begin_s:.3f} s")

    def _play_or_stop(self) -> None:
        if self._heard:
            self.stop_asked.emit()
        elif self._take is not None:
            self._asked = True
            self.play_asked.emit(self._take, self.part)

    def _play_on(self) -> None:
        """The part that is heard was changed: the changed one is heard."""
        if self._asked and self._take is not None:
            self.play_asked.emit(self._take, self.part)

    def _save(self) -> None:
        if self._take is not None:
            self.save.setEnabled(False)
            self.save_asked.emit(self._take, self.part)

    def _leave(self) -> None:
        if not self.isHidden():
            self.hide()
            if self._asked and self._heard:
                self.stop_asked.emit()
            self._asked = False
            self.left.emit()


def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda: act())
    return button
