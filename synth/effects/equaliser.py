"""Three bands with a low and a high cut: biquads after Bristow-Johnson's Audio EQ Cookbook, in float64.

Axes: `N` samples, 5 coefficients per section: b0, b1, b2, a1, a2.
"""

import math
from collections.abc import Mapping

import numpy as np

from synth.compiled.cache import compiled
from synth.effects.contract import NEVER, TINY, Audio, EffectState
from synth.effects.glide import Glide
from synth.effects.held_arrays import HeldArrays
from synth.instrument.parameters.effect_rows import HIGHEST_CUT_HZ, LOWEST_CUT_HZ

LOW_HZ, HIGH_HZ = 150.0, 5000.0
"""Middles of the shelves' slopes."""
MID_Q = 0.8
_CUT_Q = math.sqrt(0.5)
_SECTIONS = 5
_HIGHEST_SHARE = 0.49
"""No filter lies above this share of the rate."""
_THROUGH = (1.0, 0.0, 0.0, 0.0, 0.0)

Biquad = tuple[float, float, float, float, float]


def _run(x, out, c, held):  # type: ignore[no-untyped-def]
    """x (2, N) → out (2, N) through the sections c (5·sections, N or 1); held (2, sections, 2)."""
    n_sections = held.shape[1]
    for i in range(x.shape[1]):
        j = i if c.shape[1] > 1 else 0
        for side in range(2):
            v = np.float64(x[side, i])
            for s in range(n_sections):
                k = 5 * s
                y = c[k, j] * v + held[side, s, 0]
                first = c[k + 1, j] * v - c[k + 3, j] * y + held[side, s, 1]
                second = c[k + 2, j] * v - c[k + 4, j] * y
                held[side, s, 0] = first if abs(first) > TINY else 0.0
                held[side, s, 1] = second if abs(second) > TINY else 0.0
                v = y
            out[side, i] = np.float32(v)


class Equaliser:
    """Low cut, low shelf, middle peak, high shelf, high cut; what stands at 0 dB or is off lets sound through."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._glide = Glide(rate_hz, 5 * _SECTIONS)
        self._past = np.zeros((2, _SECTIONS, 2))
        self._held = HeldArrays({"past": self._past}, self._glide)
        self._run = compiled("void(f4[:,::1], f4[:,::1], f8[:,::1], f8[:,:,::1])", _run)
        self.memory_samples = round(0.1 * rate_hz)
        self.memory_holds = NEVER

    @property
    def state(self) -> EffectState:
        return self._held.copies()

    def obey(self, values: Mapping[str, float], *, at_once: bool = False) -> None:
        sections = biquads(values, self._rate_hz)
        self._glide.move([number for section in sections for number in section], at_once=at_once)

    def process(self, x: Audio) -> Audio:
        out = np.empty_like(x)
        self._run(x, out, self._glide.take(x.shape[1]), self._past)
        return out

    def reset(self, state: EffectState | None = None) -> None:
        self._held.reset(state)


def biquads(values: Mapping[str, float], rate_hz: int) -> tuple[Biquad, ...]:
    """The five sections for the values of the controls."""
    low_cut, high_cut = values["eq_low_cut_hz"], values["eq_high_cut_hz"]
    return (
        _THROUGH if low_cut <= LOWEST_CUT_HZ else _cut(low_cut, rate_hz, high_pass=True),
        _shelf(LOW_HZ, values["eq_low_db"], rate_hz, high=False),
        _peak(values["eq_mid_hz"], values["eq_mid_db"], rate_hz),
        _shelf(HIGH_HZ, values["eq_high_db"], rate_hz, high=True),
        _THROUGH if high_cut >= HIGHEST_CUT_HZ else _cut(high_cut, rate_hz, high_pass=False),
    )


def _angle(hz: float, rate_hz: int) -> float:
    return 2 * math.pi * min(hz / rate_hz, _HIGHEST_SHARE)


def _over(a0: float, b0: float, b1: float, b2: float, a1: float, a2: float) -> Biquad:
    return b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0


def _cut(hz: float, rate_hz: int, *, high_pass: bool) -> Biquad:
    """Butterworth of second order."""
    w = _angle(hz, rate_hz)
    alpha, cos = math.sin(w) / (2 * _CUT_Q), math.cos(w)
    b1 = -(1 + cos) if high_pass else 1 - cos
    return _over(1 + alpha, abs(b1) / 2, b1, abs(b1) / 2, -2 * cos, 1 - alpha)


def _peak(hz: float, gain_db: float, rate_hz: int) -> Biquad:
    w, a = _angle(hz, rate_hz), 10 ** (gain_db / 40)
    alpha, cos = math.sin(w) / (2 * MID_Q), math.cos(w)
    return _over(1 + alpha / a, 1 + alpha * a, -2 * cos, 1 - alpha * a, -2 * cos, 1 - alpha / a)


def _shelf(hz: float, gain_db: float, rate_hz: int, *, high: bool) -> Biquad:
    """Of slope 1: the steepest that does not overshoot."""
    w, a = _angle(hz, rate_hz), 10 ** (gain_db / 40)
    cos, slope = math.cos(w), math.sin(w) * math.sqrt(2 * a)
    s = -1.0 if high else 1.0
    up, down = a + 1, a - 1
    return _over(
        up + s * down * cos + slope,
        a * (up - s * down * cos + slope),
        s * 2 * a * (down - s * up * cos),
        a * (up - s * down * cos - slope),
        -s * 2 * (down + s * up * cos),
        up + s * down * cos - slope,
    )
