"""How a training is asked to end: by a signal, or because whoever started it has gone."""

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ALONE_S = 10.0


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C or a polite kill sets, so that a training ends between two iterations; a second Ctrl-C
    interrupts at once."""
    stop = threading.Event()

    def request(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)
    before = [signal.signal(number, request) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def stop_when_left_alone() -> None:
    """As Ctrl-C does, once the other end of standard input is closed, be it because its process was killed; and once
    more when the state should have been written: nobody waits for a last preset. Called in the main thread.

    A program that a shell began in its background passes on that Ctrl-C is ignored, and an interrupt that comes before
    the training has a handler of its own would be lost: such a trainer trained on without its window.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait() -> None:
        # Not `sys.stdin`: a thread that waits in its lock cannot be left behind when Python ends.
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        _thread.interrupt_main()
        time.sleep(_ALONE_S)
        _thread.interrupt_main()

    threading.Thread(target=wait, name="left-alone", daemon=True).start()
