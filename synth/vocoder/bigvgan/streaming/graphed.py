"""The torch stream on a CUDA device: a block of each length is captured as a graph when it is made, and replayed.

Axes: `B` heads, `M` mel bands, `n` frames, `N` samples.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from synth.accelerator import Work, captured
from synth.vocoder.bigvgan.streaming.eager import EagerStream
from synth.vocoder.bigvgan.streaming.plan import Plan

_LENGTHS = (16, 4, 2, 1)
"""Blocks that are captured; others are put together of these: a capture takes too long to be made while playing."""


class GraphedStream(EagerStream):
    """`EagerStream` whose blocks are single launches."""

    def __init__(
        self, plan: Plan, n_heads: int = 1, device: str = "cuda", capture: Callable[[Work], Work] = captured
    ) -> None:
        super().__init__(plan, n_heads, device)
        state = self.state()
        self._blocks = {(heads, n): _Block(self, heads, n, capture) for heads in sorted({1, n_heads}) for n in _LENGTHS}
        # Kernels were chosen with the pasts as they came.
        self.restore(state)

    def process(self, log_mel: Tensor) -> Tensor:
        heads, _, n_frames = log_mel.shape
        sounds = [self._blocks[heads, n].run(log_mel[:, :, at : at + n]) for at, n in _parts(n_frames)]
        return torch.cat(sounds, dim=1).cpu()

    def zeros(self, *shape: int) -> Tensor:
        return torch.zeros(*shape, dtype=self._dtype, device=self._device)


class _Block:
    """One length: frames in at one place in memory, sound out at another."""

    def __init__(self, stream: GraphedStream, heads: int, n_frames: int, capture: Callable[[Work], Work]) -> None:
        self._stream = stream
        self._frames = stream.zeros(heads, stream.plan.n_mels, n_frames)
        self._sound = stream.zeros(heads, n_frames * stream.plan.hop)
        self._replay = capture(self._work)

    def _work(self) -> None:
        self._sound.copy_(self._stream.forward(self._frames))

    def run(self, log_mel: Tensor) -> Tensor:
        """(B, M, n) → (B, N) on the device, a copy."""
        self._frames.copy_(log_mel)
        self._replay()
        return self._sound.clone()


def _parts(n_frames: int) -> Iterator[tuple[int, int]]:
    """Where parts of captured lengths begin, and the lengths."""
    at = 0
    for length in _LENGTHS:
        while n_frames - at >= length:
            yield at, length
            at += length
