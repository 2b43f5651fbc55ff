"""File names that are no text: on Linux and macOS a name is bytes, and Python keeps odd ones as lone surrogates."""

import os
import sys
from pathlib import Path


def shown_name(name: str | Path) -> str:
    """A name that every screen and encoding can show: what is no text in it becomes “�”."""
    return os.fsencode(name).decode("utf-8", "replace") if sys.platform != "win32" else str(name)


def system_name(path: Path) -> str | bytes:
    """A name as C libraries take it: bytes, where names are bytes."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)
