"""Asking the system to favour the sound threads; where it refuses, they run as any other."""

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Literal

Role = Literal["sound", "worker", "helper"]
"""Threads that make or move sound, those that one of them waits for, and those that merely share the interpreter with
them: one that is put aside while it holds the interpreter holds up everybody."""

_REALTIME: dict[Role, int] = {"sound": 5, "worker": 4, "helper": 2}
"""Low among real-time priorities: above every ordinary process, not above the sound server."""
_NICE = -11
"""What PulseAudio gives its own threads."""
_SWITCH_INTERVAL_S = 0.0001


def raise_thread_priority(role: Role) -> bool:
    """Favour the calling thread, and the threads it will start, where the system allows it to this user.

    A better nice value alone does not help against other sessions: Linux shares the machine by session first. True
    when anything was granted.
    """
    granted = False
    if sys.platform == "linux":
        with suppress(PermissionError):
            if (os.cpu_count() or 1) > 1:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_REALTIME[role]))
            else:
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
            granted = True
    return granted


def share_priority(workers: list[threading.Thread]) -> None:
    """Favour threads the caller waits for, should it be favoured itself.

    From here, not by themselves: on a busy machine it may be long before a thread of ordinary priority runs at all.
    """
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_RR:
        for worker in workers:
            if worker.native_id is not None:
                with suppress(PermissionError, ProcessLookupError):
                    os.sched_setscheduler(worker.native_id, os.SCHED_RR, os.sched_param(_REALTIME["worker"]))


@contextmanager
def favoured(role: Role) -> Iterator[None]:
    """`raise_thread_priority` for a while: as it was afterwards."""
    if sys.platform == "linux":
        policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
        raise_thread_priority(role)
        try:
            yield
        finally:
            with suppress(PermissionError):
                os.sched_setscheduler(0, policy, parameter)
    else:
        yield


@contextmanager
def ordinary() -> Iterator[None]:
    """Other programs are started in here: they would inherit the calling thread's real-time priority, whatever their
    nice value is, and keep even the sound server waiting."""
    if sys.platform == "linux" and os.sched_getscheduler(0) != os.SCHED_OTHER:
        policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        try:
            yield
        finally:
            with suppress(PermissionError):
                os.sched_setscheduler(0, policy, parameter)
    else:
        yield


@cache
def spare_the_sound() -> None:
    """Set this interpreter up so that other threads hold the lock shortly and collections are short.

    Once only: a second time would keep for ever what an engine before this one has left to be collected, 33 MB or more.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.collect()
    # What is loaded by now stays: later collections need not walk through all of torch.
    gc.freeze()
