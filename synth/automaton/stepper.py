"""The live rule as it is played: fused for one culture, without autograd.

Perception is linear, so it folds into the first layer: a step gathers shifted copies of the grid, adds the weather,
and is two matrix products. Equals `LiveRule.forward` to rounding. Axes as in `tnca`.

Half the cells are asleep in every step: on a processor they are left out, 2.3 ms instead of 4.5 at 80 × 172, and in
float32 a loop of our own takes half of that (`compiled_step`). Elsewhere all are computed and the mask is applied
afterwards, because a captured graph wants the same shapes in every step.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.automaton.rules import CHANNELS, LiveRule, folded_perception
from synth.automaton.scripted import scripted
from synth.random_streams import Stream, coin_flips

if TYPE_CHECKING:
    from synth.automaton.compiled_step import CompiledStep


def pad(padded: Tensor, state: Tensor, reach: int) -> None:
    """The state with its loop continued at both ends in time and its outer rows repeated, (M + 2, W, C)."""
    T = state.shape[2]
    inner = padded[1:-1]
    inner[:, reach : reach + T].copy_(state.permute(1, 2, 0))
    inner[:, :reach].copy_(inner[:, T : T + reach])
    inner[:, reach + T :].copy_(inner[:, reach : 2 * reach])
    padded[0].copy_(padded[1])
    padded[-1].copy_(padded[-2])


def update_awake(
    cells: Tensor,
    weather: Tensor,
    mask: Tensor,
    padded: Tensor,
    sensed: Tensor,
    row: Tensor,
    row_bias: Tensor,
    sense: Tensor,
    climate: Tensor,
    act: Tensor,
) -> None:
    """Update `cells` (n, C) in place where `mask` (n,) is not 0, scaled by it; `weather` (K, n).

    Cell i perceives the rows `sensed[i]` of `padded` (…, C) and lies in mel row `row[i]`.
    """
    awake = mask.nonzero().squeeze(1)
    x = padded.index_select(0, sensed.index_select(0, awake).view(-1)).view(len(awake), len(sense))
    hidden = row_bias.index_select(0, row.index_select(0, awake)).addmm_(x, sense)
    push = weather.index_select(1, awake).t().to(x.dtype)
    hidden.addmm_(push, climate).relu_()
    update = torch.mm(hidden, act).to(cells.dtype).mul_(mask.index_select(0, awake)[:, None])
    cells.index_add_(0, awake, update)


@scripted
def _step_awake(
    state: Tensor,
    weather: Tensor,
    mask: Tensor,
    padded: Tensor,
    reach: int,
    sensed: Tensor,
    row: Tensor,
    row_bias: Tensor,
    sense: Tensor,
    climate: Tensor,
    act: Tensor,
) -> None:
    pad(padded, state, reach)
    C, M, T = state.shape
    channels_last = state.permute(1, 2, 0)
    cells = channels_last.reshape(-1, C)
    update_awake(
        cells, weather.reshape(len(weather), -1), mask.reshape(-1), padded.view(-1, C), sensed, row, row_bias, sense,
        climate, act,
    )  # fmt: skip
    if not channels_last.is_contiguous():
        # Then these were copies of the cells.
        state.copy_(cells.view(M, T, C).permute(2, 0, 1))


@scripted
def _step_both_awake(
    state: Tensor,
    weather: Tensor,
    mask: Tensor,
    second_weather: Tensor,
    second_mask: Tensor,
    padded: Tensor,
    reach: int,
    first_tables: tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
    second_tables: tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
) -> None:
    pad(padded, state, reach)
    C, M, T = state.shape
    channels_last = state.permute(1, 2, 0)
    cells = channels_last.reshape(-1, C)
    flat = padded.view(-1, C)
    sensed, row, row_bias, sense, climate, act = first_tables
    update_awake(
        cells, weather.reshape(len(weather), -1), mask.reshape(-1), flat, sensed, row, row_bias, sense, climate, act
    )
    # Both perceive `padded`, which the first one's update leaves as it was.
    sensed, row, row_bias, sense, climate, act = second_tables
    update_awake(
        cells, second_weather.reshape(len(second_weather), -1), second_mask.reshape(-1), flat, sensed, row, row_bias,
        sense, climate, act,
    )  # fmt: skip
    if not channels_last.is_contiguous():
        state.copy_(cells.view(M, T, C).permute(2, 0, 1))


class Stepper:
    """Steps one culture in place; `dtype` is that of the matrix products, the state stays float32."""

    def __init__(
        self,
        rule: LiveRule,
        n_mels: int,
        n_frames: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        *,
        dense: bool | None = None,
    ) -> None:
        """`dense` computes cells that are asleep as well; by default everywhere but on a processor."""
        self.channels, self.dilations = rule.channels, rule.dilations
        self.n_mels, self.n_frames = n_mels, n_frames
        self.reach = max(rule.dilations)
        first = torch.cat([folded_perception(rule).detach(), rule.climate.weight.detach()[:, :, 0, 0]], dim=1)
        self._first = first[:, :, None, None].to(device, dtype).contiguous(memory_format=torch.channels_last)
        second = rule.act.weight.detach()
        self._second = second.to(device, dtype).contiguous(memory_format=torch.channels_last)
        assert rule.sense.bias is not None
        bias = rule.row_bias().detach() + rule.sense.bias.detach()[:, None, None]
        self._bias = bias[None].to(device, dtype).contiguous(memory_format=torch.channels_last)
        # Rows padded in time and two more of them: then every shift is an offset into the flat grid, and gathering is
        # one concatenation of contiguous pieces, 5 times as fast as copies into place (0.27 against 1.37 ms).
        W = self._width = n_frames + 2 * self.reach
        self._padded = torch.zeros(n_mels + 2, W, self.channels, dtype=dtype, device=device)
        offsets = [0, W, -W, *(sign * d for d in self.dilations for sign in (-1, 1))]
        self._dense = torch.device(device).type != "cpu" if dense is None else dense
        if self._dense:
            self._prepare_all(rule.n_weather, offsets, dtype, device)
        else:
            self._prepare_awake(offsets)
            self._compiled = compiled_step(self.tables, self._padded, n_frames, self.reach)

    def step(self, state: Tensor, weather: Tensor, mask: Tensor) -> None:
        """One step of `state` (C, M, T), in place; `weather` (K, M, T), `mask` (M, T) scales each cell's update."""
        if self._dense:
            pad(self._padded, state, self.reach)
            self._update_all(state, weather, mask)
        elif self._compiled is not None:
            channels_last = state.permute(1, 2, 0)
            cells = channels_last.contiguous().view(-1, self.channels)
            self._compiled.step(cells, weather.reshape(len(weather), -1), mask.reshape(-1))
            if not channels_last.is_contiguous():
                # Then these were copies of the cells.
                channels_last.copy_(cells.view(channels_last.shape))
        else:
            _step_awake(state, weather, mask, self._padded, self.reach, *self.tables)

    def step_with(
        self,
        second: "Stepper",
        state: Tensor,
        weather: Tensor,
        mask: Tensor,
        second_weather: Tensor,
        second_mask: Tensor,
    ) -> None:
        """One step of `state` by two rules of one architecture, in place: both see the cells as they are, and each adds
        its update, scaled by its own mask (M, T). Cells whose mask is 0 cost nothing on a processor."""
        if self._dense:
            alone = state.clone()
            second.step(alone, second_weather, second_mask)
            alone -= state
            self.step(state, weather, mask)
            state += alone
        elif self._compiled is not None and second._compiled is not None:
            channels_last = state.permute(1, 2, 0)
            cells = channels_last.contiguous().view(-1, self.channels)
            seen = cells.clone()
            self._compiled.step(cells, weather.reshape(len(weather), -1), mask.reshape(-1), seen)
            second._compiled.step(cells, second_weather.reshape(len(second_weather), -1), second_mask.reshape(-1), seen)
            if not channels_last.is_contiguous():
                channels_last.copy_(cells.view(channels_last.shape))
        else:
            _step_both_awake(
                state, weather, mask, second_weather, second_mask, self._padded, self.reach, self.tables, second.tables
            )

    def _prepare_all(self, n_weather: int, offsets: list[int], dtype: torch.dtype, device: torch.device | str) -> None:
        n, W = self.n_mels * self._width, self._width
        self._weather = torch.zeros(self.n_mels, W, n_weather, dtype=dtype, device=device)
        flat = self._padded.view(-1, self.channels)
        self._pieces = [*(flat[W + o : W + o + n] for o in offsets), self._weather.view(n, -1)]
        self._x = torch.zeros(n, self._first.shape[1], dtype=dtype, device=device)

    def _update_all(self, state: Tensor, weather: Tensor, mask: Tensor) -> None:
        now = slice(self.reach, self.reach + self.n_frames)
        self._weather[:, now].copy_(weather.permute(1, 2, 0))
        torch.cat(self._pieces, dim=1, out=self._x)
        x = self._x.view(1, self.n_mels, self._width, -1).permute(0, 3, 1, 2)
        hidden = F.conv2d(x, self._first).add_(self._bias).relu_()
        update = F.conv2d(hidden, self._second)[0, :, :, now]
        state.addcmul_(update.to(state.dtype), mask)

    def _prepare_awake(self, offsets: list[int]) -> None:
        n_senses = len(offsets) * self.channels
        first = self._first[:, :, 0, 0].t().contiguous()
        cell = torch.arange(self.n_mels * self.n_frames)
        row = cell // self.n_frames
        at = (row + 1) * self._width + self.reach + cell % self.n_frames
        self.tables = (
            at[:, None] + torch.tensor(offsets),
            row,
            self._bias[0, :, :, 0].t().contiguous(),
            first[:n_senses],
            first[n_senses:],
            self._second[:, :, 0, 0].t().contiguous(),
        )
        """Of `update_awake`: which padded cells each cell perceives, its row, and the weights."""


def compiled_step(tables: Sequence[Tensor], padded: Tensor, n_frames: int, reach: int) -> "CompiledStep | None":
    """What does the same as `update_awake` in less time, where there is such a thing."""
    if padded.dtype != torch.float32 or padded.shape[-1] != CHANNELS:
        return None
    # Only here, where a culture is made: numba takes half a second to import.
    from synth.automaton import compiled_step as module

    return module.CompiledStep(tables, padded, n_frames, reach) if module.WORTHWHILE else None


def fastest_dtype(rule: LiveRule, n_mels: int, n_frames: int, budget_s: float = 1.0) -> torch.dtype:
    """bfloat16 where its products are at least 1.3 times as fast on this CPU, else float32; takes `budget_s`.

    Every step has other cells awake, as when it is played: products of bfloat16 are compiled anew for every number of
    them, which costs more than they save where only the processor's vectors do them (1.5 times the time, and 500 MB).
    """
    timings = {}
    for dtype in (torch.float32, torch.bfloat16):
        stepper = Stepper(rule, n_mels, n_frames, dtype)
        state = torch.zeros(n_mels, n_frames, rule.channels).permute(2, 0, 1)
        weather = torch.zeros(rule.n_weather, n_mels, n_frames)
        # The best of six: more would cost the window's start a quarter of a second, and two on a busy machine.
        masks = [coin_flips(0, Stream.UPDATE_MASK, i, n_mels * n_frames).view(n_mels, n_frames) for i in range(7)]
        with torch.inference_mode():
            stepper.step(state, weather, masks.pop())
            best, deadline = float("inf"), time.perf_counter() + budget_s / 2
            for mask in masks:
                start = time.perf_counter()
                stepper.step(state, weather, mask)
                best = min(best, time.perf_counter() - start)
                if time.perf_counter() > deadline:
                    break
        timings[dtype] = best
    return torch.bfloat16 if timings[torch.float32] > 1.3 * timings[torch.bfloat16] else torch.float32
