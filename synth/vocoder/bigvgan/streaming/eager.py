"""The stream in plain torch: any dtype, any device, no compiler at all.

Axes: `B` heads, `C` channels, `T` rows of time, `n` frames, `N` samples.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.vocoder.bigvgan.streaming.plan import ACTIVATION_TAIL, Activation, Conv, Plan, Stage, Unit, Upsampling


class EagerStream:
    """Frames in, the generator's samples out, `plan.delay_samples` late; the past before the first frame is zero."""

    def __init__(self, plan: Plan, n_heads: int = 1, device: str = "cpu", products: torch.dtype | None = None) -> None:
        """`products` is the dtype of the convolutions' products, the plan's unless told; all else is as in the plan."""
        self.plan, self.products = plan, products or plan.pre.weight.dtype
        self._pasts: list[_Past] = []
        self.device = device
        self._n_heads, self._device, self._dtype = n_heads, device, plan.pre.weight.dtype
        self._pre = _ConvLayer(plan.pre, self)
        self._stages = [_StageLayer(stage, self) for stage in plan.stages]
        self._post_activation = _ActivationLayer(plan.post_activation, self)
        self._post = _ConvLayer(plan.post, self)

    def process(self, log_mel: Tensor) -> Tensor:
        """(B, M, n) → (B, n · hop); fewer heads than there are leave the others as they were."""
        return self.forward(log_mel).cpu()

    def forward(self, log_mel: Tensor) -> Tensor:
        """The same, left on the device."""
        x = self._pre(log_mel.to(self._device, self._dtype))
        for stage in self._stages:
            x = stage(x)
        x = self._post(self._post_activation(x))[:, 0]
        return x.tanh() if self.plan.has_tanh else x.clamp(-1, 1)

    def state(self) -> list[Tensor]:
        """A copy of the past, for `restore`."""
        return [past.rows.clone() for past in self._pasts]

    def restore(self, state: list[Tensor]) -> None:
        for past, rows in zip(self._pasts, state, strict=True):
            past.rows.copy_(rows)

    def clear(self) -> None:
        """Back to a past of zeros."""
        for past in self._pasts:
            past.rows.zero_()

    def share(self) -> None:
        """Give every head the first one's past."""
        self.restore([rows[:1].expand_as(rows) for rows in self.state()])

    def past(self, n_channels: int, length: int) -> "_Past":
        rows = torch.zeros(self._n_heads, n_channels, length, dtype=self._dtype, device=self._device)
        self._pasts.append(_Past(rows))
        return self._pasts[-1]

    def place(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device)

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor, dilation: int = 1) -> Tensor:
        """In `products`; weight and bias are placed and of that dtype."""
        return F.conv1d(x.to(self.products), weight, bias, dilation=dilation).to(self._dtype)


class _Past:
    """The last rows a layer has seen, changed in place so that a captured graph finds them again."""

    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def join(self, x: Tensor) -> Tensor:
        heads = self.rows[: len(x)]
        joined = torch.cat([heads, x], dim=2)
        heads.copy_(joined[:, :, x.shape[2] :])
        return joined

    def delay(self, x: Tensor) -> Tensor:
        return self.join(x)[:, :, : x.shape[2]]


class _ConvLayer:
    def __init__(self, conv: Conv, stream: EagerStream) -> None:
        self._stream, self._dilation = stream, conv.dilation
        self._weight, self._bias = (stream.place(t).to(stream.products) for t in (conv.weight, conv.bias))
        self._past = stream.past(conv.weight.shape[1], conv.tail)

    def __call__(self, x: Tensor) -> Tensor:
        return self._stream.convolve(self._past.join(x), self._weight, self._bias, self._dilation)


class _ActivationLayer:
    def __init__(self, activation: Activation, stream: EagerStream) -> None:
        self._a, self._b = stream.place(activation.a)[:, None, None], stream.place(activation.b)[:, None, None]
        up, down = activation.up, activation.down
        # What the doubled rate has at a row's own place, and half a row later, from 6 rows; and back.
        self._up = stream.place(torch.stack([up.flip(0)[0::2], up.flip(0)[1::2]])[:, None])
        self._down = stream.place(torch.stack([down[1::2], down[0::2]])[None])
        self._past = stream.past(len(activation.a), ACTIVATION_TAIL)

    def __call__(self, x: Tensor) -> Tensor:
        B, C, T = x.shape
        doubled = F.conv1d(self._past.join(x).reshape(B * C, 1, -1), self._up).reshape(B, C, 2, -1)
        bent = doubled + self._b * (doubled * self._a).sin().square()
        return F.conv1d(bent.reshape(B * C, 2, -1), self._down).reshape(B, C, T)


class _UnitLayer:
    def __init__(self, unit: Unit, stream: EagerStream) -> None:
        self._layers = [layer for a, c in unit.layers for layer in (_ActivationLayer(a, stream), _ConvLayer(c, stream))]
        self._past = stream.past(unit.layers[0][1].weight.shape[1], unit.delay)

    def __call__(self, x: Tensor) -> Tensor:
        y = x
        for layer in self._layers:
            y = layer(y)
        return y + self._past.delay(x)


class _StageLayer:
    def __init__(self, stage: Stage, stream: EagerStream) -> None:
        self._up = _UpsamplingLayer(stage.up, stream)
        channels = stage.branches[0][0].layers[0][1].weight.shape[1]
        self._waits = [stream.past(channels, stage.wait(branch)) for branch in stage.branches]
        self._branches = [[_UnitLayer(unit, stream) for unit in branch] for branch in stage.branches]

    def __call__(self, x: Tensor) -> Tensor:
        x = self._up(x)
        total = torch.zeros_like(x)
        for wait, branch in zip(self._waits, self._branches, strict=True):
            y = wait.delay(x)
            for unit in branch:
                y = unit(y)
            total += y
        return total / len(self._branches)


class _UpsamplingLayer:
    def __init__(self, up: Upsampling, stream: EagerStream) -> None:
        self._stream, self._stride = stream, up.stride
        self._weight, self._bias = (stream.place(t).to(stream.products) for t in (up.weight, up.bias))
        self._past = stream.past(up.weight.shape[1], up.tail)

    def __call__(self, x: Tensor) -> Tensor:
        rows = self._stream.convolve(self._past.join(x), self._weight, self._bias)
        B, _, T = rows.shape
        return rows.reshape(B, self._stride, -1, T).permute(0, 2, 3, 1).reshape(B, -1, T * self._stride)
