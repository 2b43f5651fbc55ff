"""Work done again and again on the same buffers: on a GPU captured once, as a CUDA graph, and replayed.

A step of a rollout is twenty kernels of some ten microseconds each, forwards and backwards, and the host takes as long
to start one; a graph starts all of them at once. A graph replays what the host did when it was captured, on the very
memory it did it on, so a piece of work must

* read from and write to buffers that are there before it begins and stay where they are,
* have shapes, and take decisions, that do not depend on what is in them, and never wait for the device,
* leave the same when it is done twice: it runs once to warm up before it is captured.

None of this has run on a GPU yet: there was none. The tests hold every piece of work to these rules on the CPU, by a
stand-in that records what is done on capture and does exactly that again.
"""

from collections.abc import Callable, Hashable
from typing import Protocol

import torch

Work = Callable[[], None]


class Graph(Protocol):
    """Captured work."""

    def replay(self) -> None: ...


Capture = Callable[[Work], Graph]


class Replay:
    """Does pieces of work by name: at once, or from the second time on by replaying what `capture` made of them."""

    def __init__(self, capture: Capture | None = None) -> None:
        self._capture = capture
        self._graphs: dict[Hashable, Graph] = {}

    def __call__(self, name: Hashable, work: Work) -> None:
        """`work` of one name must always be the same."""
        if self._capture is None:
            work()
            return
        if name not in self._graphs:
            self._graphs[name] = self._capture(work)
        self._graphs[name].replay()


class CudaCapture:
    """Captures work on one CUDA device. All graphs share their passing memory, since only one runs at a time and what
    lasts is in buffers of its owner."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, work: Work) -> Graph:
        # Libraries set themselves up at the first call, which must not be captured.
        side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        main = torch.cuda.current_stream(self._device)
        side.wait_stream(main)
        with torch.cuda.stream(side):
            work()
        main.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # The backward pass is captured on autograd's thread while the main one waits for it.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            work()
        return graph


def capture_on(device: torch.device) -> Capture | None:
    """How work is captured there; None where it is just done."""
    return CudaCapture(device) if device.type == "cuda" else None
