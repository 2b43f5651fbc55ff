"""The stream as compiled programs: float32, on the processor, for any number of threads.

Every layer writes into the history of the layer after it. The branches of a stage run side by side; kernels of 3 and 7
taps together cost little more than the one of 11, so two threads meet seldom. Axes: `B` heads, `M` mel bands, `C`
channels, `n` frames, `N` samples.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from synth.vocoder.arrays import Floats
from synth.vocoder.bigvgan.streaming.fast_filter import FAST_ROWS, n_groups
from synth.vocoder.bigvgan.streaming.kernels import fast_scratch
from synth.vocoder.bigvgan.streaming.machine import Crew, Kind, Operation
from synth.vocoder.bigvgan.streaming.packing import Weights, aligned, padded
from synth.vocoder.bigvgan.streaming.plan import ACTIVATION_TAIL, Activation, Conv, Plan, Unit, Upsampling
from synth.vocoder.bigvgan.streaming.schedule import Segment, Task, schedule

_MAX_FRAMES = 32
"""Longest block; longer ones are run in parts."""
_MOST_FAST_CHANNELS = 128
"""With 256, fast convolutions of 32 frames took as long as plain ones: twice the weights come from beyond the cache."""

_BENT_LINE = 33
"""Where in a page activations write. A load waits for any store before it at the same place of another page; rows are
even numbers of lines, so what is read at even lines and written at odd ones never meets."""


class CompiledStream:
    """Frames in, the generator's samples out, `plan.delay_samples` late; the past before the first frame is zero."""

    def __init__(self, plan: Plan, n_heads: int = 1, n_threads: int = 2) -> None:
        self.plan, self.device = plan, "cpu"
        self._crew = Crew(n_threads)
        weights = Weights()
        self._heads = [_Head(plan, weights) for _ in range(n_heads)]
        self._programs = {
            heads: schedule([head.segments for head in self._heads[:heads]], n_threads) for heads in {1, n_heads}
        }

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


class _Rows:
    """The input of one or more layers: `tail` rows of the past, then a block's."""

    def __init__(self, n_channels: int, tail: int, rate: int, line: int = 0) -> None:
        self.width, self.tail, self.rate = padded(n_channels), tail, rate
        self.array = aligned(tail + rate * _MAX_FRAMES, self.width, line=line)

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


class _Head:
    """One head's buffers, and its work in segments."""

    def __init__(self, plan: Plan, weights: Weights) -> None:
        self._weights, self.histories, self._scratch = weights, list[_Rows](), list[Floats]()
        self._input = x = self._rows(plan.n_mels, plan.pre.tail, 1)
        following = self._rows(len(plan.pre.weight), plan.stages[0].up.tail, 1)
        self.segments = [Segment(([self._convolve(plan.pre, x, following.new)],), "channels")]
        rate, tails = 1, [stage.up.tail for stage in plan.stages[1:]] + [ACTIVATION_TAIL]
        self._sums = []
        for stage, tail in zip(plan.stages, tails, strict=True):
            x, rate = following, rate * stage.up.stride
            channels = len(stage.up.weight) // stage.up.stride
            reach = max(stage.wait(units) + max(units[0].delay, ACTIVATION_TAIL) for units in stage.branches)
            start = self._rows(channels, reach, rate)
            self.segments.append(Segment(([self._convolve(stage.up, x, start.new, stage.up.stride)],), "channels"))
            outs = aligned(len(stage.branches), rate * _MAX_FRAMES, start.width)
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
            self.segments += [Segment(tasks, "tasks"), Segment(([mean],), "rows")]
        last = self._rows(plan.post.weight.shape[1], plan.post.tail, rate, _BENT_LINE)
        self._sound = aligned(rate * _MAX_FRAMES, padded(1))
        self.segments += [
            Segment(([self._activate(plan.post_activation, following.at(0), following, last)],), "rows"),
            Segment(([self._convolve(plan.post, last, int(self._sound.ctypes.data))],), "rows"),
            Segment(tuple([rows.shift()] for rows in self.histories), "tasks"),
        ]

    def feed(self, columns: Floats) -> None:
        """(M, n) into the first history."""
        M, n = columns.shape
        self._input.array[self._input.tail : self._input.tail + n, :M] = columns.T

    def sound(self, n_frames: int) -> Floats:
        """The block's samples before the last bend."""
        return self._sound[: n_frames * (len(self._sound) // _MAX_FRAMES), 0]

    def _rows(self, n_channels: int, tail: int, rate: int, line: int = 0) -> _Rows:
        self.histories.append(_Rows(n_channels, tail, rate, line))
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
                bent = self._rows(channels, _tail(conv, start.rate), start.rate, _BENT_LINE)
                task.append(self._activate(activation, x, x_rows, bent))
                convolve = self._convolve_fast if _is_fast(conv, start.rate) else self._convolve
                if i + 1 < len(unit.layers):
                    x_rows = self._rows(channels, ACTIVATION_TAIL, start.rate)
                    x = x_rows.at(0)
                    task.append(convolve(conv, bent, x_rows.new))
                else:
                    added = convolve(conv, bent, out if ends else following.new)
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
        width = n_phases * padded(len(layer.weight) // n_phases)
        dilation = layer.dilation if isinstance(layer, Conv) else 1
        return Operation(
            Kind.CONVOLVE, rows.rate, rows.at(0), rows.width, taps, dilation * rows.width, n_in,
            int(panels.ctypes.data), int(start.ctypes.data), int(nothing.ctypes.data), 0, 0, y, width, width,
        )  # fmt: skip

    def _convolve_fast(self, layer: Conv, rows: _Rows, y: int) -> Operation:
        panels, start = self._weights.fast(layer)
        n_out, n_in, taps = layer.weight.shape
        groups, width = n_groups(taps), padded(n_out)
        scratch = aligned(fast_scratch(groups, rows.width, width))
        self._scratch.append(scratch)
        nothing = int(scratch.ctypes.data)
        return Operation(
            Kind.CONVOLVE_FAST, rows.rate, rows.at(0), rows.width, groups, 0, n_in, int(panels.ctypes.data),
            int(start.ctypes.data), nothing, 0, nothing, y, width, width,
        )  # fmt: skip


def _is_fast(layer: Conv, rate: int) -> bool:
    """Neighbouring rows only: rows further apart fill no whole tiles between the beginnings of two frames."""
    n_in, taps = layer.weight.shape[1:]
    return layer.dilation == 1 and rate % FAST_ROWS == 0 and taps > 1 and n_in <= _MOST_FAST_CHANNELS


def _tail(layer: Conv, rate: int) -> int:
    """Rows of the past that a layer reads."""
    return n_groups(layer.weight.shape[2]) * FAST_ROWS - 1 if _is_fast(layer, rate) else layer.tail
