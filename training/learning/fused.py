"""Many steps of the live rule as one differentiable function.

Perception is linear, so it folds into the first layer (as in `synth.automaton.stepper`); what is left per step is one
gather of shifted cells, two matrix products and, backwards, their transposes. The gather is an index_select of whole
16-channel rows and its adjoint an embedding bag. Everything a backward pass needs is kept in buffers that live as
long as the training, so that on a GPU the rollouts of each number of steps are captured once and replayed (`replay`);
two thirds of the time of a CPU are matrix products.

Axes: `B` batch, `M` mel bands, `T` frames, `C` channels, `K` weather fields, `H` hidden, `S` steps, `N` = B·M·T cells,
`P` = N/2 pairs of cells. Grids are (B, M, T, C) here: the memory order of a channels-last (B, C, M, T).
"""

import math
import time
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule, folded_perception
from training.learning.replay import Capture, Replay

OVERFLOW_LIMIT = 1.5
OVERFLOW_EVERY = 8
WEATHER_EVERY = 4
"""Weather turns within 90 steps; in training it stands still for four, which makes it four times as cheap."""
_PROBE_ROWS = 10_240


def fold(rule: LiveRule) -> tuple[Tensor, Tensor]:
    """Both layers of `rule` as matrices over gathered cells: (H, 9C) and (C, H), differentiable in its parameters.

    Columns: centre, above, below, past and future per dilation, weather (padded to C), position and bias (padded).
    """
    C = rule.channels
    assert rule.sense.bias is not None
    weather = F.pad(rule.climate.weight[:, :, 0, 0], (0, C - rule.n_weather))
    place = torch.cat([rule.place.weight, rule.sense.bias[:, None]], dim=1)
    place = F.pad(place, (0, C - place.shape[1]))
    return torch.cat([folded_perception(rule), weather, place], dim=1), rule.act.weight[:, :, 0, 0]


@dataclass(frozen=True)
class Drive:
    """What the world does to a batch during a rollout."""

    weather: Tensor
    """(ceil(S / WEATHER_EVERY), B, M, T, K) in the tape's dtype."""
    second: Tensor
    """(S, P) int32. In training a cell and its counterpart in the other half of the batch update in turns, one of the
    two at each step, so that exactly half the cells are computed; within a culture the coins are independent."""


class Tape:
    """Index tables and buffers for rollouts of one shape; its batch must be even.

    `forward` and `backward` are whole rollouts as pieces of work for `replay`: all they touch is in the tape's buffers,
    which `reserve` makes and nothing moves.
    """

    def __init__(
        self,
        rule: LiveRule,
        shape: tuple[int, int, int],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        capture: Capture | None = None,
    ) -> None:
        B, M, T = shape
        if B % 2:
            raise ValueError(f"a batch of {B} cannot be split in pairs")
        self.shape, self.channels, self.dtype = shape, rule.channels, dtype
        self.n_cells, self.n_pairs = B * M * T, B * M * T // 2
        self.run = Replay(capture)
        self._tables(rule, torch.device(device))
        self._buffers(rule.sense.out_channels, torch.device(device))

    def _tables(self, rule: LiveRule, device: torch.device) -> None:
        (B, M, T), N, P = self.shape, self.n_cells, self.n_pairs
        cell = torch.arange(P).view(B // 2, M, T)
        row = torch.arange(M)
        sources = [cell, cell[:, (row + 1).clamp(max=M - 1)], cell[:, (row - 1).clamp(min=0)]]
        for d in rule.dilations:
            sources += [cell.roll(d, 2), cell.roll(-d, 2)]
        self.n_shifts = len(sources)
        shifted = torch.stack(sources, dim=-1).view(-1)
        sources += [cell + N, (2 * N + row)[None, :, None].expand(B // 2, M, T)]
        self._gather = torch.stack(sources, dim=-1).view(P, -1).int().to(device)
        # From a cell to what its partner in the other half of the batch reads; both read the same places.
        self._to_partner = torch.tensor([P] * (self.n_shifts + 1) + [0], dtype=torch.int32, device=device)
        # The adjoint of the gather: for each cell, the (pair, shift) slots that read it.
        counts = shifted.bincount(minlength=P)
        readers = shifted.argsort(stable=True).int()
        self._reading_pair = (readers // self.n_shifts).to(device)
        # Counted from the slot behind all others, which stays silent: what is not read is 0 times the way to its own.
        self._readers = (readers - len(shifted)).to(device)
        self._heard = torch.zeros(2, len(shifted), dtype=torch.int32, device=device)
        self._pair = torch.arange(P, dtype=torch.int32, device=device)
        first = (counts.cumsum(0) - counts).int()
        self._first_reader = torch.cat([first, first + len(shifted)]).to(device)
        self._table = torch.zeros(2 * N + M, self.channels, dtype=self.dtype, device=device)
        place = torch.cat([rule.position, torch.ones(M, 1)], dim=1)
        self._table[2 * N :, : place.shape[1]] = place.to(device)

    def _buffers(self, hidden: int, device: torch.device) -> None:
        N, P, C = self.n_cells, self.n_pairs, self.channels
        exact = torch.promote_types(self.dtype, torch.float32)

        def room(*size: int, dtype: torch.dtype = exact) -> Tensor:
            return torch.zeros(size, dtype=dtype, device=device)

        self.start, self.state, self.overflow = room(N, C), room(N, C), room()
        self.first, self.last = (
            room(hidden, self._gather.shape[1] * C, dtype=self.dtype),
            room(C, hidden, dtype=self.dtype),
        )
        self.d_final, self.d_state, self.d_overflow = room(N, C), room(N, C), room()
        self.d_first, self.d_last = (torch.zeros_like(w, dtype=torch.float32) for w in (self.first, self.last))
        self._where = torch.zeros_like(self._gather)
        self._update, self._turn = room(P, C, dtype=self.dtype), room(2, P, 1)
        self._slots = room(P * self.n_shifts + 1, C, dtype=self.dtype)
        # Of every step: what it read, its hidden layer, whose turn it was; of every few: the weather, what was beyond.
        self._inputs: list[Tensor] = []
        self._hidden: list[Tensor] = []
        self._second: list[Tensor] = []
        self._weather: list[Tensor] = []
        self._beyond: list[Tensor] = [room(N, C)]

    def reserve(self, n_steps: int, n_fields: int) -> None:
        """Make the buffers of so many steps, if they are not there yet."""
        (B, M, T), P, like = self.shape, self.n_pairs, self._table
        for i in range(len(self._second), n_steps):
            self._inputs.append(like.new_zeros(self._gather.numel(), self.channels))
            self._hidden.append(like.new_zeros(P, len(self.first)))
            self._second.append(torch.zeros(P, dtype=torch.int32, device=like.device))
            if i % WEATHER_EVERY == 0:
                self._weather.append(like.new_zeros(B * M * T, n_fields))
            if i % OVERFLOW_EVERY == 0:
                self._beyond.append(torch.zeros_like(self.state))

    def load(self, grid: Tensor, first: Tensor, last: Tensor, drive: Drive) -> int:
        """Put a rollout's beginning where `forward` looks for it; returns its number of steps."""
        n_steps = len(drive.second)
        self.reserve(n_steps, drive.weather.shape[-1])
        self.start.copy_(grid.detach().reshape(self.n_cells, -1))
        self.first.copy_(first)
        self.last.copy_(last)
        for room, second in zip(self._second, drive.second, strict=False):
            room.copy_(second)
        for room, weather in zip(self._weather, drive.weather, strict=False):
            room.copy_(weather.view(self.n_cells, -1))
        return n_steps

    def forward(self, n_steps: int) -> None:
        """From `start` through `n_steps` to `state` and `overflow`."""
        self.state.copy_(self.start)
        self.overflow.zero_()
        halves = self.state.view(2, self.n_pairs, -1)
        for i in range(n_steps):
            if i % OVERFLOW_EVERY == 0:
                self._look_beyond(i // OVERFLOW_EVERY)
            if i % WEATHER_EVERY == 0:
                weather = self._weather[i // WEATHER_EVERY]
                self._table[self.n_cells : 2 * self.n_cells, : weather.shape[1]].copy_(weather)
            hidden = torch.mm(self._read(i), self.first.t(), out=self._hidden[i]).relu_()
            torch.mm(hidden, self.last.t(), out=self._update)
            self._turn[1].copy_(self._second[i][:, None])
            torch.sub(1, self._turn[1], out=self._turn[0])
            halves.addcmul_(self._update.to(self.state.dtype), self._turn)
        self._look_beyond(_looks(n_steps) - 1)
        self.overflow /= _looks(n_steps)

    def backward(self, n_steps: int) -> None:
        """From `d_final` and `d_overflow` back to `d_state`, which is then of `start`, and `d_first`, `d_last`."""
        shifts = self.first[:, : self.n_shifts * self.channels].contiguous()
        per_cell = self.d_overflow / (_looks(n_steps) * self.state.numel())
        d_state = self.d_state
        d_state.copy_(self.d_final).addcmul_(self._beyond[_looks(n_steps) - 1], per_cell)
        self.d_first.zero_()
        self.d_last.zero_()
        for i in reversed(range(n_steps)):
            second, hidden = self._second[i], self._hidden[i]
            d_update = d_state.index_select(0, second * self.n_pairs + self._pair).to(self.dtype)
            self.d_last += d_update.t() @ hidden
            d_hidden = torch.ops.aten.threshold_backward(d_update @ self.last, hidden, 0)
            self.d_first += d_hidden.t() @ self._inputs[i].view(self.n_pairs, -1)
            d_state += self._scatter(d_hidden, shifts, second)
            if i % OVERFLOW_EVERY == 0:
                d_state.addcmul_(self._beyond[i // OVERFLOW_EVERY], per_cell)

    def _look_beyond(self, look: int) -> None:
        """Add the mean overflow to the others, and keep on which side each cell was beyond."""
        beyond = self._beyond[look]
        torch.clamp(self.state, -OVERFLOW_LIMIT, OVERFLOW_LIMIT, out=beyond)
        torch.sub(self.state, beyond, out=beyond)
        self.overflow += beyond.abs().mean()
        beyond.sign_()

    def _read(self, step: int) -> Tensor:
        """Neighbourhood, weather and place of each pair's active cell, (P, 11C)."""
        self._table[: self.n_cells].copy_(self.state)
        torch.mul(self._second[step][:, None], self._to_partner, out=self._where).add_(self._gather)
        torch.index_select(self._table, 0, self._where.view(-1), out=self._inputs[step])
        return self._inputs[step].view(self.n_pairs, -1)

    def _scatter(self, d_hidden: Tensor, shifts: Tensor, second: Tensor) -> Tensor:
        """Sum of what each cell's readers send back, (P, H) @ (H, 9C) → (N, C)."""
        torch.mm(d_hidden, shifts, out=self._slots[:-1].view(self.n_pairs, -1))
        # By products of integers: filling where a mask is true takes ten times as long.
        torch.mul(self._readers, second.index_select(0, self._reading_pair), out=self._heard[1])
        torch.sub(self._readers, self._heard[1], out=self._heard[0])
        self._heard += len(self._slots) - 1
        return F.embedding_bag(self._heard.view(-1), self._slots, self._first_reader, mode="sum")


def _looks(n_steps: int) -> int:
    """How often a rollout looks for overflow: before every eighth step and at the end."""
    return math.ceil(n_steps / OVERFLOW_EVERY) + 1


class _Rollout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, grid: Tensor, first: Tensor, last: Tensor, tape: Tape, drive: Drive) -> tuple[Tensor, Tensor]:
        n_steps = tape.load(grid, first, last, drive)
        tape.run(("forward", n_steps), partial(tape.forward, n_steps))
        ctx.tape, ctx.n_steps = tape, n_steps
        return tape.state.clone().view_as(grid), tape.overflow.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        tape, n_steps = ctx.tape, ctx.n_steps
        d_grid, d_overflow = grads
        tape.d_final.copy_(d_grid.reshape(tape.n_cells, -1))
        tape.d_overflow.copy_(d_overflow)
        tape.run(("backward", n_steps), partial(tape.backward, n_steps))
        return tape.d_state.clone().view_as(d_grid), tape.d_first.clone(), tape.d_last.clone(), None, None


def rollout(rule: LiveRule, grid: Tensor, tape: Tape, drive: Drive) -> tuple[Tensor, Tensor]:
    """`grid` (B, M, T, C) after all steps of `drive`, and the mean overflow |x − clamp(x, ±1.5)| on the way.

    Only one rollout of a tape can await its backward pass.
    """
    first, last = fold(rule)
    final, overflow = _Rollout.apply(grid, first, last, tape, drive)  # type: ignore[no-untyped-call]
    return final, overflow


def product_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where matrix products in it are fast: GPUs, and CPUs where that was measured; else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    return torch.bfloat16 if device.type == "cpu" and _bfloat16_pays() else torch.float32


@lru_cache(maxsize=1)
def _bfloat16_pays() -> bool:
    """Whether this CPU is at least 1.3 times as fast in bfloat16; takes 0.05 s, once.

    To have the instructions is not enough: an AMD EPYC is five times as fast with them, an Intel Xeon whose AMX is
    hidden from its guests takes twice as long (4.2 against 2.1 ms for the product below).
    """
    if not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return False
    best = {}
    for dtype in (torch.float32, torch.bfloat16):
        cells, weights = torch.ones(_PROBE_ROWS, 11 * CHANNELS, dtype=dtype), torch.ones(11 * CHANNELS, 96, dtype=dtype)
        times = []
        for _ in range(4):
            began = time.perf_counter()
            torch.mm(cells, weights)
            times.append(time.perf_counter() - began)
        best[dtype] = min(times)
    return best[torch.float32] > 1.3 * best[torch.bfloat16]
