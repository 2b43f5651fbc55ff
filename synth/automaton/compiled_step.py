"""A step of the live rule as one compiled loop over the cells that are awake, in float32.

Torch gathers what every cell perceives into a matrix and multiplies it: on an AMD EPYC 3.0 ms per step of 80 × 172
cells. Here nothing is gathered: a tile of cells reads its neighbours where they lie, keeps its sums in registers, and
8 tiles at a time stay in the cache from perception to update: 1.2 ms. Every sum is the same sequence of
multiply-adds as in torch's products of four rows or more, so the cells are the same to the bit.

Import this module where a culture is made and not before: numba takes half a second. Axes: `n` cells of one or more
grids, `C` channels, `S` neighbours that a cell perceives, `K` weather fields, `H` hidden, `M` mel bands, `T` frames.
Addresses are byte addresses, strides count floats.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray
from torch import Tensor

from synth.compiled import vectors
from synth.compiled.cache import compiled, stamp_of
from synth.compiled.vectors import (
    HAS_32_REGISTERS,
    HAS_FMA,
    I64,
    LANES,
    VECTOR,
    constant,
    fence,
    load,
    muladd,
    pointer,
    splat,
    store,
)

_ROWS = 8 if HAS_32_REGISTERS else 4
"""Cells of a tile: with three vectors across, its sums fill the registers."""
_ACROSS = 3
_PANEL = _ACROSS * LANES
"""Hidden values that are computed together; their weights stay in the first cache."""
_BATCH = 8 * _ROWS
_ROWS_IN_FLIGHT = 4
_CHANNELS = 16
WORTHWHILE = LANES >= 8 and HAS_FMA
"""Elsewhere torch is as fast, and rounds otherwise."""


def _address(b: Any, table: Any, index: Any) -> Any:
    return b.load(b.gep(b.inttoptr(table, I64.as_pointer()), [index]))


def _sums(
    b: Any, rows: Any, offsets: Any, n_offsets: Any, n_in: Any, w: Any, w_step: int, shape: tuple[int, int]
) -> Any:
    """Σ over offsets and inputs of x · w for each row and vector, as variables that LLVM keeps in registers."""
    sums = [[cgutils.alloca_once_value(b, constant(0.0)) for _ in range(shape[1])] for _ in range(shape[0])]
    weights = cgutils.alloca_once_value(b, w)
    starts = [_address(b, rows, I64(r)) for r in range(shape[0])]
    with cgutils.for_range(b, n_offsets) as neighbour:
        offset = _address(b, offsets, neighbour.index)
        inputs = [pointer(b, b.add(start, offset)) for start in starts]
        with cgutils.for_range(b, n_in) as channel:
            at = b.load(weights)
            across = [load(b, at, I64(v * LANES)) for v in range(shape[1])]
            b.store(b.add(at, I64(4 * w_step)), weights)
            for r, sums_of_row in enumerate(sums):
                if r % _ROWS_IN_FLIGHT == 0:
                    fence(b)
                value = splat(b, b.load(b.gep(inputs[r], [channel.index])))
                for vector, total in zip(across, sums_of_row, strict=True):
                    b.store(muladd(b, value, vector, b.load(total)), total)
    return sums


@intrinsic
def _sense(typingctx, rows, offsets, n_offsets, n_in, w, y, ldy, skies, n_sky, sky_step, climate, places):  # type: ignore[no-untyped-def]
    """y[r] = max(0, (place[r] + Σ neighbours, channels x · w) + Σ weather · climate) for a panel of a tile's cells.

    `rows`, `skies` and `places` are tables of a tile's addresses: its cells, their weather, what their row adds.
    """

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        rows, offsets, n_offsets, n_in, w, y, ldy, skies, n_sky, sky_step, climate, places = args
        sums = _sums(b, rows, offsets, n_offsets, n_in, w, _PANEL, (_ROWS, _ACROSS))
        nothing = constant(0.0)
        for r in range(_ROWS):
            pushes = [cgutils.alloca_once(b, VECTOR) for _ in range(_ACROSS)]
            for push in pushes:
                b.store(nothing, push)
            sky, place = _address(b, skies, I64(r)), _address(b, places, I64(r))
            with cgutils.for_range(b, n_sky) as field:
                value = splat(b, b.load(pointer(b, sky, b.mul(field.index, sky_step))))
                for v, push in enumerate(pushes):
                    at = b.add(b.mul(field.index, I64(_PANEL)), I64(v * LANES))
                    b.store(muladd(b, value, load(b, climate, at), b.load(push)), push)
            for v in range(_ACROSS):
                felt = b.fadd(load(b, place, I64(v * LANES)), b.load(sums[r][v]))
                felt = b.fadd(felt, b.load(pushes[v]))
                # What is not a number stays so, as in torch: a culture that is not well must show it.
                felt = b.select(b.fcmp_ordered("<", felt, nothing), nothing, felt)
                store(b, felt, y, b.add(b.mul(I64(r), ldy), I64(v * LANES)))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 12), generate


@intrinsic
def _act(typingctx, rows, offsets, n_hidden, w, y):  # type: ignore[no-untyped-def]
    """y[r] = Σ hidden · w for a tile's cells; `rows` is a table of addresses, `offsets` of one 0."""
    across = _CHANNELS // LANES

    def generate(context: Any, b: Any, signature: Any, args: Any) -> Any:
        rows, offsets, n_hidden, w, y = args
        sums = _sums(b, rows, offsets, I64(1), n_hidden, w, _CHANNELS, (_ROWS, across))
        for r in range(_ROWS):
            for v in range(across):
                store(b, b.load(sums[r][v]), y, I64(r * _CHANNELS + v * LANES))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@njit(nogil=True)
def _pad(padded, cells, M, T, reach):  # type: ignore[no-untyped-def]
    """Cells (M · T, C) with their loop continued at both ends in time and the outer rows repeated,
    ((M + 2) · (T + 2 · reach), C)."""
    W, C = T + 2 * reach, cells.shape[1]
    for m in range(M):
        to, start = (m + 1) * W, m * T
        for t in range(W):
            at = start + (t - reach + T) % T
            for c in range(C):
                padded[to + t, c] = cells[at, c]
    for i in range(W):
        for c in range(C):
            padded[i, c] = padded[W + i, c]
            padded[(M + 1) * W + i, c] = padded[M * W + i, c]


@njit(nogil=True)
def _step(  # type: ignore[no-untyped-def]
    cells, seen, weather, mask, padded, shape, at, row, offsets, row_bias, sense, climate, act, hidden, update, awake
):
    """Update cells (n, C), as `seen` (n, C) is perceived, where mask (n,) is not 0, scaled by it; weather (K, n).

    at, row (n,): each cell's place in `padded` and its mel row; offsets (S + 1,): 0, then bytes from a cell to those it
    perceives; weights in panels. hidden (batch, H), update (batch, C) and awake (n + rows of a tile,) are scratch.
    """
    M, T, reach = shape
    C, n_cells = cells.shape[1], mask.shape[0]
    room = (M + 2) * (T + 2 * reach)
    for grid in range(n_cells // (M * T)):
        _pad(padded[grid * room :], seen[grid * M * T :], M, T, reach)
    n = 0
    for i in range(n_cells):
        if mask[i] != 0:
            awake[n] = i
            n += 1
    n_tiled = -(-n // _ROWS) * _ROWS
    for i in range(n, n_tiled):
        # The last tile computes one cell several times, and it is changed once.
        awake[i] = awake[n - 1]
    rows, skies = np.empty(_BATCH, np.int64), np.empty(_BATCH, np.int64)
    places, lines = np.empty(_BATCH, np.int64), np.empty(_BATCH, np.int64)
    for r in range(_BATCH):
        lines[r] = hidden.ctypes.data + 4 * r * hidden.shape[1]
    none, neighbours = offsets.ctypes.data, offsets.ctypes.data + 8
    for start in range(0, n_tiled, _BATCH):
        count = min(_BATCH, n_tiled - start)
        for r in range(count):
            cell = awake[start + r]
            rows[r] = padded.ctypes.data + 4 * C * at[cell]
            skies[r] = weather.ctypes.data + 4 * cell
        for p in range(sense.shape[0]):
            w = sense.ctypes.data + 4 * p * sense.shape[1] * _PANEL
            pull = climate.ctypes.data + 4 * p * climate.shape[1] * _PANEL
            for r in range(count):
                places[r] = row_bias.ctypes.data + 4 * (row[awake[start + r]] * row_bias.shape[1] + p * _PANEL)
            for r in range(0, count, _ROWS):
                _sense(
                    rows.ctypes.data + 8 * r, neighbours, offsets.shape[0] - 1, C, w, lines[r] + 4 * p * _PANEL,
                    hidden.shape[1], skies.ctypes.data + 8 * r, weather.shape[0], n_cells, pull,
                    places.ctypes.data + 8 * r,
                )  # fmt: skip
        for r in range(0, count, _ROWS):
            _act(lines.ctypes.data + 8 * r, none, act.shape[0], act.ctypes.data, update.ctypes.data + 4 * C * r)
        for r in range(min(count, n - start)):
            cell = awake[start + r]
            for c in range(C):
                cells[cell, c] += update[r, c] * mask[cell]


_SIGNATURE = (
    "void(f4[:,::1], f4[:,::1], f4[:,::1], f4[::1], f4[:,::1], UniTuple(i8, 3), i8[::1], i8[::1], i8[::1], f4[:,::1],"
    " f4[:,:,::1], f4[:,:,::1], f4[:,::1], f4[:,::1], f4[:,::1], i8[::1])"
)


def _kept(stamp: int) -> Callable[..., None]:
    """The loop, kept on disk for this stamp."""

    def step(  # type: ignore[no-untyped-def]
        cells, seen, weather, mask, padded, shape, at, row, offsets, bias, sense, climate, act, hidden, update, awake
    ):
        _ = stamp  # what is not named is not enclosed
        _step(
            cells, seen, weather, mask, padded, shape, at, row, offsets, bias, sense, climate, act, hidden, update,
            awake,
        )  # fmt: skip

    return step


_run = compiled(_SIGNATURE, _kept(stamp_of(Path(__file__), Path(vectors.__file__))))


class CompiledStep:
    """Steps grids of one rule in place."""

    def __init__(self, tables: Sequence[Tensor], padded: Tensor, n_frames: int, reach: int) -> None:
        """`tables` as `update_awake` takes them, for all grids; `padded` (grids · (M + 2), W, C) is scratch."""
        sensed, row, row_bias, sense, climate, act = tables
        C, n = padded.shape[-1], len(sensed)
        assert C == _CHANNELS
        self._shape = len(row_bias), n_frames, reach
        shifts = (sensed[:1] - sensed[:1, :1]) * 4 * C
        bias = _in_panels(row_bias)
        self._arguments: tuple[NDArray[np.generic], ...] = tuple(
            array.contiguous().numpy()
            for array in (
                sensed[:, 0], row, torch.cat([shifts.new_zeros(1), shifts[0]]), bias.transpose(0, 1).flatten(1),
                _in_panels(sense), _in_panels(climate), act,
                torch.zeros(_BATCH, bias[:, 0].numel()), torch.zeros(_BATCH, C), row.new_zeros(n + _ROWS),
            )
        )  # fmt: skip
        self._padded = padded.view(-1, C).numpy()

    def step(self, cells: Tensor, weather: Tensor, mask: Tensor, seen: Tensor | None = None) -> None:
        """One step of cells (n, C), contiguous, of the first grids; weather (K, n), mask (n,) scales each update.

        `seen` (n, C) are the cells that are perceived, where these are others than those that change.
        """
        given = (x.float().contiguous().numpy() for x in (cells if seen is None else seen, weather, mask))
        _run(cells.numpy(), *given, self._padded, self._shape, *self._arguments)


def _in_panels(weights: Tensor) -> Tensor:
    """(inputs, H) → (panels, inputs, width), with zeros for what lacks in the last; torch's memory begins with a cache
    line, so that no vector lies across two."""
    n_inputs, n_hidden = weights.shape
    panels = -(-n_hidden // _PANEL)
    wide = weights.new_zeros(n_inputs, panels * _PANEL)
    wide[:, :n_hidden] = weights
    return wide.view(n_inputs, panels, _PANEL).transpose(0, 1).contiguous()
