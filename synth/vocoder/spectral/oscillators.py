"""A bank of sine oscillators whose phases run on, and the vibrato that moves them.

Axes: `B` heads, `P` oscillators, `N` samples.
"""

import math

import numpy as np

from synth.presets.model import Vibrato
from synth.random_streams import Stream, generator, normal
from synth.vocoder.arrays import Doubles, Floats

# Oscillators above 0.46 of the output rate fade, and are silent from 0.49 on: nothing aliases.
_FADE_START, _FADE_END = 0.46, 0.49
# Relative to the loudest: 110 dB below it nobody hears an oscillator, and cosines cost time.
_INAUDIBLE = 3e-6
# Knots of the slow random pitch, per second; the ear calls slower changes drift and faster ones roughness.
_JITTER_KNOTS_PER_S = 5.0
# Variance of a cubic B-spline through unit white knots, averaged over positions.
_SPLINE_VARIANCE = 0.4794


class OscillatorBank:
    """Oscillators at fixed ratios; one pitch factor moves them all. Phases are shared by all heads."""

    def __init__(self, hz: Doubles, out_rate_hz: int, seed: int) -> None:
        self._hz, self._rate = hz, out_rate_hz
        self._start = generator(seed, Stream.PITCH, 0).random(len(hz))
        self.reset()

    def reset(self) -> None:
        self._cycles = self._start.copy()
        self._amplitude: Floats | None = None
        self._pitch = 1.0
        self.pitch_ratio = 1.0

    def audible(self, pitch: float) -> Doubles:
        """Gain per oscillator at this pitch factor, (P,): 1, or fading to 0 towards the Nyquist frequency."""
        relative = self._hz * pitch / self._rate
        return np.clip((_FADE_END - relative) / (_FADE_END - _FADE_START), 0, 1)

    def advance(self, amplitude: Floats, pitch: float, pitch_ratio: float, span: float, offsets: Doubles) -> Floats:
        """Glide to `amplitude` (B, P) and `pitch` within `span` samples; samples at `offsets` (N,) → (B, N).

        `span` and `offsets` are in output samples, not whole numbers; amplitude and pitch move linearly.
        """
        if self._amplitude is None:
            self._amplitude, self._pitch = np.zeros_like(amplitude), pitch
        before = self._amplitude
        slope = (pitch - self._pitch) / span
        turn = (self._pitch * offsets + slope / 2 * offsets**2) / self._rate
        loudest = np.maximum(before, amplitude).max(axis=0)
        active = np.flatnonzero(loudest > max(_INAUDIBLE * float(loudest.max(initial=0)), 1e-9))
        # Within one frame single precision holds a phase to 1e-5 cycles; what accumulates is double.
        matrix = np.stack([self._hz[active], self._cycles[active]], axis=1)
        cycles = (matrix @ np.stack([turn, np.ones_like(turn)])).astype(np.float32)
        cycles -= np.rint(cycles)
        waves = np.cos(cycles * np.float32(2 * math.pi))
        fade = (offsets / span).astype(np.float32)
        heads = [
            (first[active] @ waves) * (1 - fade) + (last[active] @ waves) * fade
            for first, last in zip(before, amplitude, strict=True)
        ]
        self._cycles = (self._cycles + self._hz * (self._pitch + pitch) / 2 * span / self._rate) % 1.0
        self._amplitude, self._pitch, self.pitch_ratio = amplitude, pitch, pitch_ratio
        return np.stack(heads).astype(np.float32, copy=False)


class VibratoClock:
    """The recording's vibrato and jitter as a pure function of time: the same for any block size and head."""

    def __init__(self, vibrato: Vibrato, seed: int) -> None:
        self._vibrato, self._seed = vibrato, seed
        self._knots: dict[int, float] = {}

    def factor(self, time_s: float) -> float:
        """Pitch factor around 1 at `time_s`."""
        vibrato = self._vibrato
        cents = vibrato.depth_cents * math.sin(2 * math.pi * vibrato.rate_hz * time_s)
        if vibrato.jitter_cents:
            cents += vibrato.jitter_cents * self._smooth_noise(time_s * _JITTER_KNOTS_PER_S)
        return float(2 ** (cents / 1200))

    def _smooth_noise(self, position: float) -> float:
        first = math.floor(position)
        x = position - first
        weights = ((1 - x) ** 3, 3 * x**3 - 6 * x**2 + 4, -3 * x**3 + 3 * x**2 + 3 * x + 1, x**3)
        value = sum(weight * self._knot(first + i) for i, weight in enumerate(weights)) / 6
        return value / math.sqrt(_SPLINE_VARIANCE)

    def _knot(self, index: int) -> float:
        if index not in self._knots:
            if len(self._knots) > 64:
                self._knots.clear()
            self._knots[index] = float(normal(self._seed, Stream.PITCH, index, (1,), sub=1))
        return self._knots[index]
