"""Presets' files, handled away from the window's thread: cards, save, rename, duplicate, take in, trash."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.engine.protocol import Capture
from synth.errors import PetrichordError, PresetError, of_the_program
from synth.file_names import shown_name
from synth.instrument.as_preset import as_preset
from synth.instrument.parameters.values import ParameterValues
from synth.presets.about import About
from synth.presets.bank import Import, export_bank, import_bank
from synth.presets.card import preset_name, read_card
from synth.presets.file import load_preset
from synth.presets.library import bundled_folder
from synth.presets.model import Preset
from synth.presets.user_folder import adopt, duplicate, rename, save_as, unused_name
from ui.controls.motion.model import Motion
from ui.files.trash import Removal, move_to_trash

_ANSWER_S = 3.0


@dataclass(frozen=True)
class Change:
    """What became of the files."""

    sentence: str
    added: Path | None = None
    removed: Path | None = None
    bundled: bool = False
    """True when what was added is a bundled preset that shows again."""
    kept: Preset | None = None
    """The preset that was just made from what plays."""
    load: bool = False
    """True when what was added is to be played."""
    renamed: bool = False
    """What was removed has another name now, and is what was added."""
    name: str = ""
    """That name."""
    removal: Removal | None = None
    """How what was removed went to the trash, if it can be brought back."""
    again: bool = False
    """The removal was undone, and now done again."""
    about: About | None = None
    """What is said of it now, where that was changed."""
    more: tuple[Path, ...] = ()
    """What else was added."""


class Librarian(QObject):
    """Does one thing after the other in a thread of its own and tells what came of it."""

    changed = Signal(Change)
    failed = Signal(str)
    card_read = Signal(Path, object)
    """A `Card`, or the sentence that says why there is none."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="librarian")
        self._closed = False

    def close(self) -> None:
        """Finish what is being written; nothing arrives any more."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, path: Path) -> None:
        """Read a preset's card."""
        self._pool.submit(self._read, path)

    def save(
        self,
        capture: "Future[Capture]",
        controls: ParameterValues,
        motion: Motion,
        name: str,
        overwrite: bool,
        about: About | None = None,
    ) -> None:
        """Keep what plays as a preset of the user's, of which this is said; None says what is said of what plays."""
        self._do(partial(self._save, capture, controls, motion, name, overwrite, about))

    def rename(self, path: Path, name: str) -> None:
        """Give a user's preset another name."""

        def work() -> Change:
            before = preset_name(path)
            renamed = rename(path, name, self.folder)
            return Change(f"“{before}” is now “{name.strip()}”.", renamed, path, renamed=True, name=name.strip())

        self._do(work)

    def revise(self, path: Path, name: str, about: About) -> None:
        """Say something else about a user's preset; it may have another name as well."""

        def work() -> Change:
            before = preset_name(path)
            revised = rename(path, name, self.folder, about)
            named = name.strip() != before
            said = f"“{before}” is now “{name.strip()}”." if named else f"The details of “{before}” are saved."
            return Change(said, revised, path if named else None, renamed=named, name=name.strip(), about=about)

        self._do(work)

    def duplicate(self, path: Path) -> None:
        """Copy a preset, also a bundled one, into the user's folder."""

        def work() -> Change:
            copy = duplicate(path, self.folder)
            return Change(f"“{preset_name(copy)}” is your own copy.", copy)

        self._do(work)

    def adopt(self, path: Path, *, load: bool = True) -> None:
        """Take a file from elsewhere into the user's folder, and play it."""

        def work() -> Change:
            adopted = adopt(path, self.folder)
            return Change(f"“{preset_name(adopted)}” was added to your presets.", adopted, load=load)

        self._do(work)

    def import_bank(self, path: Path) -> None:
        """Take the presets of a bank among the user's; what plays goes on."""

        def work() -> Change:
            return Change(_told_of_import(path, done := self._imported(path)), more=done.added)

        self._do(work)

    def export_bank(self, paths: list[Path], file: Path) -> None:
        """Put presets into one file."""

        def work() -> Change:
            done = export_bank(paths, file)
            said = f"{_counted(len(done.written))} in {file.name}."
            return Change(f"{said} {_first_of(done.left)}".strip())

        self._do(work)

    def _imported(self, path: Path) -> Import:
        return import_bank(path, self.folder, bundled_folder(), lambda: self._closed)

    def keep(self, path: Path, name: str) -> None:
        """Put a preset that was grown here among the user's, under this name or the next that is free, and play it."""

        def work() -> Change:
            preset = load_preset(path)
            kept_at = save_as(replace(preset, name=unused_name(name, self.folder, bundled_folder())), self.folder)
            return Change(f"“{preset_name(kept_at)}” was added to your presets.", kept_at, load=True)

        self._do(work)

    def trash(self, path: Path, removal: Removal | None = None) -> None:
        """Move a user's preset to the system's trash, for the first time or as this removal once more."""
        self._do(partial(self._trash, path, removal))

    def bring_back(self, removal: Removal) -> None:
        """Take a preset out of the trash again."""

        def work() -> Change | None:
            if not removal.bring_back():
                return None
            hidden = bundled_folder() / removal.path.name
            return Change(f"“{removal.name}” is back.", removal.path, hidden if hidden.is_file() else None)

        self._do(work)

    def _read(self, path: Path) -> None:
        try:
            card: object = read_card(path)
        except PetrichordError as problem:
            card = str(problem)
        if not self._closed:
            self.card_read.emit(path, card)

    def _save(
        self,
        capture: "Future[Capture]",
        controls: ParameterValues,
        motion: Motion,
        name: str,
        overwrite: bool,
        about: About | None,
    ) -> Change:
        try:
            caught = capture.result(_ANSWER_S)
        except NoAnswer as error:
            raise PresetError(f"“{name}” was not saved: the sound engine does not answer; start again.") from error
        tuning = None if caught.instrument is None else caught.instrument.tuning
        played = as_preset(caught.preset, caught.state, controls, name, tuning, motion.routes, motion.region)
        preset = replace(played, macro_names=motion.macro_names if any(motion.macro_names) else ())
        preset = preset if about is None else preset.with_about(about)
        path = save_as(preset, self.folder, overwrite=overwrite)
        hidden = bundled_folder() / path.name
        return Change(
            f"“{preset.name}” is saved among your presets.", path, hidden if hidden.is_file() else None, kept=preset
        )

    def _trash(self, path: Path, removal: Removal | None) -> Change | None:
        if removal is not None and not removal.must_go():
            return None
        name = preset_name(path)
        trashed = move_to_trash(path)
        if trashed is None:
            raise PresetError(f"This system has no trash for {path}: “{name}” is kept; delete the file yourself.")
        shows_again = bundled_folder() / path.name
        bundled = shows_again if shows_again.is_file() else None
        again, removal = removal is not None, removal or Removal(path, self, name)
        removal.files = (trashed,) if trashed.there else ()
        return Change(
            f"“{name}” is in the trash.", bundled, path, bundled=bundled is not None,
            removal=removal if removal.files else None, again=again,
        )  # fmt: skip

    def _do(self, work: Callable[[], Change | None]) -> None:
        def run() -> None:
            try:
                change = work()
            except PetrichordError as problem:
                self._tell(str(problem))
            except Exception as problem:
                # A fault of ours: into the log with it.
                sys.excepthook(type(problem), problem, problem.__traceback__)
                self._tell(of_the_program(problem))
            else:
                if change is not None and not self._closed:
                    self.changed.emit(change)

        self._pool.submit(run)

    def _tell(self, problem: str) -> None:
        if not self._closed:
            self.failed.emit(problem)


def _told_of_import(path: Path, done: Import) -> str:
    said = f"{_counted(len(done.added))} of {shown_name(path.name)} added to yours."
    if done.there:
        said += f" {_counted(len(done.there))} you had already."
    return f"{said} {_first_of(done.left)}".strip()


def _first_of(sentences: tuple[str, ...]) -> str:
    """The first of them, and how many more there are."""
    more = f" ({len(sentences) - 1} more were left out as well.)" if len(sentences) > 1 else ""
    return f"{sentences[0]}{more}" if sentences else ""


def _counted(n: int) -> str:
    return "1 preset" if n == 1 else f"{n} presets"
