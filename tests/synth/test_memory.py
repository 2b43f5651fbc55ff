"""Freed memory stays with the process once the command has prepared its environment."""

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


def _faults(*arguments: str) -> float:
    """Page faults per page, of 48 MB that are taken, used and freed again and again."""
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_memory_that_was_freed_is_not_fetched_again_page_by_page() -> None:
    assert _faults() > 0.5, "there is nothing to prevent here, so that the rest would show nothing"
    assert _faults("prepare") < 0.01
