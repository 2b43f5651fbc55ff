"""A small keyboard that mouse and computer keys play; it shows the note."""

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from synth.instrument.parameters.note_names import note_name
from ui.look.theme import COLOURS
from ui.perform.note_box import FIRST_PLAYABLE

KEY_ROW = "AWSEDFTGYHUJKOLP"
"""Computer keys as a piano: A is C, W is C♯ … P is the D♯ an octave up."""
_BLACK = frozenset({1, 3, 6, 8, 10})
_LOWEST, _HIGHEST = 24, 96
_LETTER_PT = 7.0


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
        self.played.emit(min(max(note, FIRST_PLAYABLE), 127))

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
