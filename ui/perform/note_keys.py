"""A small keyboard that mouse and computer keys play; it shows every note that sounds, and the drone's."""

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from synth.instrument.parameters.note_names import note_name
from synth.midi.computer_keys import ComputerKeys, Platform
from ui.look.theme import COLOURS
from ui.perform.note_box import FIRST_PLAYABLE

_PLATFORMS: dict[str, Platform] = {"xcb": "x11", "wayland": "wayland", "windows": "windows", "cocoa": "macos"}
_BLACK = frozenset({1, 3, 6, 8, 10})
_LOWEST, _HIGHEST = 24, 96
_LETTER_PT = 7.0
_DRONE_MARK = 5.0
"""Height of the bar at the top of the drone's key."""


def platform() -> Platform:
    """Whose numbers for keys Qt hands on here."""
    return _PLATFORMS.get(QGuiApplication.platformName(), "x11")


class NoteKeys(QWidget):
    """A keyboard that shows notes and takes clicks; computer keys play the octave on which their letters are drawn."""

    begun = Signal(int)
    """The mouse plays this MIDI key, and no longer the one before."""
    ended = Signal()
    """The mouse button is up."""
    drone_asked = Signal(int)
    """An arrow key moves the drone to this note."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.computer = ComputerKeys(platform())
        self._under_mouse: int | None = None
        """The key that the mouse holds down."""
        self._sounding: frozenset[int] = frozenset()
        self._drone_plays = False
        self._silent: frozenset[int] = frozenset()
        self._note = 0
        self._own = 0
        self.setAccessibleName("Keyboard")
        self.setToolTip("Play with the mouse or with keys A to P; Z and X change the octave, arrows move the drone")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def octave(self) -> int:
        """The octave of the lettered C."""
        return self.computer.octave

    def sizeHint(self) -> QSize:
        return QSize(560, 72)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 58)

    def show_note(self, note: int, own: int) -> None:
        """Mark the drone's note (0 for the preset's own) and the preset's own."""
        if (note, own) != (self._note, self._own):
            self._note, self._own = note, own
            self._describe()

    def show_sounding(self, keys: frozenset[int], *, drone: bool) -> None:
        """Light these MIDI keys, and the drone's note while it plays."""
        if (keys, drone) != (self._sounding, self._drone_plays):
            self._sounding, self._drone_plays = keys, drone
            self._describe()

    def show_silent(self, keys: frozenset[int]) -> None:
        """The tuning gives these MIDI keys no pitch: they are dim."""
        if keys != self._silent:
            self._silent = keys
            self._describe()

    def is_lit(self, key: int) -> bool:
        """Whether this MIDI key is shown as sounding."""
        return key in self._sounding or (self._drone_plays and key == (self._note or self._own))

    def _describe(self) -> None:
        drone = note_name(self._note or self._own) if self._note or self._own else "own pitch"
        notes = " ".join(map(note_name, sorted(self._sounding)))
        silent = f"; {len(self._silent)} keys play nothing in this tuning" if self._silent else ""
        self.setAccessibleDescription(f"Drone: {drone}" + (f"; sounding: {notes}" if notes else "") + silent)
        self.update()

    def shift_octave(self, by: int) -> None:
        """Move the lettered octave."""
        self.computer.shift_octave(by)
        self.update()

    def lift(self) -> None:
        """The mouse no longer holds a key, whether or not its button is up."""
        if self._under_mouse is not None:
            self._under_mouse = None
            self.ended.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            note = (self._note or self._own or 69) + steps[Qt.Key(event.key())]
            self.drone_asked.emit(min(max(note, FIRST_PLAYABLE), 127))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._play(self._note_at(event.position().x(), event.position().y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.lift()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._under_mouse is not None:
            self._play(self._note_at(event.position().x(), event.position().y()))

    def hideEvent(self, event: QHideEvent) -> None:
        self.lift()
        super().hideEvent(event)

    def _play(self, key: int | None) -> None:
        if key is not None and key != self._under_mouse:
            self._under_mouse = key
            self.begun.emit(key)

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
        first, letters = 12 * (self.octave + 1), self.computer.letters()
        white, black = self._rects()
        for colour, keys in (("#c3cbd5", white), ("#12161c", black)):
            painter.setFont(self._fitting(keys[0][1].width()))
            for note, rect in keys:
                lettered = first <= note < first + len(letters)
                self._paint_key(painter, note, rect, colour, letters[note - first] if lettered else "")
        painter.setFont(self._fitting(math.inf))
        painter.setPen(QColor(COLOURS.ground))
        for note, rect in white:
            if note % 12 == 0 and not first <= note < first + len(letters):
                self._paint_octave(painter, note_name(note), rect)
        if self.hasFocus():
            painter.setPen(QColor(COLOURS.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_key(self, painter: QPainter, note: int, rect: QRectF, colour: str, letter: str) -> None:
        dark = note % 12 in _BLACK
        playing = self.is_lit(note)
        fill = QColor(COLOURS.accent if playing else colour)
        if not letter and not playing and not dark:
            fill = fill.darker(128)
        if note in self._silent:
            fill = QColor(COLOURS.line)
        painter.setPen(QColor(COLOURS.ground))
        painter.setBrush(fill)
        painter.drawRoundedRect(rect.adjusted(0.5, -4, -0.5, -0.5), 3, 3)
        if note == (self._note or self._own):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOURS.ground if playing else COLOURS.accent if dark else COLOURS.accent_dark))
            painter.drawRect(QRectF(rect.left() + 2, 0, rect.width() - 4, _DRONE_MARK))
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
