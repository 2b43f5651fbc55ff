"""The stream as compiled programs: float32, on the processor, for any number of threads.

Every layer writes into the history of the layer after it. The branches of a stage run side by side; kernels of 3 and 7
taps together cost about what the one of 11 costs, so two threads meet only twice per stage. Axes: `B` heads, `M` mel
bands, `C` channels, `n` frames, `N` samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from synth.vocoder.arrays import Floats
from synth.vocoder.streaming.kernels import LANES, TILE_CHANNELS
from synth.vocoder.streaming.machine import Crew, Kind, Operation, Program, program_of
from synth.vocoder.streaming.plan import ACTIVATION_TAIL, Activation, Conv, Plan, Unit, Upsampling

_MAX_FRAMES = 32
"""Longest block; longer ones are run in parts."""


class CompiledStream:
    """Frames in, the generator's samples out, `plan.delay_samples` late; the past before the first frame is zero."""

    def __init__(self, plan: Plan, n_heads: int = 1, n_threads: int = 2) -> None:
        self.plan, self.device = plan, "cpu"
        self._crew = Crew(n_threads)
        weights = _Weights()
        self._heads = [_Head(plan, weights) for _ in range(n_heads)]
        self._programs = {heads: _schedule(self._heads[:heads], n_threads) for heads in {1, n_heads}}

    def process(self, log_mel: Tensor) -> Tensor:
        """(B, M, n) → (B, n · hop); fewer heads than there are leave the others as they were."""
        frames = log_mel.numpy().astype(np.float32, copy=False)
        parts = [self._block(frames[:, :, i : i + _MAX_FRAMES]) for i in range(0, frames.shape[2], _MAX_FRAMES)]
        return torch.cat(parts, dim=1)

    def state(self) -> list[list[Floats]]:
        """A copy of the past, for `restore`."""
        return [[rows.kept.copy() for rows in head.histories] for head in self._heads]

    def restore(self, state: list[list[Floats]]) -> None:
        for head, saved in zip(self._heads, state, strict=True):
            for rows, kept in zip(head.histories, saved, strict=True):
                rows.kept[:] = kept

    def clear(self) -> None:
        """Back to a past of zeros."""
        self.restore([[np.zeros_like(rows.kept) for rows in head.histories] for head in self._heads])

    def share(self) -> None:
        """Give every head the first one's past."""
        first, *others = self.state()
        self.restore([first, *[first for _ in others]])

    def macs(self, n_frames: int) -> int:
        """Multiply-accumulates of a block of one head, counted in what the machine is given to do."""
        whole, rest = divmod(n_frames, _MAX_FRAMES)
        per_frame = sum(o.macs_per_frame for s in self._heads[0].segments for task in s.tasks for o in task)
        return (whole * _MAX_FRAMES + rest) * per_frame

    def _block(self, frames: Floats) -> Tensor:
        B, _, n = frames.shape
        for head, columns in zip(self._heads, frames, strict=False):
            head.feed(columns)
        self._crew.run(self._programs[B], n)
        out = torch.from_numpy(np.stack([head.sound(n) for head in self._heads[:B]]))
        return out.tanh_() if self.plan.has_tanh else out.clamp_(-1, 1)


def _padded(n_channels: int) -> int:
    return -(-n_channels // LANES) * LANES


def _aligned(*shape: int) -> Floats:
    """Zeros on a cache line's border."""
    raw = np.zeros(int(np.prod(shape)) + 16, np.float32)
    skip = -raw.ctypes.data % 64 // 4
    return raw[skip : skip + int(np.prod(shape))].reshape(shape)


class _Rows:
    """The input of one or more layers: `tail` rows of the past, then a block's."""

    def __init__(self, n_channels: int, tail: int, rate: int) -> None:
        self.width, self.tail, self.rate = _padded(n_channels), tail, rate
        self.array = _aligned(tail + rate * _MAX_FRAMES, self.width)

    def at(self, row: int) -> int:
        return int(self.array.ctypes.data) + 4 * row * self.width

    @property
    def new(self) -> int:
        """Where a block's rows go."""
        return self.at(self.tail)

    @property
    def kept(self) -> Floats:
        return self.array[: self.tail]

    def shift(self) -> Operation:
        return Operation(Kind.SHIFT, self.rate, x=self.at(0), ldx=self.width, taps=self.tail)


class _Weights:
    """Packed weights by the layer they belong to, shared by heads."""

    def __init__(self) -> None:
        self._packed: dict[int, tuple[Floats, ...]] = {}
        self._owners: list[object] = []

    def conv(self, layer: Conv | Upsampling, n_phases: int = 1) -> tuple[Floats, ...]:
        """Panels (panel, tap, channel in, channel) and the bias; padded channels are zero."""
        if id(layer) not in self._packed:
            weight, bias = layer.weight.numpy(), layer.bias.numpy()
            _, n_in, taps = weight.shape
            n_out = len(weight) // n_phases
            width = n_phases * _padded(n_out)
            wide = np.zeros((-(-width // TILE_CHANNELS) * TILE_CHANNELS, n_in, taps), np.float32)
            wide[:width].reshape(n_phases, -1, n_in, taps)[:, :n_out] = weight.reshape(n_phases, n_out, n_in, taps)
            panels = _aligned(len(wide) // TILE_CHANNELS, taps, n_in, TILE_CHANNELS)
            panels[:] = wide.reshape(-1, TILE_CHANNELS, n_in, taps).transpose(0, 3, 2, 1)
            start = _aligned(len(wide))
            start[:width].reshape(n_phases, -1)[:, :n_out] = bias.reshape(n_phases, n_out)
            self._keep(layer, panels, start, np.zeros(len(wide), np.float32))
        return self._packed[id(layer)]

    def activation(self, layer: Activation) -> tuple[Floats, ...]:
        if id(layer) not in self._packed:
            a, b = _aligned(_padded(len(layer.a))), _aligned(_padded(len(layer.b)))
            a[: len(layer.a)], b[: len(layer.b)] = layer.a.numpy(), layer.b.numpy()
            self._keep(layer, a, b, layer.up.numpy().copy(), layer.down.numpy().copy())
        return self._packed[id(layer)]

    def _keep(self, layer: object, *arrays: Floats) -> None:
        self._packed[id(layer)] = arrays
        self._owners.append(layer)


Task = list[Operation]
"""Operations that one worker does in order."""


@dataclass(frozen=True)
class _Segment:
    """Work between two barriers: whole tasks for any worker, or operations that each worker does a share of."""

    tasks: tuple[Task, ...]
    shared_by: Literal["tasks", "rows", "channels"]


class _Head:
    """One head's buffers, and its work in segments."""

    def __init__(self, plan: Plan, weights: _Weights) -> None:
        self._weights, self.histories = weights, list[_Rows]()
        self._input = x = self._rows(plan.n_mels, plan.pre.tail, 1)
        following = self._rows(len(plan.pre.weight), plan.stages[0].up.tail, 1)
        self.segments = [_Segment(([self._convolve(plan.pre, x, following.new)],), "channels")]
        rate, tails = 1, [stage.up.tail for stage in plan.stages[1:]] + [ACTIVATION_TAIL]
        self._sums = []
        for stage, tail in zip(plan.stages, tails, strict=True):
            x, rate = following, rate * stage.up.stride
            channels = len(stage.up.weight) // stage.up.stride
            reach = max(stage.wait(units) + max(units[0].delay, ACTIVATION_TAIL) for units in stage.branches)
            start = self._rows(channels, reach, rate)
            self.segments.append(_Segment(([self._convolve(stage.up, x, start.new, stage.up.stride)],), "channels"))
            outs = _aligned(len(stage.branches), rate * _MAX_FRAMES, start.width)
            self._sums.append(outs)
            tasks = tuple(
                self._branch(units, start, reach - stage.wait(units), int(out.ctypes.data))
                for units, out in zip(stage.branches, outs, strict=True)
            )
            following = self._rows(channels, tail, rate)
            mean = Operation(
                Kind.MEAN, rate, int(outs.ctypes.data), start.width, len(outs), outs[0].size, y=following.new,
                ldy=start.width,
            )  # fmt: skip
            self.segments += [_Segment(tasks, "tasks"), _Segment(([mean],), "rows")]
        last = self._rows(plan.post.weight.shape[1], plan.post.tail, rate)
        self._sound = _aligned(rate * _MAX_FRAMES, _padded(1))
        self.segments += [
            _Segment(([self._activate(plan.post_activation, following.at(0), following, last)],), "rows"),
            _Segment(([self._convolve(plan.post, last, int(self._sound.ctypes.data))],), "rows"),
            _Segment(tuple([rows.shift()] for rows in self.histories), "tasks"),
        ]

    def feed(self, columns: Floats) -> None:
        """(M, n) into the first history."""
        M, n = columns.shape
        self._input.array[self._input.tail : self._input.tail + n, :M] = columns.T

    def sound(self, n_frames: int) -> Floats:
        """The block's samples before the last bend."""
        return self._sound[: n_frames * (len(self._sound) // _MAX_FRAMES), 0]

    def _rows(self, n_channels: int, tail: int, rate: int) -> _Rows:
        self.histories.append(_Rows(n_channels, tail, rate))
        return self.histories[-1]

    def _branch(self, units: Sequence[Unit], start: _Rows, now: int, out: int) -> Task:
        """`now` is the row of `start` that this branch takes for the newest block's first."""
        task, source = list[Operation](), start
        for u, unit in enumerate(units):
            channels = unit.layers[0][1].weight.shape[1]
            ends = u + 1 == len(units)
            following = start if ends else self._rows(channels, max(units[u + 1].delay, ACTIVATION_TAIL), start.rate)
            x, x_rows = source.at(now - ACTIVATION_TAIL), source
            for i, (activation, conv) in enumerate(unit.layers):
                bent = self._rows(channels, conv.tail, start.rate)
                task.append(self._activate(activation, x, x_rows, bent))
                if i + 1 < len(unit.layers):
                    x_rows = self._rows(channels, ACTIVATION_TAIL, start.rate)
                    x = x_rows.at(0)
                    task.append(self._convolve(conv, bent, x_rows.new))
                else:
                    added = self._convolve(conv, bent, out if ends else following.new)
                    task.append(replace(added, res=source.at(now - unit.delay), ld_res=source.width))
            source, now = following, following.tail
        return task

    def _activate(self, activation: Activation, x: int, rows: _Rows, into: _Rows) -> Operation:
        a, b, up, down = (int(array.ctypes.data) for array in self._weights.activation(activation))
        return Operation(
            Kind.ACTIVATE, rows.rate, x, rows.width, w=a, start=b, res=up, down=down, y=into.new, ldy=into.width,
            n_out=rows.width,
        )  # fmt: skip

    def _convolve(self, layer: Conv | Upsampling, rows: _Rows, y: int, n_phases: int = 1) -> Operation:
        panels, start, nothing = self._weights.conv(layer, n_phases)
        _, n_in, taps = layer.weight.shape
        width = n_phases * _padded(len(layer.weight) // n_phases)
        dilation = layer.dilation if isinstance(layer, Conv) else 1
        return Operation(
            Kind.CONVOLVE, rows.rate, rows.at(0), rows.width, taps, dilation * rows.width, n_in,
            int(panels.ctypes.data), int(start.ctypes.data), int(nothing.ctypes.data), 0, 0, y, width, width,
        )  # fmt: skip


def _schedule(heads: Sequence[_Head], n_workers: int) -> list[Program]:
    """Each worker's program for these heads together."""
    work: list[list[Operation]] = [[] for _ in range(n_workers)]
    for segments in zip(*(head.segments for head in heads), strict=True):
        tasks = [task for segment in segments for task in segment.tasks]
        if segments[0].shared_by == "tasks":
            _deal(tasks, work)
        else:
            split = _across if segments[0].shared_by == "channels" else _along
            for worker, mine in enumerate(work):
                mine += [part for task in tasks for o in task if (part := split(o, worker, n_workers)) is not None]
        for mine in work:
            mine.append(Operation(Kind.BARRIER))
    return [program_of(mine) for mine in work]


def _deal(tasks: list[Task], work: list[list[Operation]]) -> None:
    """The largest first, each to whoever has least to do."""
    loads = [0.0] * len(work)
    for task in sorted(tasks, key=_cost, reverse=True):
        worker = loads.index(min(loads))
        loads[worker] += _cost(task)
        work[worker] += task


def _cost(task: Task) -> float:
    """In multiply-accumulates per frame; an activation takes as long as 50 for each value."""
    per_value = {Kind.ACTIVATE: 50, Kind.SHIFT: 1}
    return sum(o.macs_per_frame + o.rate * max(o.n_out, 1) * per_value.get(o.kind, 0) for o in task)


def _along(o: Operation, worker: int, n_workers: int) -> Operation | None:
    return replace(o, share=worker, shares=n_workers)


def _across(o: Operation, worker: int, n_workers: int) -> Operation | None:
    """A convolution's share of the channels out, in whole panels."""
    panels = -(-o.n_out // TILE_CHANNELS)
    first = TILE_CHANNELS * (panels * worker // n_workers)
    last = min(TILE_CHANNELS * (panels * (worker + 1) // n_workers), o.n_out)
    if first >= last:
        return None
    moved = 4 * first
    return replace(o, w=o.w + moved * o.taps * o.n_in, start=o.start + moved, y=o.y + moved, n_out=last - first)
