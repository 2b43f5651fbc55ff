"""How the C library treats memory that was freed."""

import ctypes
import gc
import mmap
import platform
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from synth.thread_priority import raise_thread_priority

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT_BYTES, _MAPPED_BYTES = 256 << 20, 32 << 20
_ARENAS = 4
"""By default every thread gets a stock of its own, up to eight a core, and no stock gives back what lies free at
its end: 20 threads that each made one preset keep 300 MB. Four are few enough for that, and more than threads that
hurry."""
_PAGE_BYTES = mmap.PAGESIZE


def keep_freed_memory() -> None:
    """Keep freed memory in the process for the next block instead of giving it back to the system.

    glibc gives large pieces back at once, and the next tensor of that size finds its pages missing: a thousand faults
    per block of sound while a large brush is drawn. Call it before threads start: they share the same few stocks then.
    Other C libraries are left as they are.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
            mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
            mallopt(_M_ARENA_MAX, _ARENAS)


class FreedMemory:
    """In a `with` block: a thread that gives back to the system what presets that are gone have left behind.

    A preset's instrument takes 25 MB and more. What is left of it lies between smaller things that stay, so that the
    next one rarely fits: an hour of changing presets would take gigabytes. Only when the process has grown by
    `step_bytes` since the last time, because what is given back must be fetched again. One turn holds the interpreter
    for 2 to 8 ms and takes up to 25 ms. Does nothing where the C library is not glibc.
    """

    def __init__(
        self, every_s: float = 5.0, step_bytes: int = 32 << 20, collect: Callable[[], object] = gc.collect
    ) -> None:
        """`collect` frees what lies in circles, at once or soon; the next turn finds what it frees later."""
        self._every_s, self._step_bytes, self._collect = every_s, step_bytes, collect
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freed memory", daemon=True)
        self.turns = 0
        """How often memory was given back."""

    def __enter__(self) -> "FreedMemory":
        if platform.libc_ver()[0] == "glibc":
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        raise_thread_priority("helper")
        trim = ctypes.CDLL(None).malloc_trim
        least = _resident_bytes()
        while not self._closing.wait(self._every_s):
            now = _resident_bytes()
            if now - least < self._step_bytes:
                least = min(least, now)
                continue
            self._collect()
            trim(0)
            least = _resident_bytes()
            self.turns += 1


def _resident_bytes() -> int:
    """Of this process, as Linux tells it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
