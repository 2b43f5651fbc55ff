"""Many steps of the live rule as one differentiable function.

Perception is linear, so it folds into the first layer (as in `synth.stepper`); what is left per step is one gather of
shifted cells, two matrix products and, backwards, their transposes. The gather is an index_select of whole 16-channel
rows and its adjoint an embedding bag. Everything a backward pass needs is kept in buffers that live as long as the
training. Per step of 4 × 80 × 128 cells on two cores: 2.0 + 4.0 ms (bfloat16 products) against 13 + 30 ms for autograd
through `LiveRule.forward`.

Axes: `B` batch, `M` mel bands, `T` frames, `C` channels, `K` weather fields, `H` hidden, `S` steps, `N` = B·M·T cells.
Grids are (B, M, T, C) here: the memory order of a channels-last (B, C, M, T).
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.tnca import LiveRule

OVERFLOW_LIMIT = 1.5
OVERFLOW_EVERY = 8


def fold(rule: LiveRule) -> tuple[Tensor, Tensor]:
    """Both layers of `rule` as matrices over gathered cells: (H, 9C) and (C, H), differentiable in its parameters.

    Columns: centre, above, below, past and future per dilation, weather (padded to C), position and bias (padded).
    """
    C = rule.channels
    senses = torch.split(rule.sense.weight[:, :, 0, 0], C, dim=1)
    centre, d_f, d_ff = senses[:3]
    shifts = [centre - d_ff, (d_f + d_ff) / 2, (d_ff - d_f) / 2]
    for d_t, d_tt in zip(senses[3::2], senses[4::2], strict=True):
        shifts[0] = shifts[0] - d_tt
        shifts += [(d_tt - d_t) / 2, (d_t + d_tt) / 2]
    assert rule.sense.bias is not None
    weather = F.pad(rule.climate.weight[:, :, 0, 0], (0, C - rule.n_weather))
    place = torch.cat([rule.place.weight, rule.sense.bias[:, None]], dim=1)
    place = F.pad(place, (0, C - place.shape[1]))
    return torch.cat([*shifts, weather, place], dim=1), rule.act.weight[:, :, 0, 0]


class Tape:
    """Index tables and step buffers for rollouts of one shape."""

    def __init__(
        self,
        rule: LiveRule,
        shape: tuple[int, int, int],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        B, M, T = shape
        self.shape, self.channels, self.dtype = shape, rule.channels, dtype
        self.n_cells = N = B * M * T
        cell = torch.arange(N).view(B, M, T)
        row = torch.arange(M)
        sources = [cell, cell[:, (row + 1).clamp(max=M - 1)], cell[:, (row - 1).clamp(min=0)]]
        for d in rule.dilations:
            sources += [cell.roll(d, 2), cell.roll(-d, 2)]
        self.n_shifts = len(sources)
        shifted = torch.stack(sources, dim=-1).view(-1)
        sources += [cell + N, (2 * N + row)[None, :, None].expand(B, M, T)]
        self._gather = torch.stack(sources, dim=-1).view(N, -1).int().to(device)
        # The adjoint of the gather: for each cell, the (cell, shift) slots that read it.
        counts = shifted.bincount(minlength=N)
        self._readers = shifted.argsort(stable=True).to(device)
        self._first_reader = (counts.cumsum(0) - counts).to(device)
        self._table = torch.zeros(2 * N + M, self.channels, dtype=dtype, device=device)
        ones = torch.ones(M, 1, device=device)
        place = torch.cat([rule.position.to(device), ones], dim=1)
        self._table[2 * N :, : place.shape[1]] = place
        self._inputs: list[Tensor] = []
        self._hidden: list[Tensor] = []

    def gather(self, step: int, grid: Tensor, weather: Tensor, active: Tensor) -> Tensor:
        """Neighbourhood, weather and place of each active cell, (n, 9C), in the buffer of `step`."""
        N, C = self.n_cells, self.channels
        n_rows = len(active) * self._gather.shape[1]
        if step == len(self._inputs) or len(self._inputs[step]) < n_rows:
            self._inputs[step : step + 1] = [self._table.new_empty(n_rows, C)]
        self._table[:N].copy_(grid.view(N, C))
        self._table[N : 2 * N, : weather.shape[-1]].copy_(weather.view(N, -1))
        where = self._gather.index_select(0, active).view(-1)
        out = self._inputs[step][: len(where)]
        torch.index_select(self._table, 0, where, out=out)
        return out.view(len(active), -1)

    def inputs(self, step: int, n_active: int) -> Tensor:
        """What `gather` left for `step`."""
        width = self._gather.shape[1]
        return self._inputs[step][: n_active * width].view(n_active, -1)

    def hidden(self, step: int, n_active: int, width: int) -> Tensor:
        """Buffer for the hidden layer of `step`, (n, H)."""
        if step == len(self._hidden) or len(self._hidden[step]) < n_active:
            self._hidden[step : step + 1] = [self._table.new_empty(n_active, width)]
        return self._hidden[step][:n_active]

    def scatter(self, slots: Tensor) -> Tensor:
        """Sum of what each cell's readers send back, (N·7, C) → (N, C)."""
        return F.embedding_bag(self._readers, slots, self._first_reader, mode="sum")


@dataclass(frozen=True)
class Drive:
    """What the world does to a batch during a rollout."""

    weather: Tensor
    """(S, B, M, T, K) in the tape's dtype."""
    active: Tensor
    """(S, n) int32: per step the cells that update, then padding; oneDNN compiles a product anew for every n."""
    n_active: list[int]
    """Per step, how many of them are not padding."""
    rank: Tensor
    """(S, N) int32: a cell's place among the active, or n if it rests."""

    @staticmethod
    def from_mask(weather: Tensor, mask: Tensor) -> "Drive":
        """`mask` (S, N) bool is true where a cell updates, with even odds."""
        n_active, n_cells = mask.sum(dim=1).tolist(), mask.shape[1]
        likely = n_cells / 2 + 3 * math.sqrt(n_cells)  # six standard deviations
        width = max(min(n_cells, math.ceil(likely / 256) * 256), *n_active)
        order = mask.cumsum(dim=1) - 1
        rank = torch.where(mask, order, width)
        active = rank.new_zeros(len(mask), width + 1)
        active.scatter_(1, rank, torch.arange(n_cells, device=mask.device).expand_as(mask))
        return Drive(weather, active[:, :width].int(), n_active, rank.int())


class _Rollout(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, grid: Tensor, first: Tensor, second: Tensor, tape: Tape, drive: Drive
    ) -> tuple[Tensor, Tensor]:
        first, second = first.to(tape.dtype), second.to(tape.dtype)
        state = grid.detach().clone().view(tape.n_cells, tape.channels)
        beyond = []
        for i, active in enumerate(drive.active):
            if i % OVERFLOW_EVERY == 0:
                beyond.append(_beyond(state))
            x = tape.gather(i, state, drive.weather[i], active)
            hidden = torch.mm(x, first.t(), out=tape.hidden(i, len(active), len(first))).relu_()
            state.add_(_spread(hidden, second.t(), drive.rank[i]))
        beyond.append(_beyond(state))
        ctx.save_for_backward(first, second)
        ctx.tape, ctx.drive, ctx.beyond = tape, drive, [b.sign() for b in beyond]
        return state.view_as(grid), torch.stack([b.abs().mean() for b in beyond]).mean()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        d_grid, d_overflow = grads
        first, second = ctx.saved_tensors
        tape, drive, beyond = ctx.tape, ctx.drive, ctx.beyond
        C, n_steps = tape.channels, len(drive.active)
        shifts = first[:, : tape.n_shifts * C].contiguous()
        per_cell = d_overflow / (len(beyond) * d_grid.numel())
        d_state = d_grid.reshape(-1, C) + beyond.pop() * per_cell
        d_first = torch.zeros_like(first, dtype=torch.float32)
        d_second = torch.zeros_like(second, dtype=torch.float32)
        for i in reversed(range(n_steps)):
            active = drive.active[i]
            x, hidden = tape.inputs(i, len(active)), tape.hidden(i, len(active), len(first))
            d_update = d_state.index_select(0, active).to(tape.dtype)
            d_update[drive.n_active[i] :] = 0
            d_second += d_update.t() @ hidden
            d_hidden = torch.ops.aten.threshold_backward(d_update @ second, hidden, 0)
            d_first += d_hidden.t() @ x
            d_state += tape.scatter(_spread(d_hidden, shifts, drive.rank[i]).view(-1, C))
            if i % OVERFLOW_EVERY == 0:
                d_state += beyond.pop() * per_cell
        return d_state.view_as(d_grid), d_first, d_second, None, None


def _spread(rows: Tensor, weight: Tensor, rank: Tensor) -> Tensor:
    """rows @ weight, (n, ·), moved to the cells they belong to, (N, ·); zero for cells at rest."""
    product = rows.new_empty(len(rows) + 1, weight.shape[1])
    torch.mm(rows, weight, out=product[:-1])
    product[-1] = 0
    return product.index_select(0, rank)


def _beyond(state: Tensor) -> Tensor:
    return state - state.clamp(-OVERFLOW_LIMIT, OVERFLOW_LIMIT)


def rollout(rule: LiveRule, grid: Tensor, tape: Tape, drive: Drive) -> tuple[Tensor, Tensor]:
    """`grid` (B, M, T, C) after all steps of `drive`, and the mean overflow |x − clamp(x, ±1.5)| on the way.

    Only one rollout of a tape can await its backward pass.
    """
    first, second = fold(rule)
    final, overflow = _Rollout.apply(grid, first, second, tape, drive)  # type: ignore[no-untyped-call]
    return final, overflow


def product_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where matrix products in it are fast: GPUs, and CPUs with bfloat16 dot products; else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32
