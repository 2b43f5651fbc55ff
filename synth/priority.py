"""Asking the system to favour the sound threads; where it refuses, they run as any other."""

import os
import sys
import threading

_NICE = -11
"""What PulseAudio gives its own threads."""


def raise_thread_priority() -> bool:
    """Favour the calling thread where the system allows it to this user; True when it did."""
    if sys.platform != "linux":
        return False
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    except PermissionError:
        return False
    return True
