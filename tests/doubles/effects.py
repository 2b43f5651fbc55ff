"""What effects are asked and played in tests. Axes: `N` samples; sound is (2, N) float32."""

import numpy as np

from synth.effects.contract import Audio, Effect
from synth.instrument.parameters.values import ParameterValues

RATE = 48000


def values(**given: float) -> ParameterValues:
    """All controls, at their defaults but for these."""
    return ParameterValues(given)


def obeying(effect: Effect, **given: float) -> Effect:
    """The effect, standing at these values."""
    effect.obey(values(**given), at_once=True)
    return effect


def noise(n: int, level: float = 0.1, seed: int = 0) -> Audio:
    """(2, N) white noise, both sides independent."""
    return (level * np.random.default_rng(seed).standard_normal((2, n))).astype(np.float32)


def impulse(n: int, level: float = 1.0) -> Audio:
    """(2, N) one sample on both sides, then silence."""
    x = np.zeros((2, n), np.float32)
    x[:, 0] = level
    return x
