"""What of a recording stands still on screen: spectrogram, waveform, and seconds below.

Axes: `K` peaks, `M` mel bands, `T` columns.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from ui.look.colour_map import colour_table
from ui.look.theme import COLOURS
from ui.trainer.recording.region import Span
from ui.trainer.recording.survey import Survey

AXIS = 18
"""Height of the seconds, in pixels."""
_SHARE = 0.6
"""Of the height that the spectrogram takes."""
_TICKS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_TICK_ROOM = 62


@dataclass(frozen=True)
class Frame:
    """A span of seconds over a width of pixels."""

    view: Span
    width: int
    height: int

    def x_of(self, second: float) -> float:
        """Where a moment is."""
        return (second - self.view.start) / max(self.view.length, 1e-9) * self.width

    def second_at(self, x: float) -> float:
        """Which moment is there."""
        return self.view.start + x / max(1, self.width) * self.view.length


class WavePicture:
    """Painted when recording, view or size are others, and kept."""

    def __init__(self) -> None:
        self._image: tuple[Survey, QImage] | None = None
        self._kept: tuple[object, QPixmap] | None = None

    def pixmap(self, survey: Survey | None, view: Span, widget: QWidget) -> QPixmap:
        """The picture for a widget of this size and sharpness; bare ground before anything is known."""
        ratio = widget.devicePixelRatioF()
        key = (survey, view, widget.size(), ratio)
        if self._kept is None or self._kept[0] != key:
            ground = QPixmap(widget.size() * ratio)
            ground.setDevicePixelRatio(ratio)
            ground.fill(QColor(COLOURS.ground))
            if survey is not None:
                frame = Frame(view, widget.width(), widget.height())
                height = frame.height - AXIS
                top = round(_SHARE * height)
                painter = QPainter(ground)
                _paint_spectrogram(painter, self._shades(survey), survey.column_s, frame, top)
                _paint_wave(painter, survey, frame, QRectF(0, top, frame.width, height - top))
                _paint_axis(painter, frame, widget.font())
                painter.end()
            self._kept = (key, ground)
        return self._kept[1]

    def _shades(self, survey: Survey) -> QImage:
        """The spectrogram, one pixel per band and column; null while there is none."""
        if self._image is None or self._image[0] is not survey:
            shades, image = np.ascontiguousarray(survey.picture[::-1]), QImage()
            if shades.size:
                height, width = shades.shape
                image = QImage(shades.data, width, height, width, QImage.Format.Format_Indexed8).copy()
                image.setColorTable([0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in colour_table()])
            self._image = (survey, image)
        return self._image[1]


def _paint_spectrogram(painter: QPainter, image: QImage, column_s: float, frame: Frame, height: float) -> None:
    covered = Span(max(0.0, frame.view.start), min(frame.view.end, image.width() * column_s))
    if covered.length > 0:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        left, right = frame.x_of(covered.start), frame.x_of(covered.end)
        source = QRectF(covered.start / column_s, 0, covered.length / column_s, image.height())
        painter.drawImage(QRectF(left, 0, right - left, height), image, source)


def _paint_wave(painter: QPainter, survey: Survey, frame: Frame, lane: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(COLOURS.accent), 0.8))
    painter.setBrush(QColor(COLOURS.accent))
    painter.drawPolygon(_outline(survey, frame, lane))
    painter.fillRect(QRectF(lane.left(), lane.top(), lane.width(), 1), QColor(COLOURS.line))


def _outline(survey: Survey, frame: Frame, lane: QRectF) -> QPolygonF:
    """Highest samples from left to right, lowest back again."""
    peaks, n = survey.peaks, max(2, frame.width)
    edges = (frame.view.start + np.arange(n + 1) / n * frame.view.length) / survey.peak_s
    first = np.clip(edges[:-1].astype(int), 0, max(0, peaks.shape[1] - 1))
    inside = edges[:-1] < peaks.shape[1]
    # A column narrower than a peak shows that peak; one that is wider all of them.
    last = np.maximum(np.clip(np.ceil(edges[1:]).astype(int), 0, peaks.shape[1]), first + 1)
    low, high = _extremes(peaks, first, last)
    scale = 0.46 * lane.height() / max(float(np.abs(peaks).max(initial=0.0)), 1e-6)
    x = np.arange(n)[inside] + 0.5
    top, bottom = lane.center().y() - scale * high[inside], lane.center().y() - scale * low[inside]
    there = map(QPointF, x.tolist(), (top - 0.4).tolist())
    back = map(QPointF, x[::-1].tolist(), (bottom[::-1] + 0.4).tolist())
    return QPolygonF([*there, *back])


def _paint_axis(painter: QPainter, frame: Frame, font: QFont) -> None:
    font = QFont(font)
    font.setPointSizeF(7.5)
    painter.setFont(font)
    view, top = frame.view, frame.height - AXIS
    every = next((t for t in _TICKS_S if t / view.length * frame.width >= _TICK_ROOM), 7200)
    for i in range(math.ceil(view.start / every), math.floor(view.end / every) + 1):
        x = frame.x_of(i * every)
        painter.fillRect(QRectF(x, top, 1, 4), QColor(COLOURS.dim))
        painter.setPen(QColor(COLOURS.dim))
        side = Qt.AlignmentFlag.AlignHCenter
        box = QRectF(x - 30, top + 3, 60, AXIS - 3)
        box.moveLeft(min(max(box.left(), 3), frame.width - 63))
        if box.center().x() != x:
            side = Qt.AlignmentFlag.AlignLeft if x < 33 else Qt.AlignmentFlag.AlignRight
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), moment(i * every, every))


def _extremes(
    peaks: NDArray[np.float32], first: NDArray[np.int_], last: NDArray[np.int_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest of peaks `first` … `last` (exclusive) for every column."""
    if not peaks.shape[1]:
        return np.zeros(len(first), np.float32), np.zeros(len(first), np.float32)
    low = np.append(peaks[0], np.float32(np.inf))
    high = np.append(peaks[1], np.float32(-np.inf))
    pairs = np.stack([first, last], axis=1).ravel()
    return np.minimum.reduceat(low, pairs)[::2], np.maximum.reduceat(high, pairs)[::2]


def moment(second: float, every_s: float = 1.0) -> str:
    """A time as an axis of such ticks shows it."""
    if second >= 60:
        hours, rest = divmod(round(second), 3600)
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return f"{second:.2f} s" if every_s < 0.1 else f"{second:.1f} s" if every_s < 1 else f"{second:.0f} s"
