"""Asking the system to favour the sound threads; where it refuses, they run as any other."""

import os
import sys
import threading
from contextlib import suppress

_REALTIME = 5
"""Low among real-time priorities: above every ordinary process, below whatever the sound server asked for."""
_NICE = -11
"""What PulseAudio gives its own threads."""


def raise_thread_priority() -> bool:
    """Favour the calling thread, and the threads it will start, where the system allows it to this user.

    A better nice value alone does not help against other sessions: Linux shares the machine by session first. True
    when anything was granted.
    """
    granted = False
    if sys.platform == "linux":
        with suppress(PermissionError):
            if (os.cpu_count() or 1) > 1:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_REALTIME))
            else:
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
            granted = True
    return granted
