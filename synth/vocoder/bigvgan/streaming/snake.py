"""The anti-aliased activation in one pass: to twice the rate, x + b·sin²(a·x), and back, all of it in registers."""

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from synth.compiled.vectors import (
    I64,
    VECTOR,
    constant,
    fence,
    load,
    muladd,
    pointer,
    prefetch,
    splat,
    store,
)

# sin(π·√z)/√z for z = 0 … ¼, a Chebyshev fit: sin² to 1.4e-8.
_SINE = (3.14159264014, -5.16771008405, 2.55007752843, -0.598291299763, 0.0776576611628)
_ROUND = 12582912.0
"""1.5 · 2^23: adding and subtracting it rounds a float32 to the nearest whole number."""

_ROWS_AHEAD = 16
"""How early a row is fetched: the processor foresees no stride as long as a row."""


def _sine_squared(b: Any, turns: Any) -> Any:
    """sin²(π · turns)."""
    whole = b.fsub(b.fadd(turns, constant(_ROUND)), constant(_ROUND))
    z = b.fsub(turns, whole)
    z = b.fmul(z, z)
    # Beyond 2^22 turns rounding fails: bounded nonsense, not infinity.
    z = b.select(b.fcmp_ordered("<", z, constant(0.25)), z, constant(0.25))
    p = constant(_SINE[-1])
    for c in reversed(_SINE[:-1]):
        p = muladd(b, p, z, constant(c))
    return b.fmul(b.fmul(p, p), z)


@intrinsic
def bend(typingctx, x, ldx, n_rows, a, bs, up, down, y, ldy):  # type: ignore[no-untyped-def]
    """One vector of channels: `n_rows` rows out of `n_rows` + 10 in.

    Each value is added at once to all sums it belongs to, and taps come from memory as they are needed: kept in
    registers they do not fit, and with rows that wait to be summed this took 1.2 to 1.5 times as long.
    """

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        x, ldx, n_rows, a, bs, up, down, y, ldy = args
        turns, bs = b.fmul(load(b, a), constant(1 / np.pi)), load(b, bs)
        doubled = [[cgutils.alloca_once(b, VECTOR) for _ in range(5)] for _ in range(2)]
        halved = [cgutils.alloca_once(b, VECTOR) for _ in range(5)]

        def taps_at(address: Any) -> list[Any]:
            return [splat(b, b.load(pointer(b, address, I64(i)))) for i in range(12)]

        def spread(sums: list[Any], values: list[Any], taps: list[list[Any]]) -> Any:
            """Add to the sums under way what `values` give them; the first, now complete, and the others move up."""
            totals = [*(b.load(s) for s in sums), None]
            for i, total in enumerate(totals):
                for value, own in zip(values, taps, strict=True):
                    total = b.fmul(value, own[i]) if total is None else muladd(b, value, own[i], total)
                totals[i] = total
            for s, total in zip(sums, totals[1:], strict=True):
                b.store(total, s)
            return totals[0]

        def double(row: Any) -> list[Any]:
            """Take in one more row; what the doubled rate has there, bent."""
            # Else the taps are fetched before the loop, and spilled.
            fence(b)
            value, taps = load(b, x, b.mul(row, ldx)), taps_at(up)
            outs = [spread(doubled[phase], [value], [taps[1 - phase :: 2]]) for phase in range(2)]
            return [muladd(b, bs, _sine_squared(b, b.fmul(s, turns)), s) for s in outs]

        def halve(values: list[Any]) -> Any:
            taps = taps_at(down)
            return spread(halved, values, [taps[::-1][phase::2] for phase in range(2)])

        for kept in (*doubled[0], *doubled[1], *halved):
            b.store(constant(0), kept)
        with cgutils.for_range(b, I64(5)) as loop:
            double(loop.index)
        with cgutils.for_range(b, I64(5)) as loop:
            halve(double(b.add(loop.index, I64(5))))
        with cgutils.for_range(b, n_rows) as loop:
            ahead = b.add(loop.index, I64(_ROWS_AHEAD))
            prefetch(b, x, b.mul(b.add(ahead, I64(10)), ldx))
            prefetch(b, y, b.mul(ahead, ldy), writes=True)
            store(b, halve(double(b.add(loop.index, I64(10)))), y, b.mul(loop.index, ldy))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 9), generate
