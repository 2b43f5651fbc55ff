"""The torch stream on a CUDA device: a block of each shape is captured once as a graph and replayed."""

import torch
from torch import Tensor

from synth.vocoder.streaming.eager import EagerStream
from synth.vocoder.streaming.plan import Plan


class GraphedStream(EagerStream):
    """`EagerStream` whose blocks are single launches; the first block of a new shape takes long."""

    def __init__(self, plan: Plan, n_heads: int = 1) -> None:
        super().__init__(plan, n_heads, "cuda")
        self._graphs: dict[tuple[int, ...], tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}

    def process(self, log_mel: Tensor) -> Tensor:
        shape = tuple(log_mel.shape)
        if shape not in self._graphs:
            self._graphs[shape] = self._captured(log_mel)
        graph, frames, sound = self._graphs[shape]
        frames.copy_(log_mel)
        graph.replay()
        return sound.cpu()

    def _captured(self, log_mel: Tensor) -> tuple[torch.cuda.CUDAGraph, Tensor, Tensor]:
        state = self.state()
        frames = log_mel.to("cuda", torch.float32).clone()
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            # Kernels are chosen before the capture, which allows no such search.
            for _ in range(3):
                self._forward(frames)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            sound = self._forward(frames)
        self.restore(state)
        return graph, frames, sound
