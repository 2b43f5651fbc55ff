"""Brushes: what a hand on the culture sends to the engine.

Positions are (column, row) in cells; columns are circular with `T` frames.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from synth.automaton.gestures import RESTING_KINDS, Gesture, GestureKind, Shape
from synth.instrument.events import Action, Hand, PaintShare, Touch

TOUCH_INTERVAL_MS = 25
"""Touches at most this often while the hand moves: 40 per second, about one per audio block."""
_HOLD_TICKS = 10
"""A hand that rests is told of four times a second: at the quickest evolution, 344 steps per second, a wound rests for
0.5 s before it begins to wake."""
_SPACING = 0.5
"""Distance between touches along a drag, as a share of the brush's radius: no gaps, no needless work."""
_MOST_PER_TICK = 8
LOUDEST_PAINT_LU = 4.0
"""Paint makes no moment louder than so much above the usual one."""
BRUSH_KINDS: tuple[GestureKind, ...] = ("erase", "paint", "noise", "reseed", "freeze")
"""What a hand can hold; thawing is the other side of freezing."""


@dataclass(frozen=True)
class Brush:
    """What the hand holds. The default is the default wound: 0.5 s by 24 rows."""

    kind: GestureKind = "erase"
    radius_frames: float = 22.0
    radius_rows: float = 12.0
    strength: float = 1.0
    shape: Shape = "round"

    @property
    def other_side(self) -> GestureKind:
        """What the right button does."""
        return "thaw" if self.kind == "freeze" else "erase"

    def distance(self, columns: float, rows: float) -> float:
        """How far a way is for this brush, in its radii: a stripe has no rows to go, a line no columns."""
        along = 0.0 if self.shape == "line" else columns / self.radius_frames
        across = 0.0 if self.shape == "stripe" else rows / self.radius_rows
        return math.hypot(along, across)

    def at(self, column: float, row: float) -> Gesture:
        loudest_lu = LOUDEST_PAINT_LU if self.kind == "paint" else None
        radii = self.radius_frames, self.radius_rows
        return Gesture(self.kind, column, row, *radii, self.strength, self.shape, loudest_lu)


PAINT = Brush("paint", radius_rows=1.5, strength=0.5)
"""Paint as one begins with it: a thin line of half strength. The size of a wound would be a blast of noise."""


@dataclass(frozen=True)
class Field:
    """The culture a brush moves over."""

    n_frames: int = 172
    n_mels: int = 80

    def clamp(self, column: float, row: float) -> tuple[float, float]:
        """The column goes round, the row stays inside."""
        return column % self.n_frames, min(max(row, 0.0), self.n_mels - 1.0)


class BrushHand(QObject):
    """Turns pressing, dragging and lifting into `Hand` and `Touch`, never more often than the engine needs."""

    pressed = Signal(bool)
    touched = Signal(Gesture)

    def __init__(self, send: Callable[[Action], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.brush = Brush()
        self.second: bool | None = None
        """Whether strokes paint the share of a morph's second preset, or of the first; None: they touch cells."""
        self.field = Field()
        self._send = send
        self._held: Brush | None = None
        self._second: bool | None = None
        self._at = (0.0, 0.0)
        self._touched = (0.0, 0.0)
        self._resting_ticks = 0
        """Since the last touch or hold."""
        self._timer = QTimer(self)
        self._timer.setInterval(TOUCH_INTERVAL_MS)
        self._timer.timeout.connect(self._follow)

    @property
    def down(self) -> bool:
        return self._held is not None

    @property
    def held(self) -> Brush:
        """The brush in use, or the one that would be."""
        return self._held or self.brush

    def press(self, column: float, row: float, kind: GestureKind | None = None) -> None:
        """The hand goes down; `kind` overrides the brush's, as the right button does."""
        self._held = replace(self.brush, kind=kind) if kind else self.brush
        # The right button paints for the other preset.
        self._second = None if self.second is None else self.second == (kind is None)
        self._at = self._touched = (column, row)
        self._send_hand(down=True)
        self._touch(column, row)
        self._timer.start()
        self.pressed.emit(True)

    def move(self, column: float, row: float) -> None:
        """The hand moves; what it passes over is touched at the next tick."""
        self._at = (column, row)

    def lift(self) -> None:
        """The hand goes up; the rest of its path is touched first."""
        if self._held is None:
            return
        while self._touched != self._at:
            self._follow()
        self._timer.stop()
        self._send_hand(down=False)
        self._held = None
        self.pressed.emit(False)

    def _follow(self) -> None:
        """Touch along the way to where the hand is now; a very quick hand is caught up with over several ticks."""
        if self._held is None:
            return
        if self._at == self._touched:
            self._hold()
            return
        (c0, r0), (c1, r1) = self._touched, self._at
        n = max(1, math.ceil(self._held.distance(c1 - c0, r1 - r0) / _SPACING))
        self._send_hand(down=True)
        for i in range(1, min(n, _MOST_PER_TICK) + 1):
            self._touched = (c0 + (c1 - c0) * i / n, r0 + (r1 - r0) * i / n)
            self._touch(*self._touched)

    def _hold(self) -> None:
        """The hand rests: what is under it must not heal."""
        self._resting_ticks += 1
        if self._held is None or self._second is not None:
            return
        if self._resting_ticks >= _HOLD_TICKS and self._held.kind in RESTING_KINDS:
            self._resting_ticks = 0
            self._send(Touch(replace(self._held, kind="hold").at(*self.field.clamp(*self._touched))))

    def _touch(self, column: float, row: float) -> None:
        assert self._held is not None
        self._resting_ticks = 0
        gesture = self._held.at(*self.field.clamp(column, row))
        if self._second is not None:
            self._send(PaintShare(gesture, self._second))
            return
        self._send(Touch(gesture))
        self.touched.emit(gesture)

    def _send_hand(self, *, down: bool) -> None:
        column, _ = self.field.clamp(*self._at)
        self._send(Hand(down, column, self.held.radius_frames))
