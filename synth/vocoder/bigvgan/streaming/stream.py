"""What every stream promises, and the fastest one this machine has."""

import os
import time
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from synth.accelerator import accelerator, device_failed
from synth.vocoder.bigvgan.streaming.plan import Plan, plan_of

_PROBE_FRAMES, _PROBES = 2, 6


class Stream(Protocol):
    """A generator run on a stream of frames. Axes: `B` heads, `M` mel bands, `n` frames."""

    device: str
    """Where it computes: "cpu", "cuda" or "mps"."""

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


def open_stream(generator: nn.Module, n_heads: int = 1, n_threads: int | None = None, device: str = "") -> Stream:
    """On `device`, or where it is fastest: a graphics card that torch can use must beat the processor to be used."""
    plan = plan_of(generator)
    away = accelerator() if not device else device.removeprefix("cpu")
    there = _on_accelerator(plan, n_heads, away) if away else None
    if device and there is not None:
        return there
    here = _on_processor(plan, n_heads, n_threads)
    return there if there is not None and _block_s(there, n_heads) < _block_s(here, n_heads) else here


def _on_processor(plan: Plan, n_heads: int, n_threads: int | None) -> Stream:
    """Compiled where numba is installed, else in plain torch.

    Two threads per head keep two cores busy; more find little to share (the kernel of 11 taps is half of all work).
    """
    try:
        from synth.vocoder.bigvgan.streaming.compiled import CompiledStream
    except ImportError:
        from synth.vocoder.bigvgan.streaming.eager import EagerStream

        return EagerStream(plan, n_heads)
    return CompiledStream(plan, n_heads, n_threads or min(n_processors(), 2 * n_heads))


def _on_accelerator(plan: Plan, n_heads: int, device: str) -> Stream | None:
    """None when the card has no room or fails."""
    from synth.vocoder.bigvgan.streaming.eager import EagerStream
    from synth.vocoder.bigvgan.streaming.graphed import GraphedStream

    try:
        return GraphedStream(plan, n_heads, device) if device == "cuda" else EagerStream(plan, n_heads, device)
    except RuntimeError as error:
        if not device_failed(error):
            raise
        return None


def _block_s(stream: Stream, n_heads: int) -> float:
    """Seconds for a block as the engine asks for it, the best of some; for ever where it fails."""
    frames, times = torch.zeros(n_heads, stream.plan.n_mels, _PROBE_FRAMES), []
    try:
        with torch.inference_mode():
            for _ in range(_PROBES):
                start = time.perf_counter()
                stream.process(frames)
                times.append(time.perf_counter() - start)
            stream.clear()
    except RuntimeError as error:
        if not device_failed(error):
            raise
        return float("inf")
    return min(times)
