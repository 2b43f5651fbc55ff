"""The note by name: a box for names, numbers and frequencies, with arrows drawn like everything else here."""

import re

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QValidator,
)
from PySide6.QtWidgets import QAbstractSpinBox, QStyle, QStyleOptionSpinBox, QWidget

from synth.errors import UsageError
from synth.instrument.parameters.note_names import note_name, note_number
from ui.look.axes import nearest_note
from ui.look.theme import COLOURS
from ui.widgets.spin_menu import SpinBox

FIRST_PLAYABLE = 12
"""Notes 1–11 are below hearing; the box steps from the preset's own pitch to C0."""
_OWN = "own"
_HERTZ = re.compile(r"^\s*(\d+(?:[.,]\d*)?)\s*(k?)hz\s*$", re.IGNORECASE)
_LOWEST_HZ, _HIGHEST_HZ = 16.0, 12500.0
"""C0 to G9, the notes there are."""


def parse_pitch(text: str) -> tuple[int, float] | None:
    """The nearest note to "440 Hz" or "1.2 kHz" and the cents from it; None when the text is no frequency."""
    match = _HERTZ.match(text)
    hz = float(match.group(1).replace(",", ".")) * (1000 if match.group(2) else 1) if match else 0.0
    if not _LOWEST_HZ <= hz <= _HIGHEST_HZ:
        return None
    return nearest_note(hz)


def parse_note(text: str) -> int | None:
    """MIDI note of "A4", "C#3", "Bb2", "69" or "440 Hz"; 0 for the preset's own pitch, None when it is no note."""
    pitch = parse_pitch(text)
    if pitch is not None:
        return pitch[0]
    if text.strip().casefold().startswith(_OWN) or text.strip() == "0":
        return 0
    try:
        note = round(note_number(text.replace(",", ".")))
    except UsageError:
        return None
    return note if note >= FIRST_PLAYABLE else None


class NoteBox(SpinBox):
    """A MIDI note by name; the lowest step is the preset's own pitch."""

    refused = Signal(str)
    """What was typed is no note, in one sentence; the note stays as it was."""
    done = Signal()
    """A note was typed, left as it was, or stepped with the mouse: the keyboard can go back to the instrument."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._root_hz = 0.0
        self._cents: float | None = None
        self._clicked_into = False
        self.lineEdit().installEventFilter(self)
        self.setRange(0, 127)
        self.setAccessibleName("Note")
        self.setToolTip("Note: a name such as A4, a MIDI number, 440 Hz, or “own” for the preset's own pitch (0)")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setKeyboardTracking(False)
        # Not by the wheel: a hand that only turns it would type the next notes into the box.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(98, 28)

    def set_root(self, root_hz: float) -> None:
        """The pitch the preset has by itself; 0 for none."""
        self._root_hz = root_hz
        self.lineEdit().setText(self.textFromValue(self.value()))

    @property
    def has_pitch(self) -> bool:
        """True when the preset has a pitch of its own."""
        return self._root_hz > 0

    def own_note(self) -> int:
        """The note nearest to the preset's own pitch; A4 when it has none."""
        return nearest_note(self._root_hz)[0] if self._root_hz > 0 else 69

    def textFromValue(self, value: int) -> str:
        if value:
            return note_name(value)
        return f"{_OWN} ({note_name(self.own_note())})" if self._root_hz > 0 else _OWN

    def take_cents(self) -> float | None:
        """How far from the note the frequency was that was typed, once; None when a note was."""
        cents, self._cents = self._cents, None
        return cents

    def leave(self) -> None:
        """Forget what was typed."""
        self.lineEdit().setText(self.textFromValue(self.value()))
        self.done.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entered:
            self._refuse_nonsense()
        super().keyPressEvent(event)
        if entered:
            self.done.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._clicked_into = event.reason() == Qt.FocusReason.MouseFocusReason

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The click that goes into the box chooses all of it: "own (C4)" is typed over, not into.
        if event.type() == QEvent.Type.MouseButtonRelease and self._clicked_into:
            self._clicked_into = False
            if not self.lineEdit().hasSelectedText():
                self.lineEdit().selectAll()
        return super().eventFilter(watched, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._refuse_nonsense()
        super().focusOutEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if not self.lineEdit().geometry().contains(event.position().toPoint()):
            self.done.emit()

    def _refuse_nonsense(self) -> None:
        text = self.lineEdit().text()
        if parse_note(text) is None:
            self.lineEdit().setText(self.textFromValue(self.value()))
            self.refused.emit(f"“{text}” is not a note: type a name such as A4, a MIDI number, 440 Hz, or own.")

    def event(self, event: QEvent) -> bool:
        """Undo belongs to the window: what was typed here is one step like any other."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            for standard in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo):
                if event.matches(standard):
                    event.ignore()
                    return True
        return super().event(event)

    def valueFromText(self, text: str) -> int:
        note, pitch = parse_note(text), parse_pitch(text)
        if pitch is not None:
            self._cents = pitch[1]
        return self.value() if note is None else note

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        known = parse_note(text) is not None
        return (QValidator.State.Acceptable if known else QValidator.State.Intermediate, text, position)

    def stepBy(self, steps: int) -> None:
        if self.value() == 0:
            self.setValue(self.own_note() + steps)
        elif self.value() + steps < FIRST_PLAYABLE:
            self.setValue(0)
        else:
            self.setValue(self.value() + steps)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        option = QStyleOptionSpinBox()
        self.initStyleOption(option)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        can = self.stepEnabled()
        for part, step, up in (
            (QStyle.SubControl.SC_SpinBoxUp, QAbstractSpinBox.StepEnabledFlag.StepUpEnabled, 1),
            (QStyle.SubControl.SC_SpinBoxDown, QAbstractSpinBox.StepEnabledFlag.StepDownEnabled, -1),
        ):
            # Qt's own buttons are beneath, with their repeating while they are held.
            place = self.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, option, part, self)
            under = place.contains(self.mapFromGlobal(QCursor.pos())) and self.underMouse()
            colour = COLOURS.line if not can & step else COLOURS.accent if under else COLOURS.dim
            painter.setPen(QPen(QColor(colour), 1.4))
            tip = QPointF(place.center()) + QPointF(0.5, 0.5 - 1.5 * up)
            painter.drawPolyline([tip + QPointF(-3.5, 3.0 * up), tip, tip + QPointF(3.5, 3.0 * up)])
