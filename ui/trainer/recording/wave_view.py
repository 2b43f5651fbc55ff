"""The recording on screen, and over it the region to learn, with edges to drag."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.look.theme import COLOURS
from ui.trainer.recording.region import LEAST_S, Span
from ui.trainer.recording.survey import Survey
from ui.trainer.recording.wave_picture import AXIS, Frame, WavePicture

_GRAB = 7.0
_ZOOM = 1.25
_SHADE = QColor(8, 10, 14, 165)

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
        self._picture = WavePicture()
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
        self.survey = self.region = self.playing_s = None
        self.view = Span(0.0, 1.0)
        self.update()

    def show_survey(self, survey: Survey) -> None:
        """Show what was read so far; the view stays where somebody has put it."""
        whole = self.survey is None or self.view.length >= self.survey.seconds - 1e-6
        self.survey = survey
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
        return self._frame().x_of(second)

    def second_at(self, x: float) -> float:
        """Moment at a widget position."""
        return self._frame().second_at(x)

    def _frame(self) -> Frame:
        return Frame(self.view, self.width(), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture.pixmap(self.survey, self.view, self))
        if self.survey is not None:
            if self.region is not None:
                self._paint_region(painter, self.region)
            if self.playing_s is not None:
                line = QRectF(self.x_of(self.playing_s) - 1, 0, 2, self.height() - AXIS)
                painter.fillRect(line, QColor(COLOURS.text))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(COLOURS.accent if self.hasFocus() else COLOURS.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _paint_region(self, painter: QPainter, region: Span) -> None:
        height = self.height() - AXIS
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
