"""The culture's picture: its mel spectrogram alive, with axes, heads, wounds and how they heal.

Axes: `M` mel bands, `T` frames.
"""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QGraphicsPixmapItem, QGraphicsView, QWidget

from synth.instrument.events import View
from synth.mel import FORMATS, MelFormat
from ui.culture.brushes import Field
from ui.culture.hidden_colours import HiddenPainter
from ui.culture.overlay import Overlay
from ui.culture.recovery_strip import RecoveryStrip, now_s
from ui.look.axes import hz_ticks, note_ticks, second_ticks
from ui.look.colour_map import CulturePainter, tinted
from ui.look.theme import COLOURS

_USUAL_HEIGHT = 600
"""Pixels up to which words have their usual size."""
_LARGEST = 1.6


class CultureScreen(pg.PlotWidget):  # type: ignore[misc]
    """Shows views; knows nothing of hands but where the cursor is drawn.

    The cells are painted by Qt alone, as a pixmap: whatever is painted from Python holds the interpreter's lock to its
    end, and the engine waits for it. On a 4K screen that was a third of all time.
    """

    # Not pyqtgraph's, which is Python around the painting of everything: see `_prepare`.
    paintEvent = QGraphicsView.paintEvent  # noqa: N815 – Qt's name

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=COLOURS.panel)
        self.format = FORMATS["22k80"]
        self._cells = CulturePainter()
        self._hidden = HiddenPainter()
        self._image = QGraphicsPixmapItem()
        # Cells blend into each other: the eye follows partials, not squares.
        self._image.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self._image.setPos(-0.5, -0.5)
        self._overlay = Overlay()
        self._shown: View | None = None
        self._columns_per_frame = 0.0
        self.pitch_ratio = 1.0
        """How far what is heard is transposed against the rows' own frequencies."""
        # Dropped files are the window's.
        self.setAcceptDrops(False)
        self.setFrameShape(self.Shape.NoFrame)
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(False, False)
        plot.setContentsMargins(6, 10, 6, 4)
        plot.getViewBox().addItem(self._image, ignoreBounds=True)
        plot.addItem(self._overlay)
        for side in ("left", "right", "bottom"):
            plot.showAxis(side)
            axis = plot.getAxis(side)
            axis.setStyle(tickLength=-4, tickTextOffset=5)
            axis.setPen(QColor(COLOURS.line))
            axis.setTextPen(QColor(COLOURS.dim))
        self._size_words(1.0)
        self.recovery = RecoveryStrip(self)

    def set_culture(self, fmt: MelFormat, n_frames: int, quantiles: NDArray[np.float32] | None = None) -> None:
        """Rule the axes for another preset's format and length; `quantiles` (M, Q) are its recording's."""
        self.format = fmt
        if quantiles is not None:
            self.recovery.recovery.set_culture(quantiles, n_frames)
            self.recovery.follow()
        field = Field(n_frames, fmt.n_mels)
        self._overlay.resize(field)
        plot = self.getPlotItem()
        plot.getViewBox().setRange(QRectF(-0.5, -0.5, n_frames, fmt.n_mels), padding=0, disableAutoRange=True)
        plot.getAxis("bottom").setTicks([second_ticks(fmt, n_frames)])
        self._rule_rows()
        self._show_pixels(np.zeros((fmt.n_mels, n_frames, 3), dtype=np.uint8))
        self._prepare()

    def _show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """(M, T, 3) sRGB."""
        M, T, _ = pixels.shape
        self._image.setPixmap(QPixmap.fromImage(QImage(pixels.data, T, M, 3 * T, QImage.Format.Format_RGB888)))

    def _prepare(self) -> None:
        """What pyqtgraph does before it paints: where the view lies, if that has changed."""
        self.scene().prepareForPaint()

    def _size_words(self, larger: float) -> None:
        """Larger numbers beside a larger picture: seen from as far away."""
        self._overlay.larger = larger
        font = QFont(self.font())
        font.setPointSizeF(8.0 * larger)
        for side, width in (("left", 38), ("right", 32), ("bottom", 0)):
            axis = self.getPlotItem().getAxis(side)
            axis.setStyle(tickFont=font)
            if width:
                axis.setWidth(round(width * larger))

    def _rule_rows(self) -> None:
        """As many ticks along the rows as there is room for."""
        plot = self.getPlotItem()
        height = plot.getViewBox().height()
        plot.getAxis("left").setTicks([hz_ticks(self.format, height, self.pitch_ratio)])
        plot.getAxis("right").setTicks([note_ticks(self.format, height, self.pitch_ratio)])

    def show_pitch(self, ratio: float) -> None:
        """Rule the rows by what is heard: the note that plays moves every partial by this ratio."""
        if ratio != self.pitch_ratio:
            self.pitch_ratio = ratio
            self._rule_rows()
            self._prepare()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # pyqtgraph's base class already resizes while it is being made.
        if hasattr(self, "recovery"):
            # In steps: while the window is dragged larger, not every pixel lays out the axes anew.
            larger = min(max(round(5 * self.height() / _USUAL_HEIGHT) / 5, 1.0), _LARGEST)
            if larger != self._overlay.larger:
                self._size_words(larger)
            self._rule_rows()
            corner = self.mapFromScene(self.getPlotItem().getViewBox().sceneBoundingRect().topRight())
            # Below the heads' flags.
            self.recovery.move(corner.x() - self.recovery.width() - 8, corner.y() + round(22 * larger))
            self._prepare()

    def show_view(self, view: View) -> None:
        """Show the culture as it is now."""
        old_culture = view.grid.shape != (self._overlay.field.n_mels, self._overlay.field.n_frames)
        if view is self._shown or old_culture:
            return  # Nothing new; or a cross-fade to another format is under way.
        if self._shown is not None and view.frame == self._shown.frame:
            # The engine rests: the culture lives on where it stands.
            self._columns_per_frame = 0.0
        elif self._shown is not None and view.frame > self._shown.frame:
            n = view.grid.shape[1]
            way = (view.playhead - self._shown.playhead + n / 2) % n - n / 2
            self._columns_per_frame = way / (view.frame - self._shown.frame)
        self._shown = view
        if view.hidden is None:
            pixels = self._cells.pixels(view.grid, view.rest, view.frozen, view.share)
        else:
            hidden = self._hidden.colours(view.grid, view.hidden)
            pixels = tinted(hidden, view.rest, view.frozen, view.share).astype(np.uint8)
        self._show_pixels(pixels)
        self.recovery.recovery.look(view.grid, now_s(), view.frozen)
        self.recovery.follow()
        overlay = self._overlay
        overlay.playhead, overlay.heads, overlay.hand, overlay.read = view.playhead, view.heads, view.hand, view.read
        self._overlay.update()

    def move_on(self, seconds: float) -> None:
        """Nothing new to see, for so long since the last view: the heads go on as they went."""
        view, overlay = self._shown, self._overlay
        if view is not None and overlay.playhead is not None and self._columns_per_frame:
            way = self._columns_per_frame * seconds * self.format.frames_per_second
            overlay.playhead = view.playhead + way
            if not view.hand:
                overlay.heads = view.heads[0] + way, view.heads[1] + way
            overlay.update()

    def reseeded(self) -> None:
        """The whole culture starts again."""
        self.recovery.recovery.touch_all(now_s())

    # Where things are

    def cell_at(self, position: QPointF) -> tuple[float, float]:
        """(column, row) under a position in the widget; outside the image beyond its range."""
        point = self.getPlotItem().getViewBox().mapSceneToView(self.mapToScene(position.toPoint()))
        return point.x(), point.y()

    def position_of(self, column: float, row: float) -> QPointF:
        """Widget position of a cell's centre."""
        scene = self.getPlotItem().getViewBox().mapViewToScene(QPointF(column, row))
        return QPointF(self.mapFromScene(scene))
