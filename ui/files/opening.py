"""Showing a folder or a file in the system's own program for it."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from synth.thread_priority import ordinary


def show_in_system(path: Path) -> None:
    """In the file manager, or in what opens such files."""
    with ordinary():
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
