"""The note: a box with note names, and a small keyboard that mouse and computer keys play."""

import math
import re

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QValidator,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from synth.errors import UsageError
from synth.notation import note_name, note_number
from ui.axes import nearest_note
from ui.spin_menu import SpinBox
from ui.theme import COLOURS

KEY_ROW = "AWSEDFTGYHUJKOLP"
"""Computer keys as a piano: A is C, W is C♯ … P is the D♯ an octave up."""
_BLACK = frozenset({1, 3, 6, 8, 10})
_LOWEST, _HIGHEST = 24, 96
_FIRST_PLAYABLE = 12
"""Notes 1–11 are below hearing; the box steps from the preset's own pitch to C0."""
_LETTER_PT = 7.0
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
        note = round(note_number(text))
    except UsageError:
        return None
    return note if note >= _FIRST_PLAYABLE else None


class NoteBox(SpinBox):
    """A MIDI note by name; the lowest step is the preset's own pitch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._root_hz = 0.0
        self._cents: float | None = None
        self.setRange(0, 127)
        self.setAccessibleName("Note")
        self.setToolTip("Note: a name such as A4, a MIDI number, 440 Hz, or “own” for the preset's own pitch (0)")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setKeyboardTracking(False)
        self.setFixedSize(90, 28)

    def set_root(self, root_hz: float) -> None:
        """The pitch the preset has by itself; 0 for none."""
        self._root_hz = root_hz
        self.lineEdit().setText(self.textFromValue(self.value()))

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

    def event(self, event: QEvent) -> bool:
        """Undo belongs to the window: what was typed here is one step like any other."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
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
        elif self.value() + steps < _FIRST_PLAYABLE:
            self.setValue(0)
        else:
            self.setValue(self.value() + steps)


class NoteKeys(QWidget):
    """A keyboard that shows the note and takes clicks; its lettered octave is the one computer keys play."""

    played = Signal(int)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.octave = 4
        self.held = False
        """True while the mouse is down on the keys."""
        self._note = 0
        self._own = 0
        self.setAccessibleName("Keyboard")
        self.setToolTip("Keys A to P play notes, Z and X change the octave, 0 is the preset's own pitch")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(560, 72)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 58)

    def show_note(self, note: int, own: int) -> None:
        """Mark the note that plays (0 for the preset's own) and the preset's own."""
        if (note, own) != (self._note, self._own):
            self._note, self._own = note, own
            self.setAccessibleDescription(note_name(note or own) if note or own else "own pitch")
            self.update()

    def play_key(self, index: int) -> None:
        """Play the computer key at this place of the row."""
        self._play(12 * (self.octave + 1) + index)

    def shift_octave(self, by: int) -> None:
        """Move the lettered octave."""
        self.octave = min(max(self.octave + by, 1), 6)
        self.update()

    def _play(self, note: int) -> None:
        self.played.emit(min(max(note, _FIRST_PLAYABLE), 127))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self._play((self._note or self._own or 69) + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            note = self._note_at(event.position().x(), event.position().y())
            if note is not None:
                self.held = True
                self._play(note)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.held and event.button() == Qt.MouseButton.LeftButton:
            self.held = False
            self.released.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        note = self._note_at(event.position().x(), event.position().y())
        if event.buttons() & Qt.MouseButton.LeftButton and note is not None and note != self._note:
            self._play(note)

    def _rects(self) -> tuple[list[tuple[int, QRectF]], list[tuple[int, QRectF]]]:
        """White and black keys with their places."""
        notes = range(_LOWEST, _HIGHEST + 1)
        n_white = sum(1 for note in notes if note % 12 not in _BLACK)
        key, height = self.width() / n_white, float(self.height())
        white: list[tuple[int, QRectF]] = []
        black: list[tuple[int, QRectF]] = []
        for note in notes:
            if note % 12 in _BLACK:
                black.append((note, QRectF(len(white) * key - 0.31 * key, 0, 0.62 * key, height * 0.6)))
            else:
                white.append((note, QRectF(len(white) * key, 0, key, height)))
        return white, black

    def _note_at(self, x: float, y: float) -> int | None:
        white, black = self._rects()
        for note, rect in black + white:
            if rect.contains(x, y):
                return note
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = 12 * (self.octave + 1)
        white, black = self._rects()
        for colour, keys in (("#c3cbd5", white), ("#12161c", black)):
            painter.setFont(self._fitting(keys[0][1].width()))
            for note, rect in keys:
                lettered = first <= note < first + len(KEY_ROW)
                self._paint_key(painter, note, rect, colour, KEY_ROW[note - first] if lettered else "")
        painter.setFont(self._fitting(math.inf))
        painter.setPen(QColor(COLOURS.ground))
        for note, rect in white:
            if note % 12 == 0 and not first <= note < first + len(KEY_ROW):
                self._paint_octave(painter, note_name(note), rect)
        if self.hasFocus():
            painter.setPen(QColor(COLOURS.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_key(self, painter: QPainter, note: int, rect: QRectF, colour: str, letter: str) -> None:
        dark = note % 12 in _BLACK
        playing = note == (self._note or self._own)
        fill = QColor(COLOURS.accent if playing else colour)
        if not letter and not playing and not dark:
            fill = fill.darker(128)
        painter.setPen(QColor(COLOURS.ground))
        painter.setBrush(fill)
        painter.drawRoundedRect(rect.adjusted(0.5, -4, -0.5, -0.5), 3, 3)
        painter.setPen(QColor(COLOURS.text if dark and not playing else COLOURS.ground))
        box = rect.adjusted(0, 0, 0, -4)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, letter)

    def _paint_octave(self, painter: QPainter, name: str, key: QRectF) -> None:
        """In the middle of its key where it fits; else it begins there, and ends before the keyboard does."""
        width = painter.fontMetrics().horizontalAdvance(name)
        middle = key.center().x() - width / 2
        left = middle if width < key.width() else min(key.left() + 1.0, self.width() - width - 1.0)
        box = QRectF(left, key.top(), width + 1, key.height() - 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, name)

    def _fitting(self, width: float) -> QFont:
        """The font in which the widest letter stays on a key of this width."""
        font = self.font()
        font.setPointSizeF(_LETTER_PT)
        widest = QFontMetricsF(font, self).horizontalAdvance("W") + 1.0
        font.setPointSizeF(_LETTER_PT * min(1.0, width / widest))
        return font
