"""Reverb: a feedback delay network of sixteen lines that loses exactly what its decay says.

Each line ends in an absorbing filter for its own length (Jot and Chaigne, "Digital delay networks for designing
artificial reverberators", AES 1991); what couples the lines keeps all energy: rotations of pairs of lines, which turn
slowly so that no mode rings on its own (Schlecht and Habets, "Time-varying feedback matrices in feedback delay
networks", JASA 2015), and a Hadamard matrix. Frozen, the lines absorb nothing, so the sound in them neither grows nor
fades. Axes: `N` samples, `L` lines.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synth.compiled.cache import compiled
from synth.effects.contract import TINY, Audio, EffectState, mix_levels
from synth.effects.echo_line import EchoLine
from synth.effects.glide import Glide
from synth.effects.held_arrays import HeldArrays
from synth.saved_arrays import part, prefixed

LINES = 16
_SHORTEST_S, _LONGEST_S = 0.025, 0.095
_DIFFUSERS_S = ((0.0019, 0.0031, 0.0047, 0.0067), (0.0021, 0.0029, 0.0051, 0.0063))
"""All-pass filters in front of the lines, per side: they make many echoes of each."""
_DIFFUSION = 0.6
_TURNS_PER_S = (0.22, -0.34, 0.46, -0.58, 0.62, -0.74, 0.82, -0.86)
"""How fast the pairs of lines turn into each other."""
_HIGH_DECAY = 0.25
"""Far above the damping the decay is this share of what it is below."""
_LONGEST_PREDELAY_S = 0.25


def _run(  # type: ignore[no-untyped-def]
    x, late, out, p, lines, begin, size, at, past, turning, turn, diffusers, diff_begin, diff_size, diff_at
):
    """x and the pre-delayed `late` (2, N) → out (2, N).

    p (3L + 4, N or 1): per line the absorbing filter's b0, b1, a1; level of the sound and of the room, how much enters,
    width. lines: all lines one after another, line q begins at begin[q] and has size[q]; at (L,) where it is read and
    written; past (2, L) the filters' input and output before; turning (2, L / 2) cosine and sine of the rotations, turn
    (2, L / 2) what each sample adds; diffusers: all all-pass lines, diff_… (8,) as of the lines.
    """
    n_lines, half = len(begin), len(begin) // 2
    v = np.empty(n_lines)
    scale = 1.0 / math.sqrt(n_lines)
    for i in range(x.shape[1]):
        j = i if p.shape[1] > 1 else 0
        base = 3 * n_lines
        for q in range(n_lines):
            fresh = np.float64(lines[begin[q] + at[q]])
            y = p[3 * q, j] * fresh + p[3 * q + 1, j] * past[0, q] - p[3 * q + 2, j] * past[1, q]
            past[0, q] = fresh
            past[1, q] = y if abs(y) > TINY else 0.0
            v[q] = y
        left, right = 0.0, 0.0
        for q in range(0, n_lines, 2):
            # Signs of both sides are orthogonal, and so are the sides' sounds.
            sign = 1.0 if (q // 2) % 2 == 0 else -1.0
            left += sign * (v[q] + v[q + 1])
            right += sign * (v[q] - v[q + 1])
        for k in range(half):
            c, s = turning[0, k], turning[1, k]
            a, b = v[k], v[k + half]
            v[k], v[k + half] = c * a - s * b, s * a + c * b
            nc, ns = c * turn[0, k] - s * turn[1, k], s * turn[0, k] + c * turn[1, k]
            keep = 1.5 - 0.5 * (nc * nc + ns * ns)
            turning[0, k], turning[1, k] = nc * keep, ns * keep
        step = 1
        while step < n_lines:
            for q in range(0, n_lines, 2 * step):
                for m in range(q, q + step):
                    a, b = v[m], v[m + step]
                    v[m], v[m + step] = a + b, a - b
            step *= 2
        for side in range(2):
            fed = p[base + 2, j] * np.float64(late[side, i])
            for d in range(4 * side, 4 * side + 4):
                place = diff_begin[d] + diff_at[d]
                held = np.float64(diffusers[place])
                into = fed + _DIFFUSION * held
                if abs(into) < TINY:
                    into = 0.0
                diffusers[place] = np.float32(into)
                fed = held - _DIFFUSION * into
                diff_at[d] = diff_at[d] + 1 if diff_at[d] + 1 < diff_size[d] else 0
            for q in range(side, n_lines, 2):
                sign = 1.0 if (q // 4) % 2 == 0 else -1.0
                v[q] += sign * fed
        for q in range(n_lines):
            w = scale * v[q]
            lines[begin[q] + at[q]] = np.float32(w) if abs(w) > TINY else np.float32(0.0)
            at[q] = at[q] + 1 if at[q] + 1 < size[q] else 0
        middle, edge = 0.5 * (left + right), 0.5 * p[base + 3, j] * (left - right)
        out[0, i] = np.float32(p[base, j] * x[0, i] + p[base + 1, j] * (middle + edge))
        out[1, i] = np.float32(p[base, j] * x[1, i] + p[base + 1, j] * (middle - edge))


def _prime_from(n: int) -> int:
    while any(n % d == 0 for d in range(2, math.isqrt(n) + 1)):
        n += 1
    return n


def line_lengths(rate_hz: int) -> list[int]:
    """In samples: primes, evenly spaced on a logarithmic scale, in an order that mixes short and long ones."""
    ratio = (_LONGEST_S / _SHORTEST_S) ** (1 / (LINES - 1))
    lengths: list[int] = []
    for q in range(LINES):
        n = _prime_from(round(_SHORTEST_S * ratio ** (5 * q % LINES) * rate_hz))
        while n in lengths:
            n = _prime_from(n + 1)
        lengths.append(n)
    return lengths


def absorbing(length: int, decay_s: float, damping_hz: float, rate_hz: int) -> tuple[float, float, float]:
    """b0, b1, a1 of a shelf that takes what a line of this length must lose: low frequencies lose 60 dB in the decay,
    those far above the damping in a quarter of it."""
    low = 10 ** (-3 * length / (decay_s * rate_hz))
    high = 10 ** (-3 * length / (decay_s * _HIGH_DECAY * rate_hz))
    # At the damping the loss in dB is the mean of both: there the shelf has √(low·high).
    k = math.tan(math.pi * min(damping_hz / rate_hz, 0.45)) * math.sqrt(high / low)
    a0 = k + 1
    return (low * k + high) / a0, (low * k - high) / a0, (k - 1) / a0


class _Rings:
    """Several delay lines one after another in one array; all lie at their beginnings where `at` is zero."""

    def __init__(self, sizes: list[int]) -> None:
        self.sizes = np.array(sizes, np.int64)
        self.begins = np.cumsum(self.sizes) - self.sizes
        self.samples = np.zeros(int(self.sizes.sum()), np.float32)
        self.at = np.zeros(len(sizes), np.int64)

    @property
    def arguments(self) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """As the compiled loop takes them."""
        return self.samples, self.begins, self.sizes, self.at


class Reverb:
    """Decay, pre-delay, damping, width, mix and freeze."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._early = EchoLine(rate_hz, _LONGEST_PREDELAY_S)
        self._glide = Glide(rate_hz, 3 * LINES + 4)
        self._lines = _Rings(line_lengths(rate_hz))
        self._diffusers = _Rings([_prime_from(max(2, round(s * rate_hz))) for side in _DIFFUSERS_S for s in side])
        self._past = np.zeros((2, LINES))
        turns = 2 * np.pi * np.array(_TURNS_PER_S) / rate_hz
        self._turn = np.stack([np.cos(turns), np.sin(turns)])
        self._turning = np.zeros((2, LINES // 2))
        self._turning[0] = 1
        own: dict[str, NDArray[np.generic]] = {
            "lines": self._lines.samples,
            "at": self._lines.at,
            "past": self._past,
            "turning": self._turning,
            "diffusers": self._diffusers.samples,
            "diff_at": self._diffusers.at,
        }
        below = {"at": self._lines.sizes, "diff_at": self._diffusers.sizes}
        self._held = HeldArrays(own, self._glide, below)
        rings = "f4[::1], i8[::1], i8[::1], i8[::1]"
        self._run = compiled(
            f"void(f4[:,::1], f4[:,::1], f4[:,::1], f8[:,::1], {rings}, f8[:,::1], f8[:,::1], f8[:,::1], {rings})",
            _run,
        )
        self._memory = int(self._lines.sizes.max()) + round(0.1 * rate_hz)

    @property
    def memory_samples(self) -> int:
        return self._early.memory_samples + self._memory

    @property
    def memory_holds(self) -> int:
        return self._early.memory_holds

    @property
    def state(self) -> EffectState:
        return {**self._held.copies(), **prefixed("early", self._early.held.copies())}

    def obey(self, values: Mapping[str, float], *, at_once: bool = False) -> None:
        frozen, decay_s = bool(values["reverb_freeze"]), values["reverb_decay_s"]
        filters: list[float] = []
        for length in self._lines.sizes.tolist():
            absorbed = absorbing(length, decay_s, values["reverb_damping_hz"], self._rate_hz)
            filters += (1.0, 0.0, 0.0) if frozen else absorbed
        dry, wet = mix_levels(values["reverb_mix"])
        # Steady sound is as loud in the room as without it, whatever the decay.
        kept = 10 ** (-6 * float(self._lines.sizes.mean()) / (decay_s * self._rate_hz))
        levels = [dry, wet * math.sqrt(1 / kept - 1), 0.0 if frozen else 1.0, values["reverb_width"]]
        self._glide.move([*filters, *levels], at_once=at_once)
        self._early.obey(values["reverb_predelay_s"], (0.0, 1.0, 0.0, 1.0, 0.0), at_once=at_once)

    def process(self, x: Audio) -> Audio:
        late, out = self._early.process(x), np.empty_like(x)
        values, turning = self._glide.take(x.shape[1]), (self._past, self._turning, self._turn)
        self._run(x, late, out, values, *self._lines.arguments, *turning, *self._diffusers.arguments)
        return out

    def reset(self, state: EffectState | None = None) -> None:
        if state is None:
            self._early.reset()
            self._held.reset(None)
            self._turning[0] = 1
        else:
            if not np.allclose(np.hypot(*state["turning"]), 1.0, atol=1e-6):
                raise ValueError("turning")
            self._early.held.reset(part("early", state))
            self._held.reset(state)
