"""Freed memory stays with the process once the command has prepared its environment, until much of it lies idle."""

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import ctypes, resource, sys

if "prepare" in sys.argv:
    from synth.commands.cli import prepare_environment
    prepare_environment()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
size, count = 4 << 20, 12

def once():
    blocks = [libc.malloc(size) for _ in range(count)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in reversed(blocks):
        libc.free(block)

once()
once()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    once()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / (5 * size * count / resource.getpagesize()))
"""

_PRESETS_COME_AND_GO = """
import sys, time
import numpy as np
from synth.commands.cli import prepare_environment
from synth.memory import FreedMemory, _resident_bytes

class Instrument:
    def __init__(self):
        self.parts, self.itself = [np.ones(1 << 17) for _ in range(60)], self

prepare_environment()
np.ones(1 << 24).sum()
before, kept = _resident_bytes(), []
with FreedMemory(every_s=0.02, step_bytes=int(sys.argv[1]) << 20) as freed:
    for _ in range(12):
        # In a circle, and with something small that stays above it.
        gone = Instrument()
        kept.append(np.ones(1 << 11))
        del gone
        time.sleep(0.05)
print((_resident_bytes() - before) >> 20, freed.turns)
"""

_MANY_THREADS = """
import sys, threading
import numpy as np
from synth.memory import _resident_bytes

if "prepare" in sys.argv:
    from synth.commands.cli import prepare_environment
    prepare_environment()
before, end = _resident_bytes(), threading.Event()

def work(done):
    [np.ones(1 << 13) for _ in range(100)]
    done.set()
    end.wait()

for _ in range(16):
    done = threading.Event()
    threading.Thread(target=work, args=(done,)).start()
    done.wait()
print((_resident_bytes() - before) >> 20)
end.set()
"""


def _faults(*arguments: str) -> float:
    """Page faults per page, of 48 MB that are taken, used and freed again and again."""
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_memory_that_was_freed_is_not_fetched_again_page_by_page() -> None:
    assert _faults() > 0.5, "there is nothing to prevent here, so that the rest would show nothing"
    assert _faults("prepare") < 0.01


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_what_presets_leave_behind_is_given_back_once_it_is_much() -> None:
    def grown_mb(step_mb: int) -> tuple[int, int]:
        command = [sys.executable, "-c", _PRESETS_COME_AND_GO, str(step_mb)]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
        return int(told[0]), int(told[1])

    left, never = grown_mb(100_000)
    assert never == 0 and left > 150, "nothing is left behind here, so that the rest would show nothing"
    kept, turns = grown_mb(32)
    # One instrument is 60 MB, and the one before it may lie there still.
    assert turns >= 3 and kept < 130


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_what_one_thread_has_freed_serves_the_next() -> None:
    def grown_mb(*arguments: str) -> int:
        command = [sys.executable, "-c", _MANY_THREADS, *arguments]
        return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)

    # One after another, 6 MB each.
    assert grown_mb() > 80, "there is nothing to prevent here, so that the rest would show nothing"
    assert grown_mb("prepare") < 40
