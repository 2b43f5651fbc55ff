"""What every stream promises, and the fastest one this machine has."""

import os
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from synth.vocoder.streaming.plan import Plan, plan_of


class Stream(Protocol):
    """A generator run on a stream of frames. Axes: `B` heads, `M` mel bands, `n` frames."""

    @property
    def plan(self) -> Plan: ...

    def process(self, log_mel: Tensor) -> Tensor:
        """(B, M, n) → (B, n · hop), `plan.delay_samples` late; fewer heads than made for leave the others alone."""
        ...

    def state(self) -> Any:
        """A copy of the past, for `restore`."""
        ...

    def restore(self, state: Any) -> None: ...

    def clear(self) -> None:
        """Back to a past of zeros."""
        ...

    def share(self) -> None:
        """Give every head the first one's past."""
        ...


def n_processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_stream(generator: nn.Module, n_heads: int = 1, n_threads: int | None = None) -> Stream:
    """On a CUDA device when there is one, else compiled where numba is installed, else in plain torch.

    Two threads per head keep two cores busy; more find little to share (the kernel of 11 taps is half of all work).
    """
    plan = plan_of(generator)
    if torch.cuda.is_available():
        from synth.vocoder.streaming.graphed import GraphedStream

        return GraphedStream(plan, n_heads)
    try:
        from synth.vocoder.streaming.compiled import CompiledStream
    except ImportError:
        from synth.vocoder.streaming.eager import EagerStream

        return EagerStream(plan, n_heads)
    return CompiledStream(plan, n_heads, n_threads or min(n_processors(), 2 * n_heads))
