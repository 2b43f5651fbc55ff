"""One at a time: two windows that change the same small file read, change and write it one after the other, and what is
worked on in one is not offered in another."""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

_PATIENCE_S = 2.0
_PAUSE_S = 0.01
_PROBED_S = 0.1
"""Whoever looks whether a claim holds has it locked for a moment."""
_BEYOND = 1 << 20
"""Windows' locks keep others from reading what is locked: a byte after the process's number is."""


@contextmanager
def alone_in(folder: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Keep other processes' `alone_in` of this folder waiting.

    Goes on without after `patience_s`, and where the file system knows no locks: a lost change is better than a window
    that does not close. Leaves no file in the folder.
    """
    handle = -1
    with suppress(OSError):
        handle = _opened(folder)
        _wait_for(handle, patience_s)
    try:
        yield
    finally:
        if handle >= 0:
            # Closing it gives the lock back.
            os.close(handle)


class Claim:
    """A file that says which process works on what lies beside it, for as long as that process lives.

    The system gives the lock back when the process ends, however it ends: what is left of a claim then holds nothing.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path, self._handle = path, handle

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """The claim, None while somebody has it. Where files cannot be locked, one that keeps nobody out."""
        handle = -1
        try:
            while not _is_still(path, handle):
                if handle >= 0:
                    os.close(handle)
                handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
                if not _wait_for(handle, _PROBED_S, _BEYOND):
                    os.close(handle)
                    return None
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
        except OSError:
            # A read-only folder, or a file system without locks.
            pass
        return cls(path, handle)

    def release(self) -> None:
        """Give it back; the file goes."""
        handle, self._handle = self._handle, -1
        if handle < 0:
            return
        if sys.platform == "win32":
            # An open file cannot be removed there.
            os.close(handle)
        with suppress(OSError):
            self.path.unlink()
        if sys.platform != "win32":
            os.close(handle)


def claimed_by(path: Path) -> int | None:
    """The number of the process that has the claim, 0 where it cannot be read; None while nobody has."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        if _locked(handle, _BEYOND, shared=True):
            return None
        return int(os.read(handle, 32) or 0)
    except OSError:
        return None
    except ValueError:
        return 0
    finally:
        # What was locked to look is given back.
        os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    """The name leads to this file: who had it may have removed it between our opening and our locking."""
    if handle < 0:
        return False
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _opened(folder: Path) -> int:
    place, flags = folder, os.O_RDONLY
    if sys.platform == "win32":
        # Folders cannot be opened there.
        name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:24]
        place, flags = Path(tempfile.gettempdir()) / f"petrichord-{name}.lock", os.O_RDWR | os.O_CREAT
    return os.open(place, flags)


def _wait_for(handle: int, patience_s: float = _PATIENCE_S, at: int = 0) -> bool:
    deadline = time.monotonic() + patience_s
    while not (locked := _locked(handle, at)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
    return locked


def _locked(handle: int, at: int = 0, *, shared: bool = False) -> bool:
    """Lock it, unless another has it; `at` is the byte that Windows locks. `shared`: with others who share it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, at, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:
        # Windows' way to say that another has it.
        return False
    return True
