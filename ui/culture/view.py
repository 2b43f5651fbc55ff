"""The culture under the hand: mouse, wheel and keys on its picture become the brush's presses."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from synth.instrument.parameters.note_names import note_name
from synth.mel import MelFormat
from ui.culture.brushes import Brush, BrushHand
from ui.culture.recovery_strip import now_s
from ui.culture.screen import CultureScreen
from ui.culture.snapping import snapped_row
from ui.look.axes import hz_of_row, nearest_note

_STEP_CELLS = (2.0, 1.0)
"""Columns and rows per arrow key; with Shift five times as far."""
_WHEEL_GROWTH = 1.12
_RADIUS_LIMITS = ((2.0, 86.0), (1.0, 80.0))


class CultureView(CultureScreen):
    """Turns what is done on the picture into the hand's presses."""

    brush_resized = Signal(float, float)
    """Radii in frames and rows the wheel asks for."""
    pointed = Signal(str)
    """What lies under the cursor: "1.20 kHz D6 · 0.84 s", or "" when it left."""

    def __init__(self, hand: BrushHand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hand = hand
        self._key_down = False
        self._cursor = (86.0, 20.0)
        self.root_hz = 0.0
        """The preset's own pitch, on whose partials paint lands; 0 for notes."""
        self.setAccessibleName("Culture")
        self.setAccessibleDescription(
            "The evolving mel spectrogram. Arrow keys move the brush, brackets size it, hold Enter to touch, "
            "Shift+Enter to erase or thaw."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        hand.pressed.connect(self._show_pressed)
        hand.touched.connect(lambda gesture: self.recovery.recovery.touch(gesture, now_s()))
        self.set_culture(self.format, 172)

    def set_culture(self, fmt: MelFormat, n_frames: int, quantiles: NDArray[np.float32] | None = None) -> None:
        super().set_culture(fmt, n_frames, quantiles)
        self.hand.field = self._overlay.field

    @property
    def cursor_cell(self) -> tuple[float, float]:
        """(column, row) that the cursor is at; a hand with keys moves it."""
        return self._cursor

    def show_brush(self, brush: Brush) -> None:
        """The brush changed: draw its outline as it will touch."""
        self.hand.brush = brush
        self._show_pressed()

    def _show_pressed(self) -> None:
        self._overlay.brush = self.hand.held
        self._overlay.pressed = self.hand.down
        self._overlay.update()

    def _point(self, column: float, row: float, *, keyboard: bool) -> None:
        self._cursor = (column, row)
        self._overlay.cursor, self._overlay.keyboard = (column, row), keyboard
        if self._shown is None:
            # Otherwise with the next picture: a mouse moves more often than that, and each painting costs the sound.
            self._overlay.update()
        column, row = self.hand.field.clamp(column, row)
        hz = hz_of_row(row, self.format) * self.pitch_ratio
        pitch = f"{hz / 1000:.2f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"
        self.pointed.emit(f"{pitch} {note_name(nearest_note(hz)[0])} · {column / self.format.frames_per_second:.2f} s")

    def _aimed(self, cell: tuple[float, float], modifiers: Qt.KeyboardModifier) -> tuple[float, float]:
        """Where the brush acts: paint lands on partials or notes, unless Alt is held."""
        column, row = cell
        if self.hand.held.kind != "paint" or modifiers & Qt.KeyboardModifier.AltModifier:
            return cell
        row = self.hand.field.clamp(column, row)[1]
        return column, snapped_row(row, self.format, self.root_hz, self.pitch_ratio)

    # Mouse: pyqtgraph's own panning and menus are off, the hand gets everything

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        cell = self.cell_at(event.position())
        inside = self._overlay.boundingRect().contains(QPointF(*cell))
        if event.button() == Qt.MouseButton.LeftButton:
            cell = self._aimed(cell, event.modifiers())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.hand.press(*cell)
        elif event.button() == Qt.MouseButton.RightButton and inside:
            self.hand.press(*cell, kind=self.hand.brush.other_side)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._aimed(self.cell_at(event.position()), event.modifiers())
        self._point(*cell, keyboard=False)
        if self.hand.down:
            self.hand.move(*cell)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.hand.lift()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Wheel sizes the brush; with Shift only in time, with Ctrl only in frequency."""
        notches = (event.angleDelta().y() or event.angleDelta().x()) / 120
        modifiers = event.modifiers()
        self.resize_brush(
            0.0 if modifiers & Qt.KeyboardModifier.ControlModifier else notches,
            0.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else notches,
        )
        event.accept()

    def resize_brush(self, time_notches: float, row_notches: float) -> None:
        """Ask for a brush that is larger or smaller by wheel notches."""
        brush = self.hand.brush
        wanted = replace(
            brush,
            radius_frames=_within(brush.radius_frames * _WHEEL_GROWTH**time_notches, *_RADIUS_LIMITS[0]),
            radius_rows=_within(brush.radius_rows * _WHEEL_GROWTH**row_notches, *_RADIUS_LIMITS[1]),
        )
        self.brush_resized.emit(wanted.radius_frames, wanted.radius_rows)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.hand.down:
            self._overlay.cursor = None
            self._overlay.update()
            self.pointed.emit("")

    # Keyboard: the brush without a mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        if event.key() in moves:
            far = 5.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            dx, dy = moves[Qt.Key(event.key())]
            # The column is not wrapped here: a drag over the seam must not run back across the whole loop.
            column, row = self._cursor
            top = self.hand.field.n_mels - 1.0
            row = _within(row + dy * far * _STEP_CELLS[1], 0.0, top)
            column += dx * far * _STEP_CELLS[0]
            self._point(column, row, keyboard=True)
            if self.hand.down:
                self.hand.move(column, row)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat() and not self.hand.down:
                self._key_down = True
                other = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                at = self._cursor if other else self._aimed(self._cursor, event.modifiers())
                self._point(*at, keyboard=True)
                self.hand.press(*at, kind=self.hand.brush.other_side if other else None)
        else:
            QWidget.keyPressEvent(self, event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._key_down:
            if not event.isAutoRepeat():
                self._key_down = False
                self.hand.lift()
        else:
            QWidget.keyReleaseEvent(self, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._point(*self.hand.field.clamp(*self._cursor), keyboard=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A hand whose keyboard goes elsewhere is lifted: its key's release will never arrive."""
        super().focusOutEvent(event)
        if self._key_down:
            self._key_down = False
            self.hand.lift()
        if self._overlay.keyboard:
            self._overlay.cursor, self._overlay.keyboard = None, False
            self._overlay.update()


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
