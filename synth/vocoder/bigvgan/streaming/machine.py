"""The compiled stream's machine: threads that each run a list of operations and meet at barriers.

An operation is a row of whole numbers: what to do, then addresses and sizes. A block of any length is one call without
the interpreter's lock, so nothing in Python can delay it between its layers.
"""

import ctypes
import sys
import threading
import weakref
from dataclasses import astuple, dataclass
from enum import IntEnum
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.thread_priority import share_priority
from synth.vocoder.bigvgan.streaming.fast_filter import FAST_ROWS, N_POINTS
from synth.vocoder.bigvgan.streaming.kernels import run


class Kind(IntEnum):
    CONVOLVE = 0
    CONVOLVE_FAST = 1
    ACTIVATE = 2
    MEAN = 3
    SHIFT = 4
    BARRIER = 5


@dataclass(frozen=True)
class Operation:
    """Byte addresses, and strides in floats; `rate` rows per frame, of which one worker does share / shares."""

    kind: Kind
    rate: int = 0
    x: int = 0
    ldx: int = 0
    taps: int = 0
    """Of a fast convolution: its groups; of a mean: how many are averaged; of a shift: the rows that are kept."""
    tap_stride: int = 0
    n_in: int = 0
    w: int = 0
    """Of an activation: a."""
    start: int = 0
    """Of a convolution: the bias; of an activation: b."""
    res: int = 0
    """Of a convolution: what is added; of an activation: the filter up."""
    ld_res: int = 0
    down: int = 0
    """Of an activation: the filter down; of a fast convolution: its scratch."""
    y: int = 0
    ldy: int = 0
    n_out: int = 0
    share: int = 0
    shares: int = 1

    @property
    def macs_per_frame(self) -> int:
        products = {Kind.CONVOLVE: self.rate, Kind.CONVOLVE_FAST: self.rate // FAST_ROWS * N_POINTS}
        return products.get(self.kind, 0) * self.taps * self.n_in * self.n_out


Program = NDArray[np.int64]


def program_of(operations: list[Operation]) -> Program:
    return np.array([astuple(operation) for operation in operations], np.int64).reshape(len(operations), -1)


def _address_of_yield() -> int:
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address


class Crew:
    """Threads that run programs side by side; the caller is one of them."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._counter = np.zeros(8, np.int64)
        self._yield = _address_of_yield()
        self._caller = 0
        self._jobs: list[SimpleQueue[_Job | None]] = [SimpleQueue() for _ in range(n_workers - 1)]
        self._done: SimpleQueue[None] = SimpleQueue()
        common = (self._counter, self._yield, n_workers, self._done)
        self._threads = [
            threading.Thread(target=_work, args=(jobs, *common), name="vocoder", daemon=True) for jobs in self._jobs
        ]
        for thread in self._threads:
            thread.start()
        weakref.finalize(self, _dismiss, self._jobs)

    def run(self, programs: list[Program], n_frames: int) -> None:
        """One program per worker, to the end of all."""
        if threading.get_ident() != self._caller:
            # Whoever makes sound must not wait for threads that any busy program puts aside.
            self._caller = threading.get_ident()
            share_priority(self._threads)
        for jobs, program in zip(self._jobs, programs[1:], strict=True):
            jobs.put((program, n_frames))
        run(programs[0], n_frames, self._counter.ctypes.data, self.n_workers, self._yield)
        for _ in self._jobs:
            self._done.get()


_Job = tuple[Program, int]
"""A program and its frames."""


def _work(
    jobs: "SimpleQueue[_Job | None]",
    counter: NDArray[np.int64],
    give_way: int,
    n_workers: int,
    done: "SimpleQueue[None]",
) -> None:
    while (job := jobs.get()) is not None:
        run(job[0], job[1], counter.ctypes.data, n_workers, give_way)
        done.put(None)


def _dismiss(jobs: list[Any]) -> None:
    for queue in jobs:
        queue.put(None)
