"""Files that are there whole or not at all: written under another name beside their place, and renamed at the end."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path, mode: int | None = None, suffix: str = ".part") -> Iterator[Path]:
    """An empty file to write to, which becomes `path` when all went well, and is removed otherwise.

    It ends in `suffix` until then, and then has the rights `mode`: by default those of the file that it replaces, or
    of any new file of this user. What `path` was stays readable as it was until the new content is on the disk.
    `OSError` when it cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".petrichord-", suffix=suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb+") as content:
            os.fsync(content.fileno())
        part.chmod(_usual_mode(path) if mode is None else mode)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def written_there(path: Path) -> Iterator[Path]:
    """The same for a place that somebody named: where a link leads, and what is no ordinary file itself.

    A file in a folder that takes no others is written in its place.
    """
    path = Path(os.path.realpath(path))
    if path.exists():
        path.open("ab").close()
    if path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK)):
        yield path
        return
    with written_whole(path) as part:
        yield part


def _usual_mode(path: Path) -> int:
    """The rights of a file, or those that a new one has; there is no way to ask for these without setting them."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
