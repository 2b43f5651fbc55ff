"""The spectrum of the sound that was really sent: decibels over a logarithmic frequency axis.

Axes: `N` samples, sound is (N, 2); `K` points of the curve.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter
from PySide6.QtWidgets import QWidget

from ui.look.theme import COLOURS
from ui.widgets.plot import Plot, draw_curve, polygon

SAMPLES = 4096
"""Length of the window: 85 ms at 48 kHz, 12 Hz per bin."""
FLOOR_DB, TOP_DB = -100.0, 0.0
LOWEST_HZ, HIGHEST_HZ = 30.0, 20_000.0
_FALL_DB = 3.0
"""How far the curve falls per look."""
_MARKS_HZ = ((100.0, "100"), (1000.0, "1k"), (10_000.0, "10k"))
_POINT_PIXELS = 2


class Spectrum(Plot):
    """Rises at once, falls slowly; a sine at full scale reaches 0 dB."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Spectrum", "What is sent to the device: −100 to 0 dB, 30 Hz to 20 kHz", parent)
        self.levels_db: NDArray[np.float64] = np.full(2, FLOOR_DB)
        """The curve, (K,) dB; its frequencies are `hz`."""
        self.hz: NDArray[np.float64] = np.geomspace(LOWEST_HZ, HIGHEST_HZ, 2)
        self._window = np.hanning(SAMPLES + 1)[:-1].astype(np.float32)

    def resized(self) -> None:
        n = max(2, self.width() // _POINT_PIXELS)
        self.hz = np.geomspace(LOWEST_HZ, HIGHEST_HZ, n)
        self.levels_db = np.full(n, FLOOR_DB)

    def show_sound(self, sound: NDArray[np.float32], rate_hz: int) -> None:
        """Analyse the last `SAMPLES` of (N, 2)."""
        part = sound[-SAMPLES:]
        if len(part) < SAMPLES:
            return
        if part.any():
            level = self._analyse(part, rate_hz)
        elif self.levels_db.max() <= FLOOR_DB:
            return
        else:
            level = np.full(len(self.hz), FLOOR_DB)
        self.levels_db = np.clip(np.maximum(level, self.levels_db - _FALL_DB), FLOOR_DB, TOP_DB)
        self.update()

    def _analyse(self, part: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64]:
        bins = np.abs(np.fft.rfft(part * self._window[:, None], axis=0)).max(axis=1) / (0.25 * SAMPLES)
        db = 20 * np.log10(np.maximum(bins, 1e-6))
        at = self.hz * SAMPLES / rate_hz
        # The loudest bin of those a point stands for; between bins, where points are closer than these, a line.
        edges = np.clip(np.sqrt(at[:-1] * at[1:]).astype(int), 0, len(db) - 1)
        starts = np.concatenate([[int(at[0])], edges])
        loudest = np.maximum.reduceat(db, np.minimum(starts, len(db) - 1))
        between = np.interp(at, np.arange(len(db)), db)
        wide = np.concatenate([np.diff(starts) > 1, [True]])
        levels: NDArray[np.float64] = np.where(wide, loudest, between)
        return np.where(self.hz < rate_hz / 2, levels, FLOOR_DB)

    def _x(self, hz: float) -> float:
        return 1 + (self.width() - 2) * float(np.log(hz / LOWEST_HZ) / np.log(HIGHEST_HZ / LOWEST_HZ))

    def paint_ground(self, painter: QPainter) -> None:
        for hz, text in _MARKS_HZ:
            x = self._x(hz)
            painter.setPen(QColor(COLOURS.line))
            painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
            painter.setPen(QColor(COLOURS.faint))
            box = QRectF(min(x + 3, self.width() - 26), self.height() - 16, 40, 14)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), text)
        box = QRectF(self.rect()).adjusted(7, 4, -7, -4)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), "Spectrum")

    def paint_sound(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.width() - 2, self.height() - 2
        x = np.linspace(1, 1 + width, len(self.levels_db))
        y = 1 + height * (TOP_DB - self.levels_db) / (TOP_DB - FLOOR_DB)
        gradient = QLinearGradient(0, 0, 0, height)
        for stop, alpha in ((0.0, 150), (1.0, 20)):
            colour = QColor(COLOURS.accent)
            colour.setAlpha(alpha)
            gradient.setColorAt(stop, colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        foot = 1.0 + height
        painter.drawPolygon(polygon(np.append(x, (1.0 + width, 1.0)), np.append(y, (foot, foot))))
        draw_curve(painter, x, y, COLOURS.accent)
