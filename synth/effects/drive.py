"""Drive: a soft saturation at eight times the rate. Axes: `N` samples, 8N of the higher rate.

The curve is u / √(1 + u²). It is taken between samples, not at them: the mean of the curve over the straight line from
one sample to the next (Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear waveshaping using
continuous-time convolution", DAFx 2016). For this curve that is (u₀ + u₁) / (√(1 + u₀²) + √(1 + u₁²)).
"""

import math
from collections.abc import Mapping

import numpy as np

from synth.compiled.cache import compiled
from synth.effects.contract import NEVER, TINY, Audio, EffectState
from synth.effects.glide import Glide
from synth.effects.halfband import HalfBand
from synth.effects.held_arrays import HeldArrays

_STAGES = ((8, 0.01), (3, 0.12), (2, 0.18))
"""Sections and edges of the half-band filters; the lowest lets through up to 0.48 of the rate and stops 82 dB."""
_USUAL_AMPLITUDE = 0.18
"""A sine of this amplitude keeps it however hard it is driven: −18 dBFS."""
_MOST_BIAS = 1.2
_DC_HZ = 8.0
"""Below it the level falls: what the bias adds while sound comes and goes."""


def _shape(x, p, last):  # type: ignore[no-untyped-def]
    """x (2, 8N) in place, without the constant that is the bias's; p (≥ 2, N or 1) gain and bias; last (2,) the driven
    sample before."""
    for side in range(2):
        u0 = last[side]
        r0 = math.sqrt(1.0 + u0 * u0)
        for i in range(x.shape[1]):
            j = i // 8 if p.shape[1] > 1 else 0
            u1 = p[0, j] * x[side, i] + p[1, j]
            r1 = math.sqrt(1.0 + u1 * u1)
            x[side, i] = (u0 + u1) / (r0 + r1) - p[1, j] / math.sqrt(1.0 + p[1, j] * p[1, j])
            u0, r0 = u1, r1
        last[side] = u0


def _finish(x, out, p, fall, held):  # type: ignore[no-untyped-def]
    """x (2, N) → out (2, N): without what is below hearing, tone and level; held (2, 2) what both low-passes have."""
    for side in range(2):
        low, soft = held[side, 0], held[side, 1]
        for i in range(x.shape[1]):
            j = i if p.shape[1] > 1 else 0
            low += fall * (x[side, i] - low)
            soft += p[2, j] * (x[side, i] - low - soft)
            if abs(low) < TINY:
                low = 0.0
            if abs(soft) < TINY:
                soft = 0.0
            out[side, i] = np.float32(p[3, j] * soft)
        held[side, 0], held[side, 1] = low, soft


class Drive:
    """Amount, bias, tone and level."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._up = [HalfBand(*stage, doubling=True) for stage in _STAGES]
        self._down = [HalfBand(*stage, doubling=False) for stage in reversed(_STAGES)]
        self._glide = Glide(rate_hz, 4)
        self._bias = 0.0
        self._last, self._low = np.zeros(2), np.zeros((2, 2))
        filters = {f"filter{i}": stage.past for i, stage in enumerate([*self._up, *self._down])}
        self._held = HeldArrays({**filters, "last": self._last, "low": self._low}, self._glide)
        self._fall = 1 - math.exp(-2 * math.pi * _DC_HZ / rate_hz)
        self._shape = compiled("void(f8[:,::1], f8[:,::1], f8[::1])", _shape)
        self._finish = compiled("void(f8[:,::1], f4[:,::1], f8[:,::1], f8, f8[:,::1])", _finish)
        self.memory_samples = round(0.1 * rate_hz)
        self.memory_holds = NEVER

    @property
    def state(self) -> EffectState:
        return self._held.copies()

    def obey(self, values: Mapping[str, float], *, at_once: bool = False) -> None:
        gain = 10 ** (values["drive_db"] / 20)
        driven = gain * _USUAL_AMPLITUDE
        makeup = _USUAL_AMPLITUDE * math.sqrt(1 + driven * driven) / driven
        tone = 1 - math.exp(-2 * math.pi * min(values["drive_tone_hz"] / self._rate_hz, 0.49))
        level = makeup * 10 ** (values["drive_level_db"] / 20)
        self._bias = _MOST_BIAS * values["drive_bias"]
        self._glide.move([gain, self._bias, tone, level], at_once=at_once)
        if at_once:
            self._last[:] = self._bias

    def process(self, x: Audio) -> Audio:
        values = self._glide.take(x.shape[1])
        wide = x.astype(np.float64)
        for stage in self._up:
            wide = stage.process(wide)
        self._shape(wide, values, self._last)
        for stage in self._down:
            wide = stage.process(wide)
        out = np.empty_like(x)
        self._finish(wide, out, values, self._fall, self._low)
        return out

    def reset(self, state: EffectState | None = None) -> None:
        self._held.reset(state)
        if state is None:
            # Silence lies where the bias puts it: any other sample before would be a click.
            self._last[:] = self._bias
