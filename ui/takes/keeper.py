"""Takes' files, handled away from the window's thread: listed, read, renamed, moved to the trash."""

import contextlib
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.errors import PetrichordError, RecordingError, of_the_program
from synth.takes.companion import companion_of
from synth.takes.files import TakeCard, list_takes, read_take, rename_take
from synth.takes.part import Part, save_part
from ui.files.trash import Removal, move_to_trash


class TakeKeeper(QObject):
    """Does one thing after the other in a thread of its own and tells what came of it."""

    listed = Signal(object)
    """All takes of a folder, newest first: a list of paths; their cards follow."""
    card_read = Signal(Path, object)
    """A `TakeCard`, or the sentence that says why there is none."""
    measured = Signal(Path, float)
    """A take's length in seconds."""
    newest = Signal(object)
    """The take of a folder that was recorded last, or None."""
    renamed = Signal(Path, Path)
    part_saved = Signal(Path, Path)
    """A take, and the new file that holds a part of it."""
    trashed = Signal(Path, object, bool)
    """A take, its `Removal`, None where it cannot be brought back, and whether this was undone before."""
    returned = Signal(Path)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="take-keeper")
        self._cards: dict[tuple[Path, int, int], TakeCard] = {}
        self._closed = False
        self._round = 0

    def close(self) -> None:
        """Finish what is being done; nothing arrives any more."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def look(self, folder: Path, besides: Path | None) -> None:
        """List a folder's takes but the one being recorded, then read them; an earlier look is given up."""
        self._round += 1
        self._do(lambda turn=self._round: self._look(folder, besides, turn))  # type: ignore[misc]

    def find_newest(self, folder: Path) -> None:
        """Look which take of a folder was recorded last."""
        self._do(lambda: self._tell(self.newest, next(iter(list_takes(folder)), None)))

    def rename(self, path: Path, name: str) -> None:
        """Give a take, and what lies beside it, another name."""
        self._do(lambda: self._tell(self.renamed, path, rename_take(path, name)))

    def save_part(self, path: Path, part: Part) -> None:
        """Write a part of a take into a file of its own."""
        self._do(lambda: self._tell(self.part_saved, path, save_part(path, part)))

    def trash(self, path: Path, removal: Removal | None = None) -> None:
        """Move a take, and what lies beside it, to the system's trash, for the first time or once more."""

        def work() -> None:
            if removal is not None and not removal.must_go():
                return
            take, beside = move_to_trash(path), companion_of(path)
            if take is None:
                raise RecordingError(f"This system has no trash for {path}: it is kept; delete the file yourself.")
            companion = move_to_trash(beside) if beside.exists() else None
            files = (take,) if companion is None else (take, companion)
            gone = removal or Removal(path, self)
            gone.files = files if all(file.there for file in files) else ()
            self._tell(self.trashed, path, gone if gone.files else None, removal is not None)
            if companion is None and beside.exists():
                raise RecordingError(f"“{path.stem}” is in the trash, but {beside.name} beside it could not be moved.")

        self._do(work)

    def bring_back(self, removal: Removal) -> None:
        """Take a take, and what lay beside it, out of the trash again."""

        def work() -> None:
            if removal.bring_back():
                self._tell(self.returned, removal.path)

        self._do(work)

    def measure(self, path: Path) -> None:
        """Look how long a take became; one that is gone is not told."""

        def work() -> None:
            with contextlib.suppress(RecordingError):
                self._tell(self.measured, path, read_take(path, n_places=1).seconds)

        self._do(work)

    def _look(self, folder: Path, besides: Path | None, turn: int) -> None:
        paths = [path for path in list_takes(folder) if path != besides]
        self._tell(self.listed, paths)
        seen = {}
        for path in paths:
            if self._closed or turn != self._round:
                return
            try:
                stat = path.stat()
                key = path, stat.st_mtime_ns, stat.st_size
                beside = companion_of(path).is_file()
                card = self._cards.get(key)
                if card is None or card.continuable != beside:
                    card = read_take(path)
                seen[key] = card
                self._tell(self.card_read, path, card)
            except (RecordingError, OSError) as problem:
                self._tell(self.card_read, path, str(problem))
        self._cards = seen

    def _tell(self, signal: object, *what: object) -> None:
        if not self._closed:
            signal.emit(*what)  # type: ignore[attr-defined]

    def _do(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except PetrichordError as problem:
                self._tell(self.failed, str(problem))
            except Exception as problem:
                # A fault of ours: into the log with it.
                sys.excepthook(type(problem), problem, problem.__traceback__)
                self._tell(self.failed, of_the_program(problem))

        if not self._closed:
            self._pool.submit(run)
