"""The recording on screen: spectrogram above, waveform below, and the region to learn with edges to drag.

Axes: `K` peaks, `M` mel bands, `T` columns.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.colour_map import colour_table
from ui.theme import COLOURS
from ui.trainer.region import LEAST_S, Span
from ui.trainer.survey import Survey

_AXIS = 18
_GRAB = 7.0
_SHARE = 0.6
"""Of the height that the spectrogram takes."""
_ZOOM = 1.25
_SHADE = QColor(8, 10, 14, 165)
_TICKS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_TICK_ROOM = 62

_Grip = Literal["start", "end", "body", "new"]


class WaveView(QWidget):
    """Shows what is known of the recording so far; a region may be dragged as soon as there is one."""

    region_changed = Signal(float, float)
    """The hand gives it these seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.survey: Survey | None = None
        self.region: Span | None = None
        self.view = Span(0.0, 1.0)
        self.playing_s: float | None = None
        self._image: QImage | None = None
        self._ground: tuple[object, QPixmap] | None = None
        self._grip: _Grip | None = None
        self._pressed_s = 0.0
        self._pressed: Span | None = None
        self.setAccessibleName("Recording and region")
        self.setAccessibleDescription(
            "Arrow keys move the region, with Ctrl its start, with Shift its end; plus and minus zoom, Home shows all."
        )
        self.setToolTip("Drag the region or its edges, or draw a new one; wheel zooms, Shift+wheel scrolls")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(760, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 110)

    # What is shown

    def clear(self) -> None:
        """Another recording comes."""
        self.survey = self.region = self.playing_s = self._image = self._ground = None
        self.view = Span(0.0, 1.0)
        self.update()

    def show_survey(self, survey: Survey) -> None:
        """Show what was read so far; the view stays where somebody has put it."""
        whole = self.survey is None or self.view.length >= self.survey.seconds - 1e-6
        self.survey, self._ground = survey, None
        shades = np.ascontiguousarray(survey.picture[::-1])
        if shades.size:
            height, width = shades.shape
            self._image = QImage(shades.data, width, height, width, QImage.Format.Format_Indexed8).copy()
            self._image.setColorTable([0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in colour_table()])
        self.view = Span(0.0, survey.seconds) if whole else self.view.moved(0.0, survey.seconds)
        self.update()

    def show_region(self, region: Span | None) -> None:
        """Draw this region; nothing is emitted."""
        self.region = region
        self.update()

    def show_playing(self, at_s: float | None) -> None:
        """Draw where the recording is heard, if it is."""
        # Only where the line was and is: painting all of it 25 times a second would hold up the sound.
        for second in {self.playing_s, at_s} - {None}:
            self.update(int(self.x_of(second)) - 3, 0, 7, self.height())  # type: ignore[arg-type]
        self.playing_s = at_s

    def zoom(self, factor: float, about_s: float | None = None) -> None:
        """Widen or narrow the view."""
        if self.survey is not None:
            middle = (self.region or self.view).start + (self.region or self.view).length / 2
            self.view = self.view.zoomed(factor, middle if about_s is None else about_s, self.survey.seconds)
            self.update()

    # Where things are

    def x_of(self, second: float) -> float:
        """Widget position of a moment."""
        return (second - self.view.start) / max(self.view.length, 1e-9) * self.width()

    def second_at(self, x: float) -> float:
        """Moment at a widget position."""
        return self.view.start + x / max(1, self.width()) * self.view.length

    def _lanes(self) -> tuple[QRectF, QRectF]:
        """Spectrogram and waveform."""
        height = self.height() - _AXIS
        top = round(_SHARE * height)
        return QRectF(0, 0, self.width(), top), QRectF(0, top, self.width(), height - top)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still())
        if self.survey is not None:
            if self.region is not None:
                self._paint_region(painter, self.region)
            if self.playing_s is not None:
                line = QRectF(self.x_of(self.playing_s) - 1, 0, 2, self.height() - _AXIS)
                painter.fillRect(line, QColor(COLOURS.text))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(COLOURS.accent if self.hasFocus() else COLOURS.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _still(self) -> QPixmap:
        """Spectrogram, waveform and axis: painted when one of them has changed, and kept."""
        key = (self.survey, self.view, self.size(), self.devicePixelRatioF())
        if self._ground is None or self._ground[0] != key:
            ratio = self.devicePixelRatioF()
            ground = QPixmap(self.size() * ratio)
            ground.setDevicePixelRatio(ratio)
            ground.fill(QColor(COLOURS.ground))
            if self.survey is not None:
                painter = QPainter(ground)
                upper, lower = self._lanes()
                self._paint_picture(painter, upper)
                self._paint_wave(painter, lower)
                self._paint_axis(painter)
                painter.end()
            self._ground = (key, ground)
        return self._ground[1]

    def _paint_picture(self, painter: QPainter, lane: QRectF) -> None:
        if self._image is None or self.survey is None:
            return
        column_s = self.survey.column_s
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        covered = Span(max(0.0, self.view.start), min(self.view.end, self._image.width() * column_s))
        if covered.length > 0:
            left, right = self.x_of(covered.start), self.x_of(covered.end)
            source = QRectF(covered.start / column_s, 0, covered.length / column_s, self._image.height())
            painter.drawImage(QRectF(left, 0, right - left, lane.height()), self._image, source)

    def _paint_wave(self, painter: QPainter, lane: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(COLOURS.accent), 0.8))
        painter.setBrush(QColor(COLOURS.accent))
        painter.drawPolygon(self._outline(lane))
        painter.fillRect(QRectF(lane.left(), lane.top(), lane.width(), 1), QColor(COLOURS.line))

    def _outline(self, lane: QRectF) -> QPolygonF:
        """Highest samples from left to right, lowest back again."""
        assert self.survey is not None
        peaks, peak_s = self.survey.peaks, self.survey.peak_s
        n = max(2, self.width())
        edges = (self.view.start + np.arange(n + 1) / n * self.view.length) / peak_s
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

    def _paint_axis(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPointSizeF(7.5)
        painter.setFont(font)
        every = next((t for t in _TICKS_S if t / self.view.length * self.width() >= _TICK_ROOM), 7200)
        for i in range(math.ceil(self.view.start / every), math.floor(self.view.end / every) + 1):
            x = self.x_of(i * every)
            painter.fillRect(QRectF(x, self.height() - _AXIS, 1, 4), QColor(COLOURS.dim))
            painter.setPen(QColor(COLOURS.dim))
            side = Qt.AlignmentFlag.AlignHCenter
            box = QRectF(x - 30, self.height() - _AXIS + 3, 60, _AXIS - 3)
            box.moveLeft(min(max(box.left(), 3), self.width() - 63))
            if box.center().x() != x:
                side = Qt.AlignmentFlag.AlignLeft if x < 33 else Qt.AlignmentFlag.AlignRight
            painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), moment(i * every, every))

    def _paint_region(self, painter: QPainter, region: Span) -> None:
        height = self.height() - _AXIS
        left, right = self.x_of(region.start), self.x_of(region.end)
        painter.fillRect(QRectF(0, 0, max(0.0, left), height), _SHADE)
        painter.fillRect(QRectF(right, 0, max(0.0, self.width() - right), height), _SHADE)
        for x, grip in ((left, "start"), (right, "end")):
            lit = self._grip in (grip, "body", "new")
            colour = QColor("#ffffff" if lit else COLOURS.accent)
            painter.fillRect(QRectF(x - 1, 0, 2, height), colour)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(x - 4, height / 2 - 16, 8, 32), 3, 3)
        painter.setPen(QPen(QColor(COLOURS.accent), 1))
        text = f"{region.length:.2f} s"
        font = QFont(self.font())
        font.setPointSizeF(8.5)
        font.setBold(True)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text) + 14
        if right - left > width + 12:
            label = QRectF((max(left, 0) + min(right, self.width())) / 2 - width / 2, 6, width, 20)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(13, 16, 21, 190))
            painter.drawRoundedRect(label, 5, 5)
            painter.setPen(QColor(COLOURS.text))
            painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), text)

    # The hand

    def _grip_at(self, x: float) -> _Grip:
        if self.region is None:
            return "new"
        left, right = self.x_of(self.region.start), self.x_of(self.region.end)
        near_left, near_right = abs(x - left), abs(x - right)
        if min(near_left, near_right) <= _GRAB:
            return "start" if near_left < near_right else "end"
        return "body" if left < x < right else "new"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.survey is None:
            return
        self._grip = self._grip_at(event.position().x())
        self._pressed_s, self._pressed = self.second_at(event.position().x()), self.region
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._grip is None or self.survey is None:
            shapes = {"body": Qt.CursorShape.OpenHandCursor, "new": Qt.CursorShape.CrossCursor}
            self.setCursor(shapes.get(self._grip_at(x), Qt.CursorShape.SizeHorCursor))
            return
        whole_s, here = self.survey.seconds, self.second_at(x)
        if self._grip == "new":
            if abs(here - self._pressed_s) / max(self.view.length, 1e-9) * self.width() < 4:
                return
            start, end = sorted((min(max(0.0, self._pressed_s), whole_s), min(max(0.0, here), whole_s)))
            self._change(Span(start, max(end, start + LEAST_S)).fitted(whole_s))
        elif self._pressed is not None:
            by_s = here - self._pressed_s
            match self._grip:
                case "start":
                    self._change(self._pressed.with_start(self._pressed.start + by_s))
                case "end":
                    self._change(self._pressed.with_end(self._pressed.end + by_s, whole_s))
                case _:
                    self.setCursor(Qt.CursorShape.ClosedHandCursor)
                    self._change(self._pressed.moved(by_s, whole_s))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The region fills the view, or the whole recording does again."""
        if self.survey is not None and self.region is not None:
            near = self.region.length * 1.25
            zoomed = self.view.length > near * 1.05
            about = self.region.start + self.region.length / 2
            self.view = Span(0.0, self.survey.seconds)
            if zoomed:
                self.view = Span(about - near / 2, about + near / 2).zoomed(1.0, about, self.survey.seconds)
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        if self.survey is None:
            return
        turned = event.angleDelta()
        sideways = turned.x() or (turned.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        if sideways:
            self.view = self.view.moved(-sideways / 120 * 0.1 * self.view.length, self.survey.seconds)
            self.update()
        else:
            self.zoom(_ZOOM ** (-turned.y() / 120), self.second_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.region is not None and self.survey is not None:
            by_s = (1 if key == Qt.Key.Key_Right else -1) * self.view.length / 100
            if modifiers & Qt.KeyboardModifier.ControlModifier:
                self._change(self.region.with_start(self.region.start + by_s))
            elif modifiers & Qt.KeyboardModifier.ShiftModifier:
                self._change(self.region.with_end(self.region.end + by_s, self.survey.seconds))
            else:
                self._change(self.region.moved(by_s, self.survey.seconds))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Up):
            self.zoom(1 / _ZOOM)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Down):
            self.zoom(_ZOOM)
        elif key == Qt.Key.Key_Home and self.survey is not None:
            self.view = Span(0.0, self.survey.seconds)
            self.update()
        else:
            super().keyPressEvent(event)

    def _change(self, region: Span) -> None:
        if region != self.region:
            self.region = region
            self.update()
            self.region_changed.emit(region.start, region.end)


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
