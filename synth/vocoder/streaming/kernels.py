"""The compiled inner loops: convolutions and activations over rows of channels, in float32.

Rows are time, a row's channels lie side by side and are padded to whole vectors, so a convolution is a product of
shifted rows and nothing is gathered. The two innermost loops are written in LLVM's own terms, because a compiler left
to itself keeps no tile of sums in registers; numba carries LLVM, so no compiler is needed on the user's machine. All
addresses are byte addresses, all strides count floats.

Everything that is compiled stands in this one file: numba keeps compiled functions on the disk until their own file
changes, and one that was compiled with other kernels, or another width of vectors, would write where it must not.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

_F32, _I64 = ir.FloatType(), ir.IntType(64)
_FEATURES = llvm.get_host_cpu_features()
# 512-bit vectors only where the processor is known to like them: on Intel's latest servers a block takes 0.6 times as
# long with them as with 256 bits.
_LIKES_512 = ("znver4", "znver5", "sapphirerapids", "emeraldrapids", "graniterapids")
LANES = 16 if llvm.get_host_cpu_name().startswith(_LIKES_512) else 8 if _FEATURES.get("avx") else 4
_HAS_32_REGISTERS = bool(_FEATURES.get("avx512vl")) or LANES == 4
TILE_ROWS = 12 if _HAS_32_REGISTERS else 6
"""Rows of a full tile: with two vectors across, its sums fill the registers."""
TILE_CHANNELS = 2 * LANES
_ROWS_IN_FLIGHT = 4
_VEC = ir.VectorType(_F32, LANES)
# sin(π·√z)/√z for z = 0 … ¼, a Chebyshev fit: sin² to 1.4e-8.
_SINE = (3.14159264014, -5.16771008405, 2.55007752843, -0.598291299763, 0.0776576611628)
_ROUND = 12582912.0
"""1.5 · 2^23: adding and subtracting it rounds a float32 to the nearest whole number."""


def _pointer(b: Any, address: Any, offset: Any = None, kind: Any = _F32) -> Any:
    base = b.inttoptr(address, _F32.as_pointer())
    if offset is not None:
        base = b.gep(base, [offset])
    return base if kind is _F32 else b.bitcast(base, kind.as_pointer())


def _splat(b: Any, scalar: Any) -> Any:
    one = b.insert_element(ir.Constant(_VEC, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return b.shuffle_vector(one, ir.Constant(_VEC, ir.Undefined), lanes)


def _constant(value: float) -> Any:
    return ir.Constant(_VEC, [ir.Constant(_F32, float(np.float32(value)))] * LANES)


def _muladd(b: Any, x: Any, y: Any, z: Any) -> Any:
    function = cgutils.get_or_insert_function(b.module, ir.FunctionType(_VEC, [_VEC] * 3), f"llvm.fmuladd.v{LANES}f32")
    return b.call(function, [x, y, z])


def _fence(b: Any) -> None:
    """No load moves across: LLVM would fetch a whole tile's values ahead, run out of registers and spill the sums."""
    b.asm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", [], True)


def _tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """y[r] = start + residual[r] + Σ taps, channels x[r + tap] · w for `n_rows` rows and `n_vectors` vectors across."""

    @intrinsic
    def tile(typingctx, x, ldx, taps, tap_stride, n_in, w, w_tap, start, res, ld_res, y, ldy):  # type: ignore[no-untyped-def]
        def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
            x, ldx, taps, tap_stride, n_in, w, w_tap, start, res, ld_res, y, ldy = args
            sums = [[cgutils.alloca_once(b, _VEC) for _ in range(n_vectors)] for _ in range(n_rows)]
            for v in range(n_vectors):
                first = b.load(_pointer(b, start, _I64(v * LANES), _VEC), align=4)
                for r in range(n_rows):
                    at = b.add(b.mul(_I64(r), ld_res), _I64(v * LANES))
                    b.store(b.fadd(first, b.load(_pointer(b, res, at, _VEC), align=4)), sums[r][v])
            with cgutils.for_range(b, taps) as tap:
                row0 = _pointer(b, x, b.mul(tap.index, tap_stride))
                rows = [b.gep(row0, [b.mul(_I64(r), ldx)]) for r in range(n_rows)]
                weights = _pointer(b, w, b.mul(tap.index, w_tap))
                with cgutils.for_range(b, n_in) as channel:
                    at = b.mul(channel.index, _I64(TILE_CHANNELS))
                    across = [
                        b.load(b.bitcast(b.gep(weights, [b.add(at, _I64(v * LANES))]), _VEC.as_pointer()), align=4)
                        for v in range(n_vectors)
                    ]
                    for r in range(n_rows):
                        if r % _ROWS_IN_FLIGHT == 0:
                            _fence(b)
                        value = _splat(b, b.load(b.gep(rows[r], [channel.index])))
                        for v in range(n_vectors):
                            b.store(_muladd(b, value, across[v], b.load(sums[r][v])), sums[r][v])
            for r in range(n_rows):
                for v in range(n_vectors):
                    at = b.add(b.mul(_I64(r), ldy), _I64(v * LANES))
                    b.store(b.load(sums[r][v]), _pointer(b, y, at, _VEC), align=4)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 12), generate

    return tile  # type: ignore[no-any-return]


def _sine_squared(b: Any, t: Any) -> Any:
    turns = b.fmul(t, _constant(1 / np.pi))
    whole = b.fsub(b.fadd(turns, _constant(_ROUND)), _constant(_ROUND))
    z = b.fsub(turns, whole)
    z = b.fmul(z, z)
    # Beyond 2^22 turns rounding fails: bounded nonsense, not infinity.
    z = b.select(b.fcmp_ordered("<", z, _constant(0.25)), z, _constant(0.25))
    p = _constant(_SINE[-1])
    for c in reversed(_SINE[:-1]):
        p = _muladd(b, p, z, _constant(c))
    return b.fmul(b.fmul(p, p), z)


@intrinsic
def _activate(typingctx, x, ldx, n_rows, a, bs, up, down, y, ldy):  # type: ignore[no-untyped-def]
    """One vector of channels: `n_rows` rows out of `n_rows` + 10 in, everything between in registers."""

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        x, ldx, n_rows, a, bs, up, down, y, ldy = args
        a, bs = b.load(_pointer(b, a, None, _VEC), align=4), b.load(_pointer(b, bs, None, _VEC), align=4)
        up = [_splat(b, b.load(_pointer(b, up, _I64(i)))) for i in range(12)]
        down = [_splat(b, b.load(_pointer(b, down, _I64(i)))) for i in range(12)]
        past = [cgutils.alloca_once(b, _VEC) for _ in range(5)]
        bent = [[cgutils.alloca_once(b, _VEC) for _ in range(5)] for _ in range(2)]

        def double(row: Any) -> list[Any]:
            """Take in one more row; what the doubled rate has there, bent."""
            window = [*(b.load(p) for p in past), b.load(_pointer(b, x, b.mul(row, ldx), _VEC), align=4)]
            for p, value in zip(past, window[1:], strict=True):
                b.store(value, p)
            outs = []
            for phase in range(2):
                s = b.fmul(window[0], up[11 - phase])
                for i in range(1, 6):
                    s = _muladd(b, window[i], up[11 - phase - 2 * i], s)
                outs.append(_muladd(b, bs, _sine_squared(b, b.fmul(s, a)), s))
            return outs

        for i in range(5):
            b.store(b.load(_pointer(b, x, b.mul(_I64(i), ldx), _VEC), align=4), past[i])
        for i in range(5):
            for phase, value in enumerate(double(_I64(5 + i))):
                b.store(value, bent[phase][i])
        with cgutils.for_range(b, n_rows) as loop:
            new = double(b.add(loop.index, _I64(10)))
            total = None
            for phase in range(2):
                window = [*(b.load(p) for p in bent[phase]), new[phase]]
                for p, value in zip(bent[phase], window[1:], strict=True):
                    b.store(value, p)
                for i in range(6):
                    tap = down[2 * i + 1 - phase]
                    total = b.fmul(window[i], tap) if total is None else _muladd(b, window[i], tap, total)
            b.store(total, _pointer(b, y, b.mul(loop.index, ldy), _VEC), align=4)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 9), generate


_full_2, _full_1 = _tile(TILE_ROWS, 2), _tile(TILE_ROWS, 1)
_four_2, _four_1 = _tile(4, 2), _tile(4, 1)
_one_2, _one_1 = _tile(1, 2), _tile(1, 1)


@njit(nogil=True, cache=True)
def convolve(x, ldx, n_rows, taps, tap_stride, n_in, w, start, res, ld_res, y, ldy, n_out):  # type: ignore[no-untyped-def]
    """y[r] = start + res[r] + Σ x[r + tap] · w; w is packed by `pack_weight`, `n_out` a multiple of the lanes."""
    w_tap = n_in * TILE_CHANNELS
    for c in range(0, n_out, TILE_CHANNELS):
        wide = n_out - c > LANES
        panel = w + 4 * taps * n_in * c
        r = 0
        while r < n_rows:
            left = n_rows - r
            xr, yr, sr = x + 4 * r * ldx, y + 4 * (r * ldy + c), res + 4 * (r * ld_res + (c if ld_res else 0))
            if left >= TILE_ROWS:
                if wide:
                    _full_2(xr, ldx, taps, tap_stride, n_in, panel, w_tap, start + 4 * c, sr, ld_res, yr, ldy)
                else:
                    _full_1(xr, ldx, taps, tap_stride, n_in, panel, w_tap, start + 4 * c, sr, ld_res, yr, ldy)
                r += TILE_ROWS
            elif left >= 4:
                if wide:
                    _four_2(xr, ldx, taps, tap_stride, n_in, panel, w_tap, start + 4 * c, sr, ld_res, yr, ldy)
                else:
                    _four_1(xr, ldx, taps, tap_stride, n_in, panel, w_tap, start + 4 * c, sr, ld_res, yr, ldy)
                r += 4
            else:
                if wide:
                    _one_2(xr, ldx, taps, tap_stride, n_in, panel, w_tap, start + 4 * c, sr, ld_res, yr, ldy)
                else:
                    _one_1(xr, ldx, taps, tap_stride, n_in, panel, w_tap, start + 4 * c, sr, ld_res, yr, ldy)
                r += 1


@njit(nogil=True, cache=True)
def activate(x, ldx, n_rows, a, b, up, down, y, ldy, n_channels):  # type: ignore[no-untyped-def]
    """`n_rows` activated rows from `n_rows` + 10."""
    for c in range(0, n_channels, LANES):
        _activate(x + 4 * c, ldx, n_rows, a + 4 * c, b + 4 * c, up, down, y + 4 * c, ldy)


@intrinsic
def _arrive(typingctx, address):  # type: ignore[no-untyped-def]
    """Add one to a shared counter; what it was before."""

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        counter = b.inttoptr(args[0], ir.IntType(64).as_pointer())
        return b.atomic_rmw("add", counter, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(types.int64), generate


@intrinsic
def _count(typingctx, address):  # type: ignore[no-untyped-def]
    """A shared counter as it is now."""

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        counter = b.inttoptr(args[0], ir.IntType(64).as_pointer())
        return b.load_atomic(counter, "acquire", 8)

    return types.int64(types.int64), generate


@intrinsic
def _call(typingctx, address):  # type: ignore[no-untyped-def]
    """Call a C function without arguments."""

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        b.call(b.inttoptr(args[0], kind.as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic
def _floats(typingctx, address):  # type: ignore[no-untyped-def]
    """Nothing but the type: a pointer to float32."""

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        return b.inttoptr(args[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(types.int64), generate


@njit(nogil=True, cache=True)
def run(program, n_frames, counter, n_workers, give_way):  # type: ignore[no-untyped-def]
    """Do one worker's part of a block: each row of `program` holds a `machine.Operation`'s fields, its `Kind` first.

    `counter` is shared by all; `give_way` is the system's call to yield.
    """
    for i in range(program.shape[0]):
        kind, rate, x, ldx, taps, tap_stride, n_in, w, start, res, ld_res, down, y, ldy, n_out, share, shares = program[
            i
        ]
        # Whole groups of four rows, so that no split leaves single rows to the slow tile.
        fours = rate * n_frames // 4
        first, last = 4 * (fours * share // shares), 4 * (fours * (share + 1) // shares)
        if share == shares - 1:
            last = rate * n_frames
        x, y = x + 4 * first * ldx, y + 4 * first * ldy
        n = last - first
        if kind == 0:
            convolve(x, ldx, n, taps, tap_stride, n_in, w, start, res + 4 * first * ld_res, ld_res, y, ldy, n_out)
        elif kind == 1:
            activate(x, ldx, n, w, start, res, down, y, ldy, n_out)
        elif kind == 2:
            source, target = _floats(x), _floats(y)
            scale = np.float32(1.0) / np.float32(taps)
            for j in range(n * ldx):
                total = source[j]
                for k in range(1, taps):
                    total += source[j + k * tap_stride]
                target[j] = total * scale
        elif kind == 3:
            rows = _floats(x)
            gone = rate * n_frames * ldx
            for j in range(taps * ldx):
                rows[j] = rows[j + gone]
        else:
            until = (_arrive(counter) // n_workers + 1) * n_workers
            turns = 0
            while _count(counter) < until:
                turns += 1
                if turns % 256 == 0:
                    _call(give_way)
