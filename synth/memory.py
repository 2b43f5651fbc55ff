"""How the C library treats memory that was freed."""

import ctypes
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES, _MAPPED_BYTES = 256 << 20, 32 << 20


def keep_freed_memory() -> None:
    """Keep freed memory in the process for the next block instead of giving it back to the system.

    glibc gives large pieces back at once, and the next tensor of that size finds its pages missing: a thousand faults
    per block of sound while a large brush is drawn. Other C libraries are left as they are.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
            mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
