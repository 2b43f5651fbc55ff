"""The live rule as it is played: fused for one culture, without autograd.

Perception is linear, so it folds into the first layer: a step gathers seven shifted copies of the grid, adds the
weather, and is two matrix products. Equals `LiveRule.forward` to rounding. Axes as in `tnca`.
"""

import time

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.tnca import LiveRule


def _shift_weights(rule: LiveRule) -> Tensor:
    """First-layer weights over shifted copies, (H, 7C): centre, above, below, then past and future per dilation."""
    C = rule.channels
    weight = rule.sense.weight.detach()[:, :, 0, 0]
    senses = list(torch.split(weight, C, dim=1))
    centre, d_f, d_ff = senses[:3]
    shifts = [centre - d_ff, (d_f + d_ff) / 2, (d_ff - d_f) / 2]
    for d_t, d_tt in zip(senses[3::2], senses[4::2], strict=True):
        shifts[0] = shifts[0] - d_tt
        shifts += [(d_tt - d_t) / 2, (d_t + d_tt) / 2]
    return torch.cat(shifts, dim=1)


class Stepper:
    """Steps one culture in place; `dtype` is that of the matrix products, the state stays float32."""

    def __init__(
        self,
        rule: LiveRule,
        n_mels: int,
        n_frames: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        self.channels, self.dilations = rule.channels, rule.dilations
        self.n_mels, self.n_frames = n_mels, n_frames
        self._reach = max(rule.dilations)
        first = torch.cat([_shift_weights(rule), rule.climate.weight.detach()[:, :, 0, 0]], dim=1)
        self._first = first[:, :, None, None].to(device, dtype).contiguous(memory_format=torch.channels_last)
        second = rule.act.weight.detach()
        self._second = second.to(device, dtype).contiguous(memory_format=torch.channels_last)
        assert rule.sense.bias is not None
        bias = rule.row_bias().detach() + rule.sense.bias.detach()[:, None, None]
        self._bias = bias[None].to(device, dtype).contiguous(memory_format=torch.channels_last)
        width = first.shape[1]
        self._x = torch.zeros(1, n_mels, n_frames, width, dtype=dtype, device=device)
        self._padded = torch.zeros(n_mels + 2, n_frames + 2 * self._reach, self.channels, dtype=dtype, device=device)

    def step(self, state: Tensor, weather: Tensor, mask: Tensor) -> None:
        """One step of `state` (C, M, T), in place; `weather` (K, M, T), `mask` (M, T) scales each cell's update."""
        x = self._gather(state)
        x[..., self.channels * (3 + 2 * len(self.dilations)) :].copy_(weather.permute(1, 2, 0))
        hidden = F.conv2d(self._x.permute(0, 3, 1, 2), self._first).add_(self._bias).relu_()
        update = F.conv2d(hidden, self._second)[0]
        state.addcmul_(update.to(state.dtype), mask)

    def _gather(self, state: Tensor) -> Tensor:
        """Shifted copies of the state side by side in the last axis of the input, (M, T, width)."""
        C, T, reach, padded, x = self.channels, self.n_frames, self._reach, self._padded, self._x[0]
        inner = padded[1:-1]
        inner[:, reach : reach + T].copy_(state.permute(1, 2, 0))
        inner[:, :reach].copy_(inner[:, T : T + reach])
        inner[:, reach + T :].copy_(inner[:, reach : 2 * reach])
        padded[0].copy_(padded[1])
        padded[-1].copy_(padded[-2])
        now = slice(reach, reach + T)
        views = [padded[1:-1, now], padded[2:, now], padded[:-2, now]]
        for d in self.dilations:
            views += [inner[:, reach - d : reach - d + T], inner[:, reach + d : reach + d + T]]
        for i, view in enumerate(views):
            x[..., i * C : (i + 1) * C].copy_(view)
        return x


def fastest_dtype(rule: LiveRule, n_mels: int, n_frames: int, budget_s: float = 1.0) -> torch.dtype:
    """bfloat16 where its products are at least 1.3 times as fast on this CPU, else float32; takes `budget_s`."""
    timings = {}
    for dtype in (torch.float32, torch.bfloat16):
        stepper = Stepper(rule, n_mels, n_frames, dtype)
        state = torch.zeros(n_mels, n_frames, rule.channels).permute(2, 0, 1)
        weather, mask = torch.zeros(rule.n_weather, n_mels, n_frames), torch.ones(n_mels, n_frames)
        with torch.inference_mode():
            stepper.step(state, weather, mask)
            best, deadline = float("inf"), time.perf_counter() + budget_s / 2
            # The best of six: more would cost the window's start a quarter of a second, and two on a busy machine.
            for _ in range(6):
                start = time.perf_counter()
                stepper.step(state, weather, mask)
                best = min(best, time.perf_counter() - start)
                if time.perf_counter() > deadline:
                    break
        timings[dtype] = best
    return torch.bfloat16 if timings[torch.float32] > 1.3 * timings[torch.bfloat16] else torch.float32
