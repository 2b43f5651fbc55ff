"""The innermost loop of a convolution: a tile of sums that stays in registers."""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from synth.compiled.vectors import (
    HAS_32_REGISTERS,
    I64,
    LANES,
    VECTOR,
    fence,
    load,
    muladd,
    pointer,
    splat,
    store,
)

TILE_ROWS = 12 if HAS_32_REGISTERS else 6
"""Rows of a full tile: with two vectors across, its sums fill the registers."""
TILE_CHANNELS = 2 * LANES
_ROWS_IN_FLIGHT = 4


def tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """y[r] = start + residual[r] + Σ taps, channels x[r + tap] · w for `n_rows` rows and `n_vectors` vectors across."""

    @intrinsic
    def sums(typingctx, x, ldx, taps, tap_stride, n_in, w, w_tap, start, res, ld_res, y, ldy):  # type: ignore[no-untyped-def]
        def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
            x, ldx, taps, tap_stride, n_in, w, w_tap, start, res, ld_res, y, ldy = args
            sums = [[cgutils.alloca_once(b, VECTOR) for _ in range(n_vectors)] for _ in range(n_rows)]
            for v in range(n_vectors):
                first = load(b, start, I64(v * LANES))
                for r in range(n_rows):
                    at = b.add(b.mul(I64(r), ld_res), I64(v * LANES))
                    b.store(b.fadd(first, load(b, res, at)), sums[r][v])
            with cgutils.for_range(b, taps) as tap:
                row0 = pointer(b, x, b.mul(tap.index, tap_stride))
                rows = [b.gep(row0, [b.mul(I64(r), ldx)]) for r in range(n_rows)]
                weights = pointer(b, w, b.mul(tap.index, w_tap))
                with cgutils.for_range(b, n_in) as channel:
                    at = b.mul(channel.index, I64(TILE_CHANNELS))
                    across = [
                        b.load(b.bitcast(b.gep(weights, [b.add(at, I64(v * LANES))]), VECTOR.as_pointer()), align=4)
                        for v in range(n_vectors)
                    ]
                    for r in range(n_rows):
                        if r % _ROWS_IN_FLIGHT == 0:
                            fence(b)
                        value = splat(b, b.load(b.gep(rows[r], [channel.index])))
                        for v in range(n_vectors):
                            b.store(muladd(b, value, across[v], b.load(sums[r][v])), sums[r][v])
            for r in range(n_rows):
                for v in range(n_vectors):
                    store(b, b.load(sums[r][v]), y, b.add(b.mul(I64(r), ldy), I64(v * LANES)))
            return context.get_dummy_value()

        return types.void(*[types.int64] * 12), generate

    return sums  # type: ignore[no-any-return]
