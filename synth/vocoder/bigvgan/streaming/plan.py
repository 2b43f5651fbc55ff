"""The generator as a plan: its layers with their weights, and the arithmetic of running them on a stream.

Every layer runs in "valid" form over a tail of its own past, so no sample is computed twice. What a valid layer gives
lags behind its input; where paths meet, the faster one is delayed. Axes: `C` channels, `K` taps, `T` rows of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

ACTIVATION_TAIL, ACTIVATION_DELAY = 10, 5
"""Of the anti-aliased activation as one layer: two 12-tap filters, one on each side of the doubled rate."""


@dataclass(frozen=True)
class Activation:
    """×2 by `up`, x + b·sin²(a·x) per channel, ÷2 by `down`; both filters have 12 taps."""

    a: Tensor
    b: Tensor
    up: Tensor
    down: Tensor


@dataclass(frozen=True)
class Conv:
    """weight (C_out, C_in, K); the output lags K−1 / 2 · dilation behind."""

    weight: Tensor
    bias: Tensor
    dilation: int = 1

    @property
    def tail(self) -> int:
        return (self.weight.shape[2] - 1) * self.dilation

    @property
    def delay(self) -> int:
        return self.tail // 2


@dataclass(frozen=True)
class Upsampling:
    """A transposed convolution as an ordinary one: weight (stride · C_out, C_in, K), `stride` rows out per row in."""

    weight: Tensor
    bias: Tensor
    stride: int
    delay: int
    """In output rows: the padding the offline layer cuts off."""

    @property
    def tail(self) -> int:
        return self.weight.shape[2] - 1


@dataclass(frozen=True)
class Unit:
    """One residual step: x + convolutions of activations of x."""

    layers: tuple[tuple[Activation, Conv], ...]

    @property
    def delay(self) -> int:
        return sum(ACTIVATION_DELAY + conv.delay for _, conv in self.layers)


@dataclass(frozen=True)
class Stage:
    """One upsampling and the parallel branches whose mean is its output."""

    up: Upsampling
    branches: tuple[tuple[Unit, ...], ...]

    def wait(self, branch: Sequence[Unit]) -> int:
        """Rows by which a branch's input is held back, so that all branches come out together."""
        return self.delay - sum(unit.delay for unit in branch)

    @property
    def delay(self) -> int:
        return max(sum(unit.delay for unit in branch) for branch in self.branches)


@dataclass(frozen=True)
class Plan:
    """A whole generator."""

    pre: Conv
    stages: tuple[Stage, ...]
    post_activation: Activation
    post: Conv
    has_tanh: bool

    @property
    def n_mels(self) -> int:
        return self.pre.weight.shape[1]

    @property
    def hop(self) -> int:
        """Samples per frame."""
        hop = 1
        for stage in self.stages:
            hop *= stage.up.stride
        return hop

    @property
    def delay_samples(self) -> int:
        """From a frame's place in the offline output to its place in the stream."""
        delay = self.pre.delay
        for stage in self.stages:
            delay = delay * stage.up.stride + stage.up.delay + stage.delay
        return delay + ACTIVATION_DELAY + self.post.delay

    @property
    def macs_per_frame(self) -> int:
        """Multiply-accumulates of all convolutions, as the offline model's."""
        total, rate = self.pre.weight.numel(), 1
        for stage in self.stages:
            total += rate * stage.up.weight.numel()
            rate *= stage.up.stride
            convs = [conv for branch in stage.branches for unit in branch for _, conv in unit.layers]
            total += rate * sum(conv.weight.numel() for conv in convs)
        return total + rate * self.post.weight.numel()


def plan_of(generator: nn.Module, dtype: torch.dtype = torch.float32) -> Plan:
    """Read the layers of NVIDIA's module, its weight norm already folded."""
    g: Any = generator
    stages, n_branches = [], g.num_kernels
    for i, ups in enumerate(g.ups):
        blocks = g.resblocks[i * n_branches : (i + 1) * n_branches]
        stages.append(Stage(_upsampling(ups[0], dtype), tuple(_branch(block, dtype) for block in blocks)))
    return Plan(
        pre=_conv(g.conv_pre, dtype),
        stages=tuple(stages),
        post_activation=_activation(g.activation_post, dtype),
        post=_conv(g.conv_post, dtype),
        has_tanh=bool(g.use_tanh_at_final),
    )


def _branch(block: Any, dtype: torch.dtype) -> tuple[Unit, ...]:
    activations = [_activation(a, dtype) for a in block.activations]
    if hasattr(block, "convs2"):
        convs = [[_conv(a, dtype), _conv(b, dtype)] for a, b in zip(block.convs1, block.convs2, strict=True)]
    else:
        convs = [[_conv(a, dtype)] for a in block.convs]
    it = iter(activations)
    return tuple(Unit(tuple((next(it), conv) for conv in group)) for group in convs)


def _activation(module: Any, dtype: torch.dtype) -> Activation:
    act = module.act
    a = act.alpha.detach().to(dtype)
    b = (act.beta if hasattr(act, "beta") else act.alpha).detach().to(dtype)
    if act.alpha_logscale:
        a, b = a.exp(), b.exp()
    up = module.upsample.filter.flatten().to(dtype) * module.upsample.ratio
    return Activation(a, 1 / (b + act.no_div_by_zero), up, module.downsample.lowpass.filter.flatten().to(dtype))


def _conv(module: Any, dtype: torch.dtype) -> Conv:
    weight = module.weight.detach().to(dtype)
    bias = torch.zeros(weight.shape[0], dtype=dtype) if module.bias is None else module.bias.detach().to(dtype)
    return Conv(weight, bias, module.dilation[0])


def _upsampling(module: Any, dtype: torch.dtype) -> Upsampling:
    weight, stride = module.weight.detach().to(dtype), module.stride[0]
    n_in, n_out, kernel = weight.shape
    taps = -(-kernel // stride)
    padded = torch.zeros(n_in, n_out, taps * stride, dtype=dtype)
    padded[:, :, :kernel] = weight
    # Row n gives rows n·stride + phase, from x[n] by taps 0 … stride − 1, from x[n − 1] by the next, and so on.
    phases = padded.reshape(n_in, n_out, taps, stride).permute(3, 1, 0, 2).flip(3)
    bias = module.bias.detach().to(dtype).repeat(stride)
    return Upsampling(phases.reshape(stride * n_out, n_in, taps).contiguous(), bias, stride, module.padding[0])
