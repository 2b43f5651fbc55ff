"""Many steps of the live rule as one differentiable function.

Perception is linear, so it folds into the first layer (as in `synth.stepper`); what is left per step is one gather of
shifted cells, two matrix products and, backwards, their transposes. The gather is an index_select of whole 16-channel
rows and its adjoint an embedding bag. Everything a backward pass needs is kept in buffers that live as long as the
training; two thirds of the time are matrix products.

Axes: `B` batch, `M` mel bands, `T` frames, `C` channels, `K` weather fields, `H` hidden, `S` steps, `N` = B·M·T cells,
`P` = N/2 pairs of cells. Grids are (B, M, T, C) here: the memory order of a channels-last (B, C, M, T).
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.tnca import CHANNELS, LiveRule

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
    """Index tables and step buffers for rollouts of one shape; its batch must be even."""

    def __init__(
        self,
        rule: LiveRule,
        shape: tuple[int, int, int],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        B, M, T = shape
        if B % 2:
            raise ValueError(f"a batch of {B} cannot be split in pairs")
        self.shape, self.channels, self.dtype = shape, rule.channels, dtype
        self.n_cells, self.n_pairs = B * M * T, B * M * T // 2
        N, P = self.n_cells, self.n_pairs
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
        self._readers = shifted.argsort(stable=True).int().to(device)
        self._reading_pair = (self._readers // self.n_shifts).to(device)
        first = (counts.cumsum(0) - counts).int()
        self._first_reader = torch.cat([first, first + len(shifted)]).to(device)
        self._table = torch.zeros(2 * N + M, self.channels, dtype=dtype, device=device)
        ones = torch.ones(M, 1, device=device)
        place = torch.cat([rule.position.to(device), ones], dim=1)
        self._table[2 * N :, : place.shape[1]] = place
        self._inputs: list[Tensor] = []
        self._hidden: list[Tensor] = []
        self._slots = torch.zeros(P * self.n_shifts + 1, self.channels, dtype=dtype, device=device)

    def blow(self, weather: Tensor) -> None:
        """Let `weather` (B, M, T, K) be what is gathered from now on."""
        self._table[self.n_cells : 2 * self.n_cells, : weather.shape[-1]].copy_(weather.view(self.n_cells, -1))

    def gather(self, step: int, state: Tensor, second: Tensor) -> Tensor:
        """Neighbourhood, weather and place of each pair's active cell, (P, 11C), in the buffer of `step`; `second`
        (P,) is 1 where that is the one in the second half of the batch."""
        self._table[: self.n_cells].copy_(state)
        where = (self._gather + second[:, None] * self._to_partner).view(-1)
        if step == len(self._inputs):
            self._inputs.append(self._table.new_empty(len(where), self.channels))
        torch.index_select(self._table, 0, where, out=self._inputs[step])
        return self.inputs(step)

    def inputs(self, step: int) -> Tensor:
        """What `gather` left for `step`."""
        return self._inputs[step].view(self.n_pairs, -1)

    def hidden(self, step: int, width: int) -> Tensor:
        """Buffer for the hidden layer of `step`, (P, H)."""
        if step == len(self._hidden):
            self._hidden.append(self._table.new_empty(self.n_pairs, width))
        return self._hidden[step]

    def scatter(self, d_hidden: Tensor, shifts: Tensor, second: Tensor) -> Tensor:
        """Sum of what each cell's readers send back, (P, H) @ (H, 9C) → (N, C)."""
        torch.mm(d_hidden, shifts, out=self._slots[:-1].view(self.n_pairs, -1))
        in_second = second.bool().index_select(0, self._reading_pair)
        silent = len(self._slots) - 1
        heard = [self._readers.masked_fill(in_second, silent), self._readers.masked_fill(~in_second, silent)]
        return F.embedding_bag(torch.cat(heard), self._slots, self._first_reader, mode="sum")


@dataclass(frozen=True)
class Drive:
    """What the world does to a batch during a rollout."""

    weather: Tensor
    """(ceil(S / WEATHER_EVERY), B, M, T, K) in the tape's dtype."""
    second: Tensor
    """(S, P) int32. In training a cell and its counterpart in the other half of the batch update in turns, one of the
    two at each step, so that exactly half the cells are computed; within a culture the coins are independent."""


class _Rollout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, grid: Tensor, first: Tensor, last: Tensor, tape: Tape, drive: Drive) -> tuple[Tensor, Tensor]:
        first, last = first.to(tape.dtype), last.to(tape.dtype)
        state = grid.detach().clone().view(tape.n_cells, tape.channels)
        halves = state.view(2, tape.n_pairs, tape.channels)
        beyond = []
        for i, second in enumerate(drive.second):
            if i % OVERFLOW_EVERY == 0:
                beyond.append(_beyond(state))
            if i % WEATHER_EVERY == 0:
                tape.blow(drive.weather[i // WEATHER_EVERY])
            x = tape.gather(i, state, second)
            hidden = torch.mm(x, first.t(), out=tape.hidden(i, len(first))).relu_()
            update = (hidden @ last.t()).to(state.dtype)
            halves.addcmul_(update, torch.stack([1 - second, second])[:, :, None].to(state.dtype))
        beyond.append(_beyond(state))
        ctx.save_for_backward(first, last)
        ctx.tape, ctx.drive, ctx.beyond = tape, drive, [b.sign() for b in beyond]
        return state.view_as(grid), torch.stack([b.abs().mean() for b in beyond]).mean()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        d_grid, d_overflow = grads
        first, last = ctx.saved_tensors
        tape, drive, beyond = ctx.tape, ctx.drive, ctx.beyond
        C, n_steps = tape.channels, len(drive.second)
        shifts = first[:, : tape.n_shifts * C].contiguous()
        per_cell = d_overflow / (len(beyond) * d_grid.numel())
        d_state = d_grid.reshape(-1, C) + beyond.pop() * per_cell
        halves = d_state.view(2, tape.n_pairs, C)
        d_first = torch.zeros_like(first, dtype=torch.float32)
        d_last = torch.zeros_like(last, dtype=torch.float32)
        for i in reversed(range(n_steps)):
            second = drive.second[i]
            x, hidden = tape.inputs(i), tape.hidden(i, len(first))
            d_update = torch.where(second.bool()[:, None], halves[1], halves[0]).to(tape.dtype)
            d_last += d_update.t() @ hidden
            d_hidden = torch.ops.aten.threshold_backward(d_update @ last, hidden, 0)
            d_first += d_hidden.t() @ x
            d_state += tape.scatter(d_hidden, shifts, second)
            if i % OVERFLOW_EVERY == 0:
                d_state += beyond.pop() * per_cell
        return d_state.view_as(d_grid), d_first, d_last, None, None


def _beyond(state: Tensor) -> Tensor:
    return state - state.clamp(-OVERFLOW_LIMIT, OVERFLOW_LIMIT)


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
