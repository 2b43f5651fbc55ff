"""The compiled loops over all voices' partials, without the interpreter's lock.

Compiled for fixed types when first asked for, which takes two seconds, and kept in the user's cache folder; without a
place for it they are compiled anew by every process. Import this module where a vocoder is prepared and not before:
numba itself takes half a second.

Axes: `A` voices, `B` heads, `K` partials with an amplitude at the root, `P` oscillators, `D` of them that shimmer, `N`
samples.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from synth.compiled.cache import compiled

# Samples whose phases are counted in single precision from one double: at most 32 cycles, so 2e-6 of a cycle off.
_STRETCH = 64
# cos(2πx) for |x| ≤ ½ as a polynomial in x², Chebyshev interpolation of degree 6: off by 1e-8, rounded by 5e-7.
C0, C1, C2, C3, C4, C5, C6 = (
    np.float32(c) for c in (1.0, -19.739204, 64.93912, -85.45011, 60.16743, -25.966885, 6.5277061)
)
_HALF = np.float32(0.5)
_ONE, _ZERO = np.float32(1), np.float32(0)
KNOTS_PER_FRAME = 8
"""Shimmer is known so often, and moves in straight lines between."""
PLACE_STRIDE = 40503
"""From a partial's place in the noise of the shimmer to the next one's: near the golden section of its 2^16 knots, so
that the places of all lie as far apart as they can."""


def _play(  # type: ignore[no-untyped-def]
    out, begin, count, first, span, rows, cycles, turn, pitch, to_pitch, level, to_level, stray, least,
    noise, place, starts, moving, own, shared,
):  # fmt: skip
    """Add `count` samples of the voices `rows` to out (B, N) from column `begin` on, and move their phases by `span`.

    cycles (A, P) double; turn (P,) cycles per sample at pitch 1; pitch (A,) and level (A, B, P) at the beginning of the
    span, `to_pitch` and `to_level` at its end, both move in straight lines; `stray` (A, P) cycles are added to each
    phase evenly within the span; the first sample lies `first` samples into the span. An oscillator below `least`
    (relative, absolute) of its voice's loudest rests; its phase does not.

    The first D partials shimmer: `noise` (bands, L + knots + 1) is read from `place` on, of a voice after another
    `starts` (A,) and of a partial after its stride; `own` (D, bands) is how much a partial moves by itself, `shared`
    with all others of the voice. With `moving` 0 the gains of the span's beginning stay.
    """
    wave = np.empty(_STRETCH, np.float32)
    steps = np.arange(_STRETCH).astype(np.float32)
    n_bands, n_knots = len(noise), KNOTS_PER_FRAME + 1
    turns = noise.shape[1] - n_knots
    common, knots = np.zeros((n_bands, n_knots), np.float32), np.ones(n_knots, np.float32)
    # Where in the knots each stretch of samples begins, and the last one ends.
    n_edges = (count + _STRETCH - 1) // _STRETCH + 1
    edge, beyond = np.zeros(n_edges, np.int64), np.zeros(n_edges, np.float32)
    for i in range(n_edges):
        at = min((first + min(i * _STRETCH, count)) / span, 1.0) * KNOTS_PER_FRAME
        edge[i] = min(int(at), KNOTS_PER_FRAME - 1)
        beyond[i] = at - edge[i]
    n_heads, n_partials = level.shape[1], level.shape[2]
    for j in range(len(rows)):
        v = rows[j]
        loudest = np.float32(0.0)
        for h in range(n_heads):
            for p in range(n_partials):
                loudest = max(loudest, level[v, h, p], to_level[v, h, p])
        floor = max(least[0] * loudest, least[1])
        bend = (to_pitch[v] - pitch[v]) / span / 2
        whole = (pitch[v] + to_pitch[v]) / 2 * span
        if len(own):
            begins = (place + starts[v]) % turns
            for k in range(n_bands):
                for s in range(n_knots):
                    common[k, s] = noise[k, begins + s]
        for p in range(n_partials):
            loud = np.float32(0.0)
            if loudest > floor:
                for h in range(n_heads):
                    loud = max(loud, level[v, h, p], to_level[v, h, p])
            if loud > floor:
                shimmers = p < len(own)
                if shimmers:
                    begins = (place + starts[v] + (p + 1) * PLACE_STRIDE) % turns
                    knots[:] = _ONE
                    for k in range(n_bands):
                        alone, along = own[p, k], shared[p, k]
                        if alone + along > _ZERO:
                            for s in range(n_knots):
                                knots[s] += alone * noise[k, begins + s] + along * common[k, s]
                    for s in range(n_knots):
                        knots[s] = max(knots[s * moving], _ZERO)
                for start in range(0, count, _STRETCH):
                    n = min(_STRETCH, count - start)
                    t = first + start
                    c = cycles[v, p] + turn[p] * t * (pitch[v] + bend * t) + stray[v, p] / span * t
                    phase = np.float32(c - math.floor(c + 0.5))
                    speed = np.float32(turn[p] * (pitch[v] + 2 * bend * t) + stray[v, p] / span)
                    faster = np.float32(turn[p] * bend)
                    if shimmers:
                        k, m = edge[start // _STRETCH], edge[start // _STRETCH + 1]
                        here = knots[k] + (knots[k + 1] - knots[k]) * beyond[start // _STRETCH]
                        there = knots[m] + (knots[m + 1] - knots[m]) * beyond[start // _STRETCH + 1]
                    for i in range(n):
                        x = phase + steps[i] * (speed + faster * steps[i])
                        x -= np.floor(x + _HALF)
                        y = x * x
                        wave[i] = C0 + y * (C1 + y * (C2 + y * (C3 + y * (C4 + y * (C5 + y * C6)))))
                    for h in range(n_heads):
                        rise = (to_level[v, h, p] - level[v, h, p]) / span
                        gain, slope = np.float32(level[v, h, p] + rise * t), np.float32(rise)
                        if shimmers:
                            end = (gain + slope * np.float32(n)) * there
                            gain *= here
                            slope = np.float32((end - gain) / np.float32(n))
                        head = out[h, begin + start : begin + start + n]
                        for i in range(n):
                            head[i] += (gain + slope * steps[i]) * wave[i]
            c = cycles[v, p] + turn[p] * whole + stray[v, p]
            cycles[v, p] = c - math.floor(c)


def _envelope(logs, hz, n_known, ratio, roll_off, out):  # type: ignore[no-untyped-def]
    """log amplitudes `logs` (A, B, K) at hz[:K], read at hz · ratio by straight lines → out (A, B, P); beyond the last
    known one they fall by `roll_off` nepers per octave."""
    for v in range(len(ratio)):
        k = 0
        for p in range(len(hz)):
            target = hz[p] * ratio[v]
            while k < n_known - 2 and hz[k + 1] <= target:
                k += 1
            if target >= hz[n_known - 1]:
                fall = roll_off * math.log2(target / hz[n_known - 1])
                for h in range(logs.shape[1]):
                    out[v, h, p] = logs[v, h, n_known - 1] - fall
            elif target <= hz[0]:
                for h in range(logs.shape[1]):
                    out[v, h, p] = logs[v, h, 0]
            else:
                share = (target - hz[k]) / (hz[k + 1] - hz[k])
                for h in range(logs.shape[1]):
                    out[v, h, p] = logs[v, h, k] + share * (logs[v, h, k + 1] - logs[v, h, k])


def _follow(amplitudes, which, gains, turns, memory, mean, swing, most, quietest):  # type: ignore[no-untyped-def]
    """Let the partials `which` (S,) of amplitudes (A, B, P) follow a vibrato, in place: turns (A, 3) are its sine, its
    cosine and its depth, gains (2, S) what goes with each, memory (A, 3, B, S) mean and swing of the log amplitude.
    What moves by more than `most` from its mean is another sound."""
    for v in range(len(amplitudes)):
        sine, cosine, depth = np.float32(turns[v, 0]), np.float32(turns[v, 1]), np.float32(turns[v, 2])
        for h in range(amplitudes.shape[1]):
            for i in range(len(which)):
                log = np.float32(math.log(max(amplitudes[v, h, which[i]], quietest)))
                off = log - memory[v, 0, h, i]
                if abs(off) > most:
                    off = _ZERO
                    memory[v, 0, h, i] = log
                else:
                    memory[v, 0, h, i] += mean * off
                # Both sides of the swing, as a lock-in amplifier finds them.
                memory[v, 1, h, i] += swing * (off * sine + off * sine - memory[v, 1, h, i])
                memory[v, 2, h, i] += swing * (off * cosine + off * cosine - memory[v, 2, h, i])
                own = memory[v, 1, h, i] * sine + memory[v, 2, h, i] * cosine
                wanted = depth * (gains[0, i] * sine + gains[1, i] * cosine)
                amplitudes[v, h, which[i]] *= np.float32(math.exp(wanted - own))


class Kernels(NamedTuple):
    play: Callable[..., None]
    envelope: Callable[..., None]
    follow: Callable[..., None]


@lru_cache(maxsize=1)
def kernels() -> Kernels:
    """Compiled, or read from where an earlier process left them."""
    play = compiled(
        "void(f4[:,::1], i8, i8, f8, f8, i8[::1], f8[:,::1], f8[::1], f8[::1], f8[::1], f4[:,:,::1], f4[:,:,::1],"
        " f8[:,::1], f8[::1], f4[:,::1], i8, i8[::1], i8, f4[:,::1], f4[:,::1])",
        _play,
        contract=True,
    )
    envelope = compiled("void(f4[:,:,::1], f8[::1], i8, f8[::1], f8, f4[:,:,::1])", _envelope, contract=True)
    follow = compiled("void(f4[:,:,::1], i8[::1], f4[:,::1], f8[:,::1], f4[:,:,:,::1], f4, f4, f4, f4)", _follow)
    return Kernels(play, envelope, follow)
