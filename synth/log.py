"""The log file: what went unexpectedly wrong, for a report."""

import datetime
import platform
import tempfile
import traceback
from pathlib import Path

import platformdirs

from synth import __version__

_MAX_BYTES = 1_000_000


def log_path() -> Path:
    """Where unexpected errors are written; need not exist."""
    return Path(platformdirs.user_log_dir("petrichord", appauthor=False)) / "petrichord.log"


def log_unexpected(error: BaseException) -> Path:
    """Append `error` with its traceback; returns the file, in the temporary folder if need be."""
    entry = (
        f"--- {datetime.datetime.now().isoformat(timespec='seconds')} petrichord {__version__}, Python "
        f"{platform.python_version()}, {platform.platform()}\n{''.join(traceback.format_exception(error))}\n"
    )
    usual = log_path()
    try:
        usual.parent.mkdir(parents=True, exist_ok=True)
        _append(usual, entry)
        return usual
    except OSError:
        fallback = Path(tempfile.gettempdir()) / "petrichord.log"
        _append(fallback, entry)
        return fallback


def _append(path: Path, entry: str) -> None:
    """Append, first moving a log that has grown large out of the way."""
    if path.exists() and path.stat().st_size > _MAX_BYTES:
        path.replace(path.with_suffix(".old.log"))
    # Names that are no text are lone surrogates, which UTF-8 lacks.
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(entry)
