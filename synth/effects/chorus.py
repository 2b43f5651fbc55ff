"""Chorus: three copies of each side whose delays wander. Axes: `N` samples, `D` of the delay line."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synth.compiled.cache import compiled
from synth.effects.contract import NEVER, Audio, EffectState, mix_levels
from synth.effects.glide import Glide
from synth.effects.held_arrays import HeldArrays

_NEAREST_S, _SWING_S = 0.006, 0.010
"""The copies' shortest delay, and by how much more it gets at full depth."""
_COPIES = 3


def _run(x, out, p, line, at, phase):  # type: ignore[no-untyped-def]
    """x (2, N) → out (2, N). p (6, N or 1): turns per sample, nearest and swing in samples, share of a turn by which
    the right side is ahead, level of the sound and of the copies; line (2, D), written from at (1,) on;
    phase (1,)."""
    size = line.shape[1]
    place, turn = at[0], phase[0]
    for i in range(x.shape[1]):
        j = i if p.shape[1] > 1 else 0
        turn += p[0, j]
        turn -= math.floor(turn)
        for side in range(2):
            line[side, place] = x[side, i]
            total = 0.0
            for copy in range(3):
                angle = 2.0 * math.pi * (turn + copy / 3.0 + side * p[3, j])
                behind = p[1, j] + p[2, j] * (0.5 + 0.5 * math.sin(angle))
                whole = int(behind)
                f = behind - whole
                k = place - whole + size
                # Hermite's cubic through the four samples around: its slope has no steps.
                y0 = np.float64(line[side, (k + 1) % size])
                y1 = np.float64(line[side, k % size])
                y2 = np.float64(line[side, (k - 1) % size])
                y3 = np.float64(line[side, (k - 2) % size])
                c1 = 0.5 * (y2 - y0)
                c2 = y0 - 2.5 * y1 + 2.0 * y2 - 0.5 * y3
                c3 = 0.5 * (y3 - y0) + 1.5 * (y1 - y2)
                total += ((c3 * f + c2) * f + c1) * f + y1
            out[side, i] = np.float32(p[4, j] * x[side, i] + p[5, j] * total)
        place = (place + 1) % size
    at[0], phase[0] = place, turn


class Chorus:
    """Rate, depth, width and mix."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._glide = Glide(rate_hz, 6)
        size = math.ceil((_NEAREST_S + _SWING_S) * rate_hz) + 8
        self._line = np.zeros((2, size), np.float32)
        self._at, self._phase = np.zeros(1, np.int64), np.zeros(1)
        own: dict[str, NDArray[np.generic]] = {"line": self._line, "at": self._at, "phase": self._phase}
        self._held = HeldArrays(own, self._glide, {"at": size})
        self._run = compiled("void(f4[:,::1], f4[:,::1], f8[:,::1], f4[:,::1], i8[::1], f8[::1])", _run)
        self.memory_samples = size
        self.memory_holds = NEVER

    @property
    def state(self) -> EffectState:
        return self._held.copies()

    def obey(self, values: Mapping[str, float], *, at_once: bool = False) -> None:
        swing = _SWING_S * values["chorus_depth"] * self._rate_hz
        dry, wet = mix_levels(values["chorus_mix"])
        wanted = [
            values["chorus_rate_hz"] / self._rate_hz,
            _NEAREST_S * self._rate_hz,
            swing,
            values["chorus_width"] / 2,
            dry,
            wet / math.sqrt(_COPIES),
        ]
        self._glide.move(wanted, at_once=at_once)

    def process(self, x: Audio) -> Audio:
        out = np.empty_like(x)
        self._run(x, out, self._glide.take(x.shape[1]), self._line, self._at, self._phase)
        return out

    def reset(self, state: EffectState | None = None) -> None:
        self._held.reset(state)
