"""Choosing a file without holding anything up: the dialog is a window of its own, and the music goes on."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def choose_file(parent: QWidget, title: str, pattern: str, chosen: Callable[[Path], object]) -> QFileDialog:
    """Show a dialog for one existing file and return at once; `chosen` is told which, if any."""
    return _shown(QFileDialog(parent, title, "", pattern), QFileDialog.FileMode.ExistingFile, chosen)


def choose_new_file(
    parent: QWidget, title: str, start: Path, pattern: str, suffix: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """The same for a file to write, which has this suffix; the dialog asks before one is replaced."""
    dialog = QFileDialog(parent, title, str(start), pattern)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    return _shown(dialog, QFileDialog.FileMode.AnyFile, chosen)


def choose_folder(parent: QWidget, title: str, start: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """The same for a folder."""
    return _shown(QFileDialog(parent, title, str(start)), QFileDialog.FileMode.Directory, chosen)


def _shown(dialog: QFileDialog, mode: QFileDialog.FileMode, chosen: Callable[[Path], object]) -> QFileDialog:
    dialog.setFileMode(mode)
    dialog.setWindowModality(Qt.WindowModality.NonModal)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    # Not `exec` nor `open`: the one waits with Python's lock held, the other keeps the window from being played.
    dialog.show()
    return dialog
