"""Where numba keeps what it has compiled: in the user's cache folder, never in an installed package.

numba's own choice is the `__pycache__` beside the source. Files there outlive the package's removal, and the folder
that is left hides the next installation.
"""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs

VARIABLE = "NUMBA_CACHE_DIR"


def cache_folder() -> Path:
    """The user's own; need not exist. The second of its name: what two processes had compiled at once for the first
    could end a program."""
    return Path(platformdirs.user_cache_dir("petrichord", appauthor=False)) / "compiled-2"


def keep_compiled_code_apart() -> Path:
    """Tell numba, imported or not, where to keep what it compiles; the folder. One the user has named is used.

    Where neither can be written, a folder that is removed when the program ends: nothing is kept.
    """
    folder = Path(os.environ.get(VARIABLE, "") or cache_folder())
    if not _can_be_written(folder):
        # numba would go on to the source's own folder.
        folder = Path(tempfile.mkdtemp(prefix="petrichord-compiled-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    config: Any = sys.modules.get("numba.core.config")
    if config is not None:
        # It has read the variable already.
        config.CACHE_DIR = str(folder)
    return folder


@lru_cache(maxsize=64)
def compiled(signature: str, function: Callable[..., None], *, contract: bool = False) -> Callable[..., Any]:
    """`function` compiled by numba for one signature without the interpreter's lock, and kept on disk where there is a
    place for it; with `contract` a product and a sum may be rounded once.
    """
    from numba import njit

    keep_compiled_code_apart()
    options = {"nogil": True, "fastmath": {"contract"} if contract else False}
    try:
        return njit(signature, cache=True, **options)(function)  # type: ignore[no-any-return]
    except (RuntimeError, OSError):
        # RuntimeError: numba found no folder that it may write to. OSError: the folder is full, or has gone.
        return njit(signature, **options)(function)  # type: ignore[no-any-return]


def stamp_of(*sources: Path) -> int:
    """A number that changes with the text of these modules, for a function that is kept to enclose: numba asks only
    whether the function's own file has changed, and whether what it encloses has."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).digest()
    return int.from_bytes(digest[:6], "little")


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
