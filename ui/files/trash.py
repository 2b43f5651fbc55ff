"""The system's trash: files go there, and come back, and what the hand's history knows of that."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QFile

from synth.errors import PetrichordError


@dataclass(frozen=True)
class Trashed:
    """A file in the trash."""

    path: Path
    """Where it was."""
    there: Path | None
    """Where it lies now; None on systems that do not tell: there it can only be brought back by hand."""


class Keeper(Protocol):
    """Who moves a kind of file to the trash, in a thread of its own, and says what came of it."""

    def trash(self, path: Path, removal: "Removal | None" = None) -> None:
        """Move the file there, for the first time or as this removal once more."""

    def bring_back(self, removal: "Removal") -> None:
        """Take what the removal moved out of the trash."""


class Removal:
    """One thing that a hand moved to the trash: a step of its history, which goes back and forth."""

    def __init__(self, path: Path, keeper: Keeper, name: str = "") -> None:
        """`name` is what people know it by, if that is not its file's."""
        self.path, self.name = path, name or path.stem
        self.label = f"Move “{self.name}” to the trash"
        self.files: tuple[Trashed, ...] = ()
        """What of it lies in the trash; the keeper's thread alone changes it."""
        self._keeper = keeper

    def undo(self) -> None:
        """It is to come back."""
        self._keeper.bring_back(self)

    def redo(self) -> None:
        """It is to go there again."""
        self._keeper.trash(self.path, self)

    def bring_back(self) -> bool:
        """Move its files to where they were; False when none is in the trash, `PetrichordError` as `bring_back`."""
        some = bool(self.files)
        while self.files:
            bring_back(self.files[0], self.name)
            self.files = self.files[1:]
        return some

    def must_go(self) -> bool:
        """Whether it has to be moved again: False while it is in the trash; `PetrichordError` when it is nowhere."""
        if not self.files and not self.path.exists():
            raise PetrichordError(f"“{self.name}” is not where it was: it was moved or renamed.")
        return not self.files


def move_to_trash(path: Path) -> Trashed | None:
    """None where there is no trash or the file cannot be moved there."""
    file = QFile(str(path))
    # Qt drops what is no text in a name, and would move another file.
    if file.fileName() != str(path) or not file.moveToTrash():
        return None
    there = Path(file.fileName())
    return Trashed(path, there if file.fileName() and there != path else None)


def bring_back(trashed: Trashed, name: str) -> None:
    """Move a file from the trash to where it was; `PetrichordError` when another is there, or it cannot be moved."""
    path, there = trashed.path, trashed.there
    if there is None or not there.exists():
        raise PetrichordError(f"“{name}” is no longer where it lay in the trash: look for it there yourself.")
    if path.exists():
        raise PetrichordError(f"“{name}” stays in the trash: {path} is there again; rename that one first.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(there, path)
    except OSError as error:
        raise PetrichordError(
            f"“{name}” stays in the trash: {path} cannot be written ({error.strerror or error})."
        ) from error
    if there.parent.name == "files":
        # What the freedesktop.org trash knows about it; without its file it would be shown as one that is missing.
        with contextlib.suppress(OSError):
            (there.parent.with_name("info") / f"{there.name}.trashinfo").unlink()
