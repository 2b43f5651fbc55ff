"""A screen of our own for windows that are measured or photographed: Xvfb, software rendering only."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator


@contextlib.contextmanager
def virtual_display(width: int = 1400, height: int = 900) -> Iterator[dict[str, str]]:
    """Environment in which windows open on a fresh X server; AssertionError when Xvfb is missing."""
    assert shutil.which("Xvfb"), "Xvfb is missing: install xvfb"
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as reader:
        number = reader.readline().strip()
    assert number, "Xvfb did not start"
    try:
        yield {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait(10)
