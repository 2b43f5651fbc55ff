"""An oscilloscope of the sound that was really sent: left and right, standing still on the wave's own rise.

Axes: `N` samples; sound is (N, 2).
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from ui.look.theme import COLOURS
from ui.widgets.plot import Plot, draw_curve

SPAN_S = 0.02
"""Time from edge to edge."""
_FILL = 0.9
_LEAST_PEAK = 0.02
"""Quieter sound is shown as small as it is; louder fills the field, so that form is seen at any level."""


class Scope(Plot):
    """Shows the last moment of a snapshot; repaints only when there is something to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Scope", "The waves sent to the device, left and right, 20 ms wide", parent)
        self.wave: NDArray[np.float32] = np.zeros((2, 2), np.float32)
        """What is drawn, (N, 2)."""
        self._peak = _LEAST_PEAK

    def show_sound(self, sound: NDArray[np.float32], rate_hz: int) -> None:
        """Show the end of (N, 2) from its last rise through zero on."""
        n = min(max(2, round(SPAN_S * rate_hz)), len(sound))
        wave = sound[_trigger(sound, n) :][:n]
        peak = float(np.abs(wave).max(initial=0.0))
        if peak == 0 and not self.wave.any() and self.wave.shape == wave.shape:
            return
        self.wave = wave
        self._peak = max(peak, 0.95 * self._peak, _LEAST_PEAK)
        self.update()

    def paint_ground(self, painter: QPainter) -> None:
        painter.setPen(QColor(COLOURS.line))
        middle = self.height() / 2
        painter.drawLine(QPointF(1, middle), QPointF(self.width() - 1, middle))
        painter.setPen(QColor(COLOURS.faint))
        box = QRectF(self.rect()).adjusted(7, 4, -7, -4)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), "Scope")
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), "20 ms")

    def paint_sound(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        n = max(2, min(len(self.wave), self.width() // 2))
        index = np.linspace(0, len(self.wave) - 1, n).astype(int)
        x = np.linspace(1, self.width() - 1, n)
        middle = self.height() / 2
        y = middle - self.wave[index] * (_FILL * middle / self._peak)
        for side, colour in ((1, COLOURS.right), (0, COLOURS.left)):
            draw_curve(painter, x, y[:, side].astype(np.float64), colour)


def _trigger(sound: NDArray[np.float32], n: int) -> int:
    """Where to begin, so that `n` samples follow: the last rise through zero after the deepest trough."""
    middle = sound.sum(axis=1)
    last = len(middle) - n
    if last < 2:
        return max(last, 0)
    rises = np.flatnonzero((middle[:last] <= 0) & (middle[1 : last + 1] > 0))
    recent = rises[rises > last - n]
    if not len(recent):
        return last
    # Of several rises in a period the one with most behind it: the picture must not jump between them.
    ahead = max(2, n // 16)
    reach = np.array([middle[rise : rise + ahead].sum() for rise in recent[-24:]])
    # In noise even the best may have a negative sum behind it.
    return int(recent[-24:][np.flatnonzero(reach >= reach.max() - 0.03 * abs(reach.max()))[-1]])
