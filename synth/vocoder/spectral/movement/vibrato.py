"""The recording's vibrato and jitter, as every voice has them. Axes: `V` voices."""

import math

import numpy as np

from synth.presets.model import Vibrato
from synth.random_streams import Stream, normal
from synth.vocoder.arrays import Doubles

# Knots of the slow random pitch, per second; the ear calls slower changes drift and faster ones roughness.
_JITTER_KNOTS_PER_S = 5.0
# Variance of a cubic B-spline through unit white knots, averaged over positions.
_SPLINE_VARIANCE = 0.4794
# How fast rate and depth of the swing change, per second, and the spread of such a spline's slope over its own.
_WANDER_KNOTS_PER_S, _SPLINE_SLOPE = 1.5, 1.179
_JITTER, _RATE, _DEPTH = 1, 2**32, 2**32 + 1
"""Draws within a step; those between are what notes begin with."""
_MOST_KNOTS = 4096


class VibratoClock:
    """Vibrato and jitter as a pure function of time: the same for any block size and head.

    Voices read one function at times of their own, so no two of them sway together.
    """

    def __init__(self, vibrato: Vibrato, seed: int) -> None:
        self._vibrato, self._seed = vibrato, seed
        self._knots: dict[tuple[int, int], float] = {}
        self._latest: dict[int, tuple[Doubles, Doubles]] = {}
        # The phase strays by a bounded amount, so that the swing is a pure function of time: its slope is the rate's.
        self._stray = 2 * math.pi * vibrato.rate_wander_hz / (_WANDER_KNOTS_PER_S * _SPLINE_SLOPE)

    def factors(self, times_s: Doubles) -> Doubles:
        """Pitch factors around 1 at times in seconds, (V,) → (V,)."""
        return self.moved(times_s)[0]

    def moved(self, times_s: Doubles) -> tuple[Doubles, Doubles]:
        """Pitch factors (V,), and of the periodic part its sine, its cosine and how deep it is relative to its usual
        depth, (V, 3)."""
        vibrato = self._vibrato
        if not vibrato.depth_cents and not vibrato.jitter_cents:
            return np.ones(len(times_s)), np.zeros((len(times_s), 3))
        phase, depth = 2 * np.pi * vibrato.rate_hz * times_s, np.full(len(times_s), vibrato.depth_cents)
        wander = None
        if vibrato.rate_wander_hz or vibrato.depth_wander:
            wander = _spline(times_s * _WANDER_KNOTS_PER_S)
        if wander and vibrato.rate_wander_hz:
            phase = phase + self._stray * self._smooth_noise(wander, _RATE)
        if wander and vibrato.depth_wander:
            sway = self._smooth_noise(wander, _DEPTH)
            depth = depth * np.maximum(1 + vibrato.depth_wander * sway, 0)
        cents = depth * np.sin(phase)
        if vibrato.jitter_cents:
            cents = cents + vibrato.jitter_cents * self._smooth_noise(_spline(times_s * _JITTER_KNOTS_PER_S), _JITTER)
        turns = np.zeros((len(times_s), 3))
        if vibrato.depth_cents:
            turns[:, 0], turns[:, 1], turns[:, 2] = np.sin(phase), np.cos(phase), depth / vibrato.depth_cents
        return np.asarray(2 ** (cents / 1200)), turns

    def _smooth_noise(self, spline: tuple[Doubles, tuple[Doubles, ...]], sub: int) -> Doubles:
        first, weights = spline
        before, knots = self._latest.get(sub, (np.full(0, np.nan), np.zeros((4, 0))))
        if len(before) != len(first):
            before, knots = np.full(len(first), np.nan), np.zeros((4, len(first)))
        # A knot lasts for a dozen frames, and there are many voices.
        for voice in np.flatnonzero(before != first).tolist():
            start = int(first[voice])
            knots[:, voice] = [self._knot(start + i, sub) for i in range(4)]
        self._latest[sub] = first, knots
        whole = weights[0] * knots[0]
        for weight, knot in zip(weights[1:], knots[1:], strict=True):
            whole += weight * knot
        return np.asarray(whole / 6 / math.sqrt(_SPLINE_VARIANCE))

    def _knot(self, index: int, sub: int) -> float:
        if (sub, index) not in self._knots:
            if len(self._knots) >= _MOST_KNOTS:
                self._knots.clear()
            self._knots[sub, index] = float(normal(self._seed, Stream.PITCH, index, (1,), sub=sub))
        return self._knots[sub, index]


def _spline(positions: Doubles) -> tuple[Doubles, tuple[Doubles, ...]]:
    """The first of the four knots about each position (V,), and their weights in a cubic B-spline."""
    first = np.floor(positions)
    x = positions - first
    square, cube = x**2, x**3
    return first, ((1 - x) ** 3, 3 * cube - 6 * square + 4, -3 * cube + 3 * square + 3 * x + 1, cube)
