"""One process at a time: two windows that change the same small file read, change and write it one after the other."""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE_S = 2.0
_PAUSE_S = 0.01


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes' `alone_in` of this folder waiting.

    Goes on without after two seconds, and where the file system knows no locks: a lost change is better than a window
    that does not close. Leaves no file in the folder.
    """
    handle = -1
    with suppress(OSError):
        handle = _opened(folder)
        _wait_for(handle)
    try:
        yield
    finally:
        if handle >= 0:
            # Closing it gives the lock back.
            os.close(handle)


def _opened(folder: Path) -> int:
    place, flags = folder, os.O_RDONLY
    if sys.platform == "win32":
        # Folders cannot be opened there.
        name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:24]
        place, flags = Path(tempfile.gettempdir()) / f"petrichord-{name}.lock", os.O_RDWR | os.O_CREAT
    return os.open(place, flags)


def _wait_for(handle: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not _locked(handle) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)


def _locked(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:
        # Windows' way to say that another has it.
        return False
    return True
