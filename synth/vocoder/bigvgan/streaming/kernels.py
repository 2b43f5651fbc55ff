"""The compiled work of a block: convolutions and activations over rows of channels, in float32.

Rows are time, a row's channels lie side by side and are padded to whole vectors, so a convolution is a product of
shifted rows and nothing is gathered. All addresses are byte addresses, all strides count floats.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from synth.compiled import vectors
from synth.compiled.cache import keep_compiled_code_apart, stamp_of
from synth.compiled.vectors import LANES
from synth.vocoder.bigvgan.streaming.fast_filter import FAST_ROWS, N_POINTS, into_points, out_of_points
from synth.vocoder.bigvgan.streaming.snake import bend
from synth.vocoder.bigvgan.streaming.tiles import TILE_CHANNELS, TILE_ROWS, tile

COMPILED_FROM = ("fast_filter", "kernels", "snake", "tiles")
"""The modules here whose text decides what is compiled, beside `vectors`."""
FAST_PART = 2 * TILE_ROWS
"""Tiles that a fast convolution takes through all its steps at once."""
_full_2, _full_1 = tile(TILE_ROWS, 2), tile(TILE_ROWS, 1)
_four_2, _four_1 = tile(4, 2), tile(4, 1)
_one_2, _one_1 = tile(1, 2), tile(1, 1)


@njit(nogil=True)
def convolve(x, ldx, n_rows, taps, tap_stride, n_in, w, start, res, ld_res, y, ldy, n_out):  # type: ignore[no-untyped-def]
    """y[r] = start + res[r] + Σ x[r + tap] · w; w lies in panels, `n_out` a multiple of the lanes."""
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


@njit(nogil=True)
def convolve_fast(x, ldx, n_rows, groups, n_in, w, start, res, ld_res, scratch, y, ldy, n_out):  # type: ignore[no-untyped-def]
    """What `convolve` makes of 4 · `groups` taps, for whole tiles of 4 rows; `scratch` has `fast_scratch` floats.

    The rows go by in parts, so that a part's values at the points stay in the cache and the weights are read seldom.
    """
    panels = -(-n_out // TILE_CHANNELS)
    room = FAST_PART + groups - 1
    nothing, v = scratch, scratch + 4 * panels * TILE_CHANNELS
    # An odd number of lines on: the rows that are made of it lie at even ones.
    m = v + 4 * N_POINTS * room * ldx + 64
    n_tiles = n_rows // FAST_ROWS
    for first in range(0, n_tiles, FAST_PART):
        tiles = min(FAST_PART, n_tiles - first)
        xt, yt, rt = x + 16 * first * ldx, y + 16 * first * ldy, res + 16 * first * ld_res
        for c in range(0, ldx, LANES):
            into_points(xt + 4 * c, ldx, tiles + groups - 1, v + 4 * c, ldx, room * ldx)
        for p in range(N_POINTS):
            vp, mp = v + 4 * p * room * ldx, m + 4 * p * FAST_PART * n_out
            wp = w + 4 * p * panels * TILE_CHANNELS * groups * n_in
            convolve(vp, ldx, tiles, groups, ldx, n_in, wp, nothing, nothing, 0, mp, n_out, n_out)
        for c in range(0, n_out, LANES):
            rc = rt + 4 * c if ld_res else rt
            out_of_points(m + 4 * c, n_out, FAST_PART * n_out, tiles, start + 4 * c, rc, ld_res, yt + 4 * c, ldy)


def fast_scratch(groups: int, width_in: int, width_out: int) -> int:
    """Floats, zeros at first, that `convolve_fast` needs to itself."""
    panels = -(-width_out // TILE_CHANNELS)
    return 16 + panels * TILE_CHANNELS + N_POINTS * ((FAST_PART + groups - 1) * width_in + FAST_PART * width_out)


@njit(nogil=True)
def activate(x, ldx, n_rows, a, b, up, down, y, ldy, n_channels):  # type: ignore[no-untyped-def]
    """`n_rows` activated rows from `n_rows` + 10."""
    for c in range(0, n_channels, LANES):
        bend(x + 4 * c, ldx, n_rows, a + 4 * c, b + 4 * c, up, down, y + 4 * c, ldy)


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


@njit(nogil=True)
def _run(program, n_frames, counter, n_workers, give_way):  # type: ignore[no-untyped-def]
    """Do one worker's part of a block: each row of `program` holds a `machine.Operation`'s fields, its `Kind` first.

    `counter` is shared by all; `give_way` is the system's call to yield.
    """
    for i in range(program.shape[0]):
        kind, rate, x, ldx, taps, tap_stride, n_in, w, start, res, ld_res, down, y, ldy, n_out = program[i, :15]
        share, shares = program[i, 15:]
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
            convolve_fast(x, ldx, n, taps, n_in, w, start, res + 4 * first * ld_res, ld_res, down, y, ldy, n_out)
        elif kind == 2:
            activate(x, ldx, n, w, start, res, down, y, ldy, n_out)
        elif kind == 3:
            source, target = _floats(x), _floats(y)
            scale = np.float32(1.0) / np.float32(taps)
            for j in range(n * ldx):
                total = source[j]
                for k in range(1, taps):
                    total += source[j + k * tap_stride]
                target[j] = total * scale
        elif kind == 4:
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


def _stamp() -> int:
    """Of the text of everything that is compiled here."""
    return stamp_of(Path(vectors.__file__), *(Path(__file__).with_name(f"{name}.py") for name in COMPILED_FROM))


def _kept_on_disk(stamp: int) -> Callable[..., None]:
    """numba asks only whether a function's own file has changed, and whether what it encloses has: a program kept from
    before a change of the loops, or of the width of vectors, would write where it must not."""

    @njit(nogil=True, cache=True)
    def run(program, n_frames, counter, n_workers, give_way):  # type: ignore[no-untyped-def]
        _ = stamp  # what is not named is not enclosed
        _run(program, n_frames, counter, n_workers, give_way)

    return run  # type: ignore[no-any-return]


keep_compiled_code_apart()
run = _kept_on_disk(_stamp())
