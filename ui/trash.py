"""The system's trash: files go there, and come back."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QFile

from synth.errors import PetrichordError


@dataclass(frozen=True)
class Trashed:
    """A file in the trash."""

    path: Path
    """Where it was."""
    there: Path | None
    """Where it lies now; None on systems that do not tell: there it can only be brought back by hand."""


def move_to_trash(path: Path) -> Trashed | None:
    """None where there is no trash or the file cannot be moved there."""
    file = QFile(str(path))
    if not file.moveToTrash():
        return None
    there = Path(file.fileName())
    return Trashed(path, there if file.fileName() and there != path else None)


def bring_back(trashed: Trashed) -> None:
    """Move a file from the trash to where it was; `PetrichordError` when another is there, or it cannot be moved."""
    path, there = trashed.path, trashed.there
    if there is None or not there.exists():
        raise PetrichordError(f"“{path.stem}” is no longer where it lay in the trash: look for it there yourself.")
    if path.exists():
        raise PetrichordError(f"“{path.stem}” stays in the trash: {path} is there again; rename that one first.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(there, path)
    except OSError as error:
        raise PetrichordError(
            f"“{path.stem}” stays in the trash: {path} cannot be written ({error.strerror or error})."
        ) from error
    if there.parent.name == "files":
        # What the freedesktop.org trash knows about it; without its file it would be shown as one that is missing.
        with contextlib.suppress(OSError):
            (there.parent.with_name("info") / f"{there.name}.trashinfo").unlink()
