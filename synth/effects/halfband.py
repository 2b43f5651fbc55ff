"""Half-band filters for doubling and halving a sampling rate: two branches of all-pass filters, without delay.

Elliptic, after Valenzuela and Constantinides, "Digital signal processing schemes for efficient interpolation and
decimation" (1983). Axes: `N` samples of the lower rate.
"""

import math

import numpy as np
from numpy.typing import NDArray

from synth.compiled.cache import compiled
from synth.effects.contract import TINY

_TERMS = 8
"""Of series whose terms fall faster than q^(i²)."""


def half_band(n_sections: int, edge: float) -> tuple[float, ...]:
    """Coefficients of the all-pass sections, alternately of both branches.

    The pass band ends `edge` below a quarter of the higher rate and the stop band begins `edge` above it, in shares of
    that rate. The more sections and the wider the edge, the more is stopped.
    """
    k = math.tan((1 - 4 * edge) * math.pi / 4) ** 2
    root = (1 - k * k) ** 0.25
    e = 0.5 * (1 - root) / (1 + root)
    q = e + 2 * e**5 + 15 * e**9 + 150 * e**13
    order = 2 * n_sections + 1
    return tuple(_coefficient(c * math.pi / order, k, q) for c in range(1, n_sections + 1))


def _coefficient(angle: float, k: float, q: float) -> float:
    above: float = sum((-1) ** i * q ** (i * (i + 1)) * math.sin((2 * i + 1) * angle) for i in range(_TERMS))
    below: float = 0.5 + sum((-1) ** i * q ** (i * i) * math.cos(2 * i * angle) for i in range(1, _TERMS))
    w: float = (q**0.25 * above / below) ** 2
    x = math.sqrt((1 - w * k) * (1 - w / k)) / (1 + w)
    return (1 - x) / (1 + x)


def _double(x, out, coefficients, held):  # type: ignore[no-untyped-def]
    """x (2, N) → out (2, 2N); held (2, sections, 2)."""
    for side in range(x.shape[0]):
        for i in range(x.shape[1]):
            for branch in range(2):
                v = x[side, i]
                for s in range(branch, len(coefficients), 2):
                    y = coefficients[s] * (v - held[side, s, 1]) + held[side, s, 0]
                    y = y if abs(y) > TINY else 0.0
                    held[side, s, 0] = v
                    held[side, s, 1] = y
                    v = y
                out[side, 2 * i + branch] = v


def _halve(x, out, coefficients, held):  # type: ignore[no-untyped-def]
    """x (2, 2N) → out (2, N); held (2, sections, 2)."""
    for side in range(x.shape[0]):
        for i in range(out.shape[1]):
            total = 0.0
            for branch in range(2):
                v = x[side, 2 * i + 1 - branch]
                for s in range(branch, len(coefficients), 2):
                    y = coefficients[s] * (v - held[side, s, 1]) + held[side, s, 0]
                    y = y if abs(y) > TINY else 0.0
                    held[side, s, 0] = v
                    held[side, s, 1] = y
                    v = y
                total += v
            out[side, i] = 0.5 * total


class HalfBand:
    """Doubles or halves the rate of (2, N) float64 as a stream; `past` is its state."""

    def __init__(self, n_sections: int, edge: float, *, doubling: bool) -> None:
        self._coefficients = np.array(half_band(n_sections, edge))
        self.past = np.zeros((2, n_sections, 2))
        self._doubling = doubling
        self._run = compiled("void(f8[:,::1], f8[:,::1], f8[::1], f8[:,:,::1])", _double if doubling else _halve)

    def process(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        n = x.shape[1]
        out = np.empty((2, 2 * n if self._doubling else n // 2))
        self._run(x, out, self._coefficients, self.past)
        return out
