"""The culture on screen: its mel spectrogram alive, with axes, heads, wounds and the brush.

Axes: `M` mel bands, `T` frames.
"""

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from synth.mel import FORMATS, MelFormat
from synth.messages import View
from ui.axes import hz_of_row, hz_ticks, note_ticks, second_ticks
from ui.brushes import Brush, BrushHand, Field
from ui.colour_map import CulturePainter, tinted
from ui.hidden_colours import HiddenPainter
from ui.overlay import Overlay
from ui.recovery_strip import RecoveryStrip, now_s
from ui.theme import COLOURS

_STEP_CELLS = (2.0, 1.0)
"""Columns and rows per arrow key; with Shift five times as far."""
_WHEEL_GROWTH = 1.12
_RADIUS_LIMITS = ((2.0, 86.0), (1.0, 80.0))


class _SmoothImage(pg.ImageItem):  # type: ignore[misc]
    """Cells blend into each other: the eye follows partials, not squares."""

    def paint(self, painter: QPainter, *args: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class CultureView(pg.PlotWidget):  # type: ignore[misc]
    """Shows views and turns mouse and keys into the hand's presses."""

    brush_resized = Signal(float, float)
    """Radii in frames and rows the wheel asks for."""
    pointed = Signal(str)
    """What lies under the cursor: "1.2 kHz · 0.84 s", or "" when it left."""

    def __init__(self, hand: BrushHand, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=COLOURS.panel)
        self.hand = hand
        self.format = FORMATS["22k80"]
        self._cells = CulturePainter()
        self._hidden = HiddenPainter()
        self._image = _SmoothImage(axisOrder="row-major")
        self._overlay = Overlay()
        self._shown: View | None = None
        self._columns_per_frame = 0.0
        self._key_down = False
        self._cursor = (86.0, 20.0)
        self.setAccessibleName("Culture")
        self.setAccessibleDescription(
            "The evolving mel spectrogram. Arrow keys move the brush, brackets size it, hold Enter to touch, "
            "Shift+Enter to erase or thaw."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        # Dropped files are the window's.
        self.setAcceptDrops(False)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.setFrameShape(self.Shape.NoFrame)
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.setContentsMargins(6, 10, 6, 4)
        plot.addItem(self._image)
        plot.addItem(self._overlay)
        font = QFont(self.font())
        font.setPointSizeF(8.0)
        for side in ("left", "right", "bottom"):
            plot.showAxis(side)
            axis = plot.getAxis(side)
            axis.setStyle(tickFont=font, tickLength=-4, tickTextOffset=5)
            axis.setPen(QColor(COLOURS.line))
            axis.setTextPen(QColor(COLOURS.dim))
            if side != "bottom":
                axis.setWidth(38 if side == "left" else 32)
        hand.pressed.connect(self._show_pressed)
        self.recovery = RecoveryStrip(self)
        hand.touched.connect(lambda gesture: self.recovery.recovery.touch(gesture, now_s()))
        self.set_culture(self.format, 172)

    def set_culture(self, fmt: MelFormat, n_frames: int, quantiles: NDArray[np.float32] | None = None) -> None:
        """Rule the axes for another preset's format and length; `quantiles` (M, Q) are its recording's."""
        self.format = fmt
        if quantiles is not None:
            self.recovery.recovery.set_culture(quantiles, n_frames)
            self.recovery.follow()
        field = Field(n_frames, fmt.n_mels)
        self.hand.field = field
        self._overlay.resize(field)
        plot = self.getPlotItem()
        plot.getViewBox().setRange(QRectF(-0.5, -0.5, n_frames, fmt.n_mels), padding=0, disableAutoRange=True)
        plot.getAxis("bottom").setTicks([second_ticks(fmt, n_frames)])
        self._rule_rows()
        self._image.setImage(np.zeros((fmt.n_mels, n_frames, 3), dtype=np.uint8), autoLevels=False, levels=None)
        self._image.setRect(QRectF(-0.5, -0.5, n_frames, fmt.n_mels))

    def _rule_rows(self) -> None:
        """As many ticks along the rows as there is room for."""
        plot = self.getPlotItem()
        height = plot.getViewBox().height()
        plot.getAxis("left").setTicks([hz_ticks(self.format, height)])
        plot.getAxis("right").setTicks([note_ticks(self.format, height)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # pyqtgraph's base class already resizes while it is being made.
        if hasattr(self, "recovery"):
            self._rule_rows()
            corner = self.mapFromScene(self.getPlotItem().getViewBox().sceneBoundingRect().topRight())
            # Below the heads' flags.
            self.recovery.move(corner.x() - self.recovery.width() - 8, corner.y() + 22)

    def show_view(self, view: View) -> None:
        """Show the culture as it is now."""
        old_culture = view.grid.shape != (self._overlay.field.n_mels, self._overlay.field.n_frames)
        if view is self._shown or old_culture:
            return  # Nothing new; or a cross-fade to another format is under way.
        if self._shown is not None and view.frame > self._shown.frame:
            n = view.grid.shape[1]
            way = (view.playhead - self._shown.playhead + n / 2) % n - n / 2
            self._columns_per_frame = way / (view.frame - self._shown.frame)
        self._shown = view
        if view.hidden is None:
            pixels = self._cells.pixels(view.grid, view.rest, view.frozen)
        else:
            pixels = tinted(self._hidden.colours(view.grid, view.hidden), view.rest, view.frozen).astype(np.uint8)
        self._image.setImage(pixels, autoLevels=False, levels=None)
        self.recovery.recovery.look(view.grid, now_s(), view.frozen)
        self.recovery.follow()
        overlay = self._overlay
        overlay.playhead, overlay.heads, overlay.hand, overlay.read = view.playhead, view.heads, view.hand, view.read
        self._overlay.update()

    def move_on(self, seconds: float) -> None:
        """Nothing new to see, for so long since the last view: the heads go on as they went."""
        view, overlay = self._shown, self._overlay
        if view is not None and overlay.playhead is not None:
            way = self._columns_per_frame * seconds * self.format.frames_per_second
            overlay.playhead = view.playhead + way
            if not view.hand:
                overlay.heads = view.heads[0] + way, view.heads[1] + way
            overlay.update()

    def reseeded(self) -> None:
        """The whole culture starts again."""
        self.recovery.recovery.touch_all(now_s())

    def show_brush(self, brush: Brush) -> None:
        """The brush changed: draw its outline as it will touch."""
        self.hand.brush = brush
        self._show_pressed()

    def _show_pressed(self) -> None:
        self._overlay.brush = self.hand.held
        self._overlay.pressed = self.hand.down
        self._overlay.update()

    # Where things are

    def cell_at(self, position: QPointF) -> tuple[float, float]:
        """(column, row) under a position in the widget; outside the image beyond its range."""
        point = self.getPlotItem().getViewBox().mapSceneToView(self.mapToScene(position.toPoint()))
        return point.x(), point.y()

    def position_of(self, column: float, row: float) -> QPointF:
        """Widget position of a cell's centre."""
        scene = self.getPlotItem().getViewBox().mapViewToScene(QPointF(column, row))
        return QPointF(self.mapFromScene(scene))

    def _point(self, column: float, row: float, *, keyboard: bool) -> None:
        self._cursor = (column, row)
        self._overlay.cursor, self._overlay.keyboard = (column, row), keyboard
        if self._shown is None:
            # Otherwise with the next picture: a mouse moves more often than that, and each painting costs the sound.
            self._overlay.update()
        column, row = self.hand.field.clamp(column, row)
        hz = hz_of_row(row, self.format)
        pitch = f"{hz / 1000:.2f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"
        self.pointed.emit(f"{pitch} · {column / self.format.frames_per_second:.2f} s")

    # Mouse: pyqtgraph's own panning and menus are off, the hand gets everything

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        cell = self.cell_at(event.position())
        inside = self._overlay.boundingRect().contains(QPointF(*cell))
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.hand.press(*cell)
        elif event.button() == Qt.MouseButton.RightButton and inside:
            self.hand.press(*cell, kind=self.hand.brush.other_side)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
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
                self._point(*self._cursor, keyboard=True)
                other = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self.hand.press(*self._cursor, kind=self.hand.brush.other_side if other else None)
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
