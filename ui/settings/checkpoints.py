"""BigVGAN's published checkpoints and what is done with them: asked for, downloaded, chosen, removed; in a thread."""

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from synth.errors import PetrichordError, VocoderUnavailable
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, Checkpoint
from synth.vocoder.bigvgan.fetch import Patience
from synth.vocoder.bigvgan.folders import cached, installed, user_folder
from synth.vocoder.bigvgan.refusals import DownloadCancelled
from synth.vocoder.choice import Choice, read_choice, store_choice
from ui.files.trash import move_to_trash
from ui.settings.errand import Errand

_TELL_EVERY_MS = 100


@dataclass(frozen=True)
class Here:
    """What there is of one checkpoint on this machine."""

    checkpoint: Checkpoint
    folder: Path | None = None
    """Both its files are there."""
    in_cache: bool = False
    """They lie in the Hugging Face cache, which is not ours to clean."""
    part_bytes: int = 0
    """Of a download that broke off."""


@dataclass(frozen=True)
class Shelf:
    """All nine, and the choice."""

    checkpoints: tuple[Here, ...]
    choice: Choice
    problem: str = ""


def look() -> Shelf:
    """Look at the disk; the first time this imports the hub's library, which takes half a second."""
    choice, problem = read_choice()
    return Shelf(tuple(_here(known) for known in CHECKPOINTS), choice, problem)


def _here(known: Checkpoint) -> Here:
    own = installed(known.name)
    folder = own or cached(known.name)
    part = sum(file.stat().st_size for place in _parts(known) for file in place.glob("*") if file.is_file())
    return Here(known, folder, folder is not None and own is None, part)


def _parts(known: Checkpoint) -> list[Path]:
    return list(user_folder().glob(f".{known.name}-*.part"))


class Keeper(QObject):
    """One errand at a time; everything that comes of it arrives as a signal in the window's thread."""

    looked = Signal(object)
    """A `Shelf`."""
    offered = Signal(object)
    """A `hub.Offer`: size and licence, before anything is downloaded."""
    progressed = Signal(object, object)
    """Bytes there are, and will be."""
    done = Signal(str)
    """A sentence: it has been done."""
    failed = Signal(str)
    """A sentence: it has not, why, and what helps."""
    told = Signal(str)
    """A sentence: what is waited for."""
    chosen = Signal()
    """Another vocoder is stored as the choice."""
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.patience = Patience()
        self.downloading = self.asking = False
        self._cancel = threading.Event()
        self._have = self._told = (0, 0)
        self._ticks = QTimer(self)
        self._ticks.setInterval(_TELL_EVERY_MS)
        self._ticks.timeout.connect(self._tell_progress)
        self._errand, self._looks = Errand(self), Errand(self)
        self._errand.done.connect(self._finish)
        self._errand.failed.connect(self._fail)
        self._looks.done.connect(self._show)
        self._look_again = False

    @property
    def busy(self) -> bool:
        """Something other than looking is under way."""
        return self._errand.busy

    def look(self) -> None:
        """Look at what is here, and once more when something may have changed while it was looked at."""
        self._look_again = not self._looks.run(look)

    def _show(self, shelf: object) -> None:
        if self._look_again:
            self.look()
        self.looked.emit(shelf)

    def ask(self, known: Checkpoint) -> None:
        """Ask the hub for size and licence."""
        from synth.vocoder.bigvgan import hub

        self._cancel = cancel = threading.Event()
        self.asking = True
        self._run(lambda: hub.ask(known, self.patience.timeout_s, cancel, self.told.emit))

    def get(self, offer: object) -> None:
        """Download what was offered, from where it broke off."""
        from synth.vocoder.bigvgan import hub

        assert isinstance(offer, hub.Offer)
        self._cancel = cancel = threading.Event()

        def download() -> str:
            folder = hub.install(offer, self._progress, cancel, self.patience, self.told.emit)
            return f"{offer.checkpoint.name} is installed in {folder}. “Use” plays it, “Verify” measures it."

        self.downloading = True
        self._ticks.start()
        self._run(download)

    def cancel(self) -> None:
        """Stop the download, or waiting for the hub; what has arrived is kept."""
        self._cancel.set()

    def use(self, here: Here) -> None:
        """Read the checkpoint through and make it the choice."""

        def use() -> str:
            from synth.vocoder.bigvgan.weights import read_tensors

            if here.folder is None:
                raise VocoderUnavailable(f"{here.checkpoint.name} is not here: get it first.")
            read_tensors(here.folder)
            store_choice(Choice("bigvgan", here.checkpoint.name))
            self.chosen.emit()
            return (
                f"{here.checkpoint.name} is your choice; it plays presets of the format {here.checkpoint.format.name}."
            )

        self._run(use)

    def choose(self, choice: Choice) -> None:
        """Make this the choice."""

        def store() -> str:
            store_choice(choice)
            self.chosen.emit()
            return ""

        self._run(store)

    def remove(self, here: Here) -> None:
        """Move the checkpoint, and what is left of its downloads, to the trash."""

        def remove() -> str:
            name = here.checkpoint.name
            own = installed(name)
            for folder in (*([own] if own else []), *_parts(here.checkpoint)):
                if not move_to_trash(folder):
                    raise PetrichordError(
                        f"This system has no trash for {folder}: it is kept; delete the folder yourself."
                    )
            if read_choice()[0].checkpoint == name and cached(name) is None:
                store_choice(Choice())
                self.chosen.emit()
                return f"{name} is in the trash; what plays is chosen automatically again."
            return f"{name} is in the trash."

        self._run(remove)

    def end(self) -> None:
        """The window closes; a download goes on where it stopped another time."""
        self._cancel.set()
        self._ticks.stop()
        self._errand.end()
        self._looks.end()

    def _run(self, work: object) -> None:
        assert callable(work)
        if self._errand.run(work):
            self.busy_changed.emit(True)
        else:
            self.downloading = self.asking = False
            self.failed.emit("Something else is under way: wait for it, or cancel it.")

    def _progress(self, have: int, of: int) -> None:
        """On the errand's thread, for every 64 kB; the window looks ten times a second."""
        self._have = (have, of)

    def _tell_progress(self) -> None:
        if self._have != self._told:
            self._told = self._have
            self.progressed.emit(*self._have)

    def _finish(self, result: object) -> None:
        self._rest()
        if isinstance(result, str):
            if result:
                self.done.emit(result)
        else:
            self.offered.emit(result)

    def _fail(self, problem: PetrichordError) -> None:
        self._rest()
        (self.done if isinstance(problem, DownloadCancelled) else self.failed).emit(str(problem))

    def _rest(self) -> None:
        self._ticks.stop()
        self._tell_progress()
        self.downloading = self.asking = False
        self.busy_changed.emit(False)
        self.look()
