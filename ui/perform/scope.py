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
_RISES = 64
"""Rises that are compared at most: the latest."""
_AS_GOOD = 0.03
_FILL = 0.9
_LEAST_PEAK = 0.02
"""Quieter sound is shown as small as it is; louder fills the field, so that form is seen at any level."""


class Scope(Plot):
    """Shows the last moment of a snapshot; repaints only when there is something to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip = "The waves sent to the device, left and right, 20 ms wide; they stand still while the sound repeats"
        super().__init__("Scope", tip, parent)
        self.wave: NDArray[np.float32] = np.zeros((2, 2), np.float32)
        """What is drawn, (N, 2)."""
        self.triggered = False
        """True while the picture begins at a rise through zero; else it runs free."""
        self.lead = 0.0
        """How far after the wave's first sample the rise lies, in samples: the picture begins there."""
        self._peak = _LEAST_PEAK

    def show_sound(self, sound: NDArray[np.float32], rate_hz: int) -> None:
        """Show `SPAN_S` of (N, 2) from a rise through zero on; without one, its end."""
        n = min(max(2, round(SPAN_S * rate_hz)), len(sound))
        begin = _trigger(sound, n, self.wave)
        at = max(len(sound) - n, 0) if begin is None else int(begin)
        self.triggered = begin is not None
        self.lead = 0.0 if begin is None else begin - at
        wave = sound[at : at + n]
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
        per_sample = (self.width() - 2) / max(len(self.wave) - 1, 1)
        x = 1 + (index - self.lead) * per_sample
        middle = self.height() / 2
        y = middle - self.wave[index] * (_FILL * middle / self._peak)
        for side, colour in ((1, COLOURS.right), (0, COLOURS.left)):
            draw_curve(painter, x, y[:, side].astype(np.float64), colour)


def _trigger(sound: NDArray[np.float32], n: int, shown: NDArray[np.float32]) -> float | None:
    """Where to begin, so that `n` samples follow: at a rise through zero, between two samples; None without one.

    Of several rises, the one whose picture is most like the one `shown`, (n, 2): the picture must not jump.
    """
    middle = sound.sum(axis=1, dtype=np.float64)
    last = len(middle) - n
    rises = np.flatnonzero((middle[: max(last, 0)] <= 0) & (middle[1 : max(last, 0) + 1] > 0))
    if not len(rises):
        return None
    # Only what is new since the last picture; of a wave longer than that, its latest rise.
    rises = rises[min(int(np.searchsorted(rises, last - n)), len(rises) - 1) :][-_RISES:]
    pictures = middle[rises[:, None] + np.arange(n)]
    before = shown.sum(axis=1, dtype=np.float64)
    if len(before) == n and before.any():
        alike = pictures @ before
    else:
        # Nothing to be like: the one with most behind it.
        alike = pictures[:, : max(2, n // 16)].sum(axis=1)
    # The latest of those that are as good as the best: in a periodic sound, one of each period is.
    at = int(rises[np.flatnonzero(alike >= alike.max() - _AS_GOOD * abs(alike.max()))[-1]])
    return at + float(middle[at] / (middle[at] - middle[at + 1]))
