"""Between transport, sheet of takes and engine: where takes go, how they are written, what is done with them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.engine.protocol import EngineControl, Status
from synth.takes.companion import companion_of
from synth.takes.recorder import default_take_folder, default_take_path
from synth.takes.wav import SampleFormat
from ui.files.file_dialog import choose_folder
from ui.files.opening import show_in_system
from ui.files.trash import Removal
from ui.look.clock import clock
from ui.look.shortcuts import on_key
from ui.perform.transport import Transport
from ui.presets.loader import Loader
from ui.takes.keeper import TakeKeeper
from ui.takes.sheet import TakesSheet
from ui.widgets.banner import Banner, Remedy

Branch = Callable[[Path, float, Callable[[float], object]], int]
"""Plays on from a take at a time in seconds, tells its progress as a share, and answers the loader's number of it."""


class TakeDesk(QObject):
    """One per window; `folder` and `sample_format` are what the next take is recorded with."""

    options_changed = Signal(str, bool)
    """Sample format and whether to wait for sound: to be remembered."""
    folder_changed = Signal(Path)
    removed = Signal(object)
    """A `Removal`: a take went to the trash."""
    return_asked = Signal(object)
    """It is wanted back."""
    _progressed = Signal(float)

    def __init__(
        self,
        engine: EngineControl,
        transport: Transport,
        sheet: TakesSheet,
        banner: Banner,
        load: Callable[[Path], None],
        branch: Branch,
        loader: Loader,
    ) -> None:
        super().__init__(sheet)
        self._engine, self._transport, self.sheet, self._banner, self._load = engine, transport, sheet, banner, load
        self._branch, self._loader = branch, loader
        self._branching: tuple[int, Path, float] | None = None
        """The loader's number of what is gone back to, its take and the time in it."""
        self.folder: Path | None = None
        """None is the usual one in the user's music folder."""
        self.sample_format: SampleFormat = "pcm24"
        self.wait = True
        self._moved: dict[Path, Path] = {}
        """Takes the engine knows by a name they no longer have."""
        self._gone: set[Path] = set()
        """By their latest names, those in the trash."""
        self._last: Path | None = None
        self._earlier: Path | None = None
        """The newest take in the folder, of whatever start of the program."""
        self._recording: Path | None = None
        self.playing: Path | None = None
        self._preset = ""
        self.keeper = TakeKeeper(self)
        self._connect()
        self._show_options()

    def _connect(self) -> None:
        transport, sheet, keeper = self._transport, self.sheet, self.keeper
        transport.record_asked.connect(self._record)
        transport.takes.clicked.connect(sheet.toggle)
        transport.options.chosen.connect(self.set_options)
        transport.folder_asked.connect(self._show_folder)
        sheet.opened.connect(self.refresh)
        sheet.play_asked.connect(self.play_or_stop)
        sheet.continue_asked.connect(self._continue)
        sheet.branch.asked.connect(self._go_back)
        sheet.branch.left.connect(self._give_up)
        sheet.part.play_asked.connect(self._engine.play_take)
        sheet.part.stop_asked.connect(self._engine.stop_take)
        sheet.part.save_asked.connect(keeper.save_part)
        keeper.part_saved.connect(self._note_part)
        keeper.failed.connect(lambda _: sheet.part.show_saved())
        self._progressed.connect(sheet.branch.show_progress)
        self._loader.loaded.connect(self._note_loaded)
        self._loader.failed.connect(self._note_failed)
        sheet.rename_asked.connect(keeper.rename)
        sheet.trash_asked.connect(self._trash)
        sheet.folder_asked.connect(self._show_folder)
        sheet.elsewhere.clicked.connect(self.choose_folder)
        keeper.listed.connect(sheet.show_paths)
        keeper.card_read.connect(sheet.show_card)
        keeper.newest.connect(self._note_earlier)
        keeper.measured.connect(transport.show_length)
        keeper.renamed.connect(self._note_renamed)
        keeper.trashed.connect(self._note_trashed)
        keeper.returned.connect(self._note_returned)
        keeper.failed.connect(lambda problem: self._where_seen().complain(problem))
        on_key(transport, "Ctrl+Shift+P", self._play_last)

    def set_options(self, sample_format: SampleFormat, wait: bool) -> None:
        """From the next take on."""
        self.sample_format, self.wait = sample_format, wait
        self._show_options()
        self.options_changed.emit(sample_format, wait)

    def name_after(self, preset: str) -> None:
        """The preset that plays is called so: takes are named after it."""
        self._preset = preset

    def follow(self, folder: Path | None, sample_format: SampleFormat, wait: bool) -> None:
        """The settings say so."""
        self.folder, self.sample_format, self.wait = folder, sample_format, wait
        self._show_options()
        self._look_for_earlier()

    def choose_folder(self) -> None:
        """Ask where the next takes go."""
        start = self.folder or default_take_folder()
        choose_folder(self.sheet, "Folder for takes", start if start.is_dir() else Path.home(), self.set_folder)

    def set_folder(self, folder: Path) -> None:
        """From the next take on."""
        self.folder = folder
        self._where_seen().say(f"The next takes go to {folder}.")
        self.folder_changed.emit(folder)
        if self.sheet.isVisible():
            self.refresh()

    def _show_options(self) -> None:
        self._transport.options.show_choice(self.sample_format, self.wait)

    def show_status(self, status: Status) -> None:
        """Follow the engine."""
        last = status.last_take
        known = None if last is None else self._moved.get(last, last)
        if known is None or known in self._gone:
            known = self._earlier
        if known != self._last or status.recording != self._recording:
            self._last, self._recording = known, status.recording
            if status.recording is not None:
                self._gone.discard(status.recording)
            if self.sheet.isVisible():
                self.refresh()
            if known is not None and status.recording is None:
                self.keeper.measure(known)
        self.playing = status.take
        self._transport.show_status(replace(status, last_take=known))
        if self.sheet.isVisible():
            self.sheet.show_playing(status.take, *status.take_s)

    def _look_for_earlier(self) -> None:
        self.keeper.find_newest(self.folder or default_take_folder())

    def _note_earlier(self, path: Path | None) -> None:
        self._earlier = None if path in self._gone else path

    def refresh(self) -> None:
        """Look what takes there are."""
        folder = self.folder or default_take_folder()
        self.sheet.folder.setText(str(folder))
        self.keeper.look(folder, self._recording)

    def play_or_stop(self, path: Path) -> None:
        """Play a take in place of the culture, or stop it."""
        if self.playing == path:
            self._engine.stop_take()
        else:
            self._engine.play_take(path)

    def close(self) -> None:
        """Wait for what is still being read or written."""
        self.keeper.close()

    def _record(self, record: bool) -> None:
        if record:
            path = default_take_path(self._preset, self.folder)
            self._engine.record(path, self.sample_format, wait=self.wait)
        else:
            self._engine.stop_recording()

    def _play_last(self) -> None:
        if self.playing is not None:
            self._engine.stop_take()
        elif self._last is not None:
            self._engine.play_take(self._last)
        else:
            self._banner.say("No take yet: Ctrl+R records one, Ctrl+Shift+R lists those of other folders.")

    def _continue(self, path: Path) -> None:
        """Load what a take began with, and let the player see it."""
        self._load(companion_of(path))
        self.sheet.put_away()

    def _go_back(self, path: Path, seconds: float) -> None:
        """Prepare what played then; what plays now goes on until it is ready."""
        if self.playing is not None:
            self._engine.stop_take()
        self.sheet.notice.clear()
        self.sheet.branch.show_progress(0.0)
        self._branching = self._branch(path, seconds, self._progressed.emit), path, seconds

    def _give_up(self) -> None:
        """Nobody waits for it any more."""
        if self._branching is not None and self._branching[0] == self._loader.latest:
            self._loader.give_up()
        self._branching = None

    def _note_loaded(self) -> None:
        if self._branching is not None and self._branching[0] == self._loader.latest:
            _, path, seconds = self._branching
            self._branching = None
            self.sheet.put_away()
            self._banner.say(f"“{path.stem}” goes on from {clock(seconds)}.")
        elif self._branching is not None:
            # Another preset was asked for meanwhile.
            self._branching = None
            self.sheet.branch.put_away()

    def _note_failed(self, problem: str) -> None:
        if self._branching is not None:
            self._branching = None
            self.sheet.branch.put_away()
            if self.sheet.isVisible():
                # What the window says of it lies beneath.
                self.sheet.notice.complain(problem)
                self._banner.settle("preset")

    def _trash(self, path: Path) -> None:
        if self.playing == path:
            self._engine.stop_take()
        self.keeper.trash(path)

    def _note_renamed(self, old: Path, new: Path) -> None:
        for first, now in self._moved.items():
            if now == old:
                self._moved[first] = new
        self._moved[old] = new
        if self._last == old:
            self._last = new
        self._look_for_earlier()
        self.refresh()
        self._where_seen().say(f"“{old.stem}” is now “{new.stem}”.")

    def _note_part(self, take: Path, saved: Path) -> None:
        self.sheet.part.show_saved()
        self.sheet.list.wanted = saved
        self._look_for_earlier()
        self.refresh()
        self._where_seen().say(
            f"A part of “{take.stem}” is saved as “{saved.stem}”. It is sound only: continue from the whole take."
        )

    def _note_trashed(self, path: Path, removal: Removal | None, again: bool) -> None:
        self._gone.add(path)
        if again and self.playing == path:
            self._engine.stop_take()
        if self._last == path:
            self._last = None
        self._earlier = None
        self._look_for_earlier()
        self.refresh()
        undo = None if removal is None else Remedy("Undo", lambda: self.return_asked.emit(removal))
        if removal is not None and not again:
            self.removed.emit(removal)
        self._where_seen().say(f"“{path.stem}” is in the trash.", remedy=undo)

    def _note_returned(self, path: Path) -> None:
        self._gone.discard(path)
        self._look_for_earlier()
        self.refresh()
        self._where_seen().say(f"“{path.stem}” is back.")

    def _where_seen(self) -> Banner:
        """The window's banner lies beneath the sheet while this is open."""
        return self.sheet.notice if self.sheet.isVisible() else self._banner

    def _show_folder(self, path: Path) -> None:
        show_in_system(path.parent)
