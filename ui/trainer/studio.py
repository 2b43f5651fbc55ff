"""All that there is once the sheet was wanted: its pages, and who helps to choose, trains and plays."""

import math
import tempfile
import uuid
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from synth.engine.protocol import EngineControl
from synth.errors import PetrichordError, TrainingError
from synth.file_lock import Claim
from synth.presets.card import read_card
from synth.presets.library import default_name, entries
from synth.presets.user_folder import MAX_NAME
from synth.presets.variation import is_variation
from ui.files.file_dialog import choose_file
from ui.presets.librarian import Change
from ui.presets.loader import Build
from ui.trainer.growing.hearing import Hearing
from ui.trainer.growing.history import History
from ui.trainer.growing.training import SILENT_S, Command, Heard, Training
from ui.trainer.process.child import train_command
from ui.trainer.process.ending import Ending
from ui.trainer.process.job import Bench, Job, unfinished
from ui.trainer.recording.choosing import Choosing
from ui.trainer.recording.suffixes import SUFFIXES
from ui.trainer.sheet import TrainSheet
from ui.trainer.train_button import TrainButton
from ui.window.parts import Parts
from ui.window.preset_desk import PresetDesk

PATIENCE_S = 12.0
"""So long a closing window waits, unseen, for a training to write what it has."""


class Studio(QObject):
    """One recording and one training at a time."""

    def __init__(
        self,
        engine: EngineControl,
        build: Build,
        desk: PresetDesk,
        parts: Parts,
        window: QMainWindow,
        button: TrainButton,
        root: Path,
    ) -> None:
        """`root` is the folder in which trainings happen; `button` tells of them while the sheet is away."""
        super().__init__(window)
        self._engine, self._parts, self._window, self._button, self.root = engine, parts, window, button, root
        self._command: Command = train_command
        self.silent_s = SILENT_S
        """So long a training may say nothing before that is said."""
        default = default_name()
        # A variation has the rule of its base.
        rules = (entry for entry in entries() if entry.bundled and not is_variation(entry.path))
        others = [entry.name for entry in rules if entry.name != default]
        self.sheet = TrainSheet([default, *others], window)
        self.choosing = Choosing(engine, self.sheet, parts.controls, root, self)
        self.reader, self.planner, self.listening = self.choosing.reader, self.choosing.planner, self.choosing.listening
        # In no folder that another window has as well.
        before = Path(tempfile.gettempdir()) / f"petrichord-before-{uuid.uuid4().hex}.safetensors"
        self.hearing = Hearing(engine, build, desk, parts, before)
        self.training: Training | None = None
        self.ending: Ending | None = None
        """How the training on the sheet ended."""
        self._keeping: Path | None = None
        self._claim: Claim | None = None
        """Of the training on the sheet, which no other window offers meanwhile."""
        self._connect()

    @property
    def command(self) -> Command:
        """How a child is started."""
        return self._command

    @command.setter
    def command(self, command: Command) -> None:
        self._command = self.planner.command = command

    @property
    def busy(self) -> bool:
        """A training goes on."""
        return self.training is not None and self.training.running

    def open(self) -> None:
        """Show the sheet where it was left."""
        if self.sheet.pages.currentWidget() is self.sheet.start:
            self.sheet.start.show_unfinished(unfinished(self.root))
        if not self.sheet.isVisible():
            self.sheet.open()

    def take(self, path: Path) -> None:
        """A recording was dropped or chosen."""
        self.open()
        if self.busy:
            self.sheet.turn_to(self.sheet.grow)
            self.sheet.grow.say(f"One training at a time: stop this one first, then drop {path.name} again.", "warn")
            return
        self._leave_bench()
        self.sheet.turn_to(self.sheet.choose)
        self.choosing.open(Job(path, path.stem.replace("_", " ")[:MAX_NAME], parent=default_name()))

    def offer(self, paths: list[Path]) -> None:
        """Several were dropped: they are listed, and one of them is chosen."""
        self.open()
        self.sheet.start.offer(paths)
        self.sheet.turn_to(self.sheet.grow if self.busy else self.sheet.start)
        if self.busy:
            self.sheet.grow.say(
                f"One training at a time: stop this one first, then choose one of the {len(paths)} recordings.", "warn"
            )

    def look_for_file(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        choose_file(self._window, "Choose a recording", f"Recordings ({endings})", self.take)

    def close(self) -> None:
        """Stop what trains, so that it can be resumed; afterwards no process and no thread is left."""
        self.listening.stop()
        self.planner.cancel()
        if self.training is not None:
            if self.busy:
                # Seconds, in which nobody should look at a window that does not answer.
                self._window.hide()
                self._engine.stop()
            self.training.close(PATIENCE_S)
        self._give_up_claim()
        self.hearing.close()
        self.reader.close()

    def _connect(self) -> None:
        sheet = self.sheet
        start, choose, grow = sheet.start, sheet.choose, sheet.grow
        for page in (start, choose):
            page.file_asked.connect(self.look_for_file)
        start.opened.connect(self._take_up)
        start.chosen.connect(self.take)
        choose.start_asked.connect(self._begin)
        grow.stop_asked.connect(self._stop)
        grow.resume_asked.connect(self._resume)
        grow.keep_asked.connect(self._keep)
        grow.discard_asked.connect(self._discard)
        grow.hear_asked.connect(self._hear)
        grow.back_asked.connect(self.hearing.back)
        self.hearing.changed.connect(grow.show_hearing)
        self.hearing.failed.connect(lambda problem: grow.say(problem, "problem"))
        sheet.closed.connect(self.listening.stop)
        self._parts.presets.librarian.changed.connect(self._kept)
        self._parts.presets.librarian.failed.connect(self._not_kept)

    # The training

    def _begin(self, job: Job) -> None:
        self.listening.stop()
        try:
            bench = Bench.set_up(job, self.root)
        except TrainingError as problem:
            self.sheet.choose.refuse(str(problem))
            return
        self._claim = bench.claim()
        self.sheet.grow.open(bench, self.choosing.floor_db(job))
        self._train(bench, History(), resume=False)

    def _train(self, bench: Bench, history: History, *, resume: bool) -> None:
        grow = self.sheet.grow
        self.planner.cancel()
        training = Training(bench, self, command=self.command, history=history, silent_s=self.silent_s)
        training.progressed.connect(lambda: self._show_progress(training))
        training.pictured.connect(grow.show_picture)
        training.heard.connect(grow.add_checkpoint)
        training.worried.connect(lambda worry: grow.say(worry or "It goes on.", "warn" if worry else ""))
        training.ended.connect(self._end)
        self._let_go()
        self.training, self.ending = training, None
        self.sheet.turn_to(grow)
        grow.show_running()
        self._button.show_share(0.0, f"Training “{bench.job.name}”…")
        try:
            training.start(resume=resume)
        except TrainingError as problem:
            self._end(Ending("failed", str(problem)))

    def _show_progress(self, training: Training) -> None:
        if not training.stopping:
            self.sheet.grow.show_progress(training.share, training.eta_s, training.history)
        self._button.show_share(training.share, f"Training “{training.bench.job.name}” · {training.share:.0%}")

    def _end(self, ending: Ending) -> None:
        assert self.training is not None
        bench, grow = self.training.bench, self.sheet.grow
        self.ending = ending
        grow.show_history(self.training.history)
        self._show_end(bench, ending)
        if not self.sheet.isVisible():
            self._parts.banner.say(
                f"“{bench.job.name}”: {ending.sentence} (Ctrl+Shift+N)", urgent=ending.kind == "failed"
            )

    def _show_end(self, bench: Bench, ending: Ending) -> None:
        usable = bench.preset.is_file()
        grow = self.sheet.grow
        grow.show_ending(ending, usable=usable, resumable=bench.resumable)
        if usable:
            try:
                card = read_card(bench.preset)
            except PetrichordError as problem:
                grow.say(f"{ending.sentence} {problem}", "problem")
            else:
                grow.show_final(Heard(0, math.nan, bench.preset, card))
        state = {"done": "is grown", "stopped": "stopped", "failed": "failed"}[ending.kind]
        self._button.show_share(1.0 if ending.kind == "done" else None, f"“{bench.job.name}” {state}…")

    def _stop(self) -> None:
        if self.training is not None:
            self.training.stop()
            self.sheet.grow.show_stopping()

    def _resume(self) -> None:
        bench = self.sheet.grow.bench
        if bench is not None:
            history = self.training.history if self.training is not None else History()
            self._train(bench, history, resume=bench.resumable)

    def _take_up(self, bench: Bench) -> None:
        """One that an earlier window left."""
        claim = bench.claim()
        if claim is None:
            self.choosing.show_others()
            self.sheet.start.say(f"“{bench.job.name}” is open in another Petrichord window: go on with it there.")
            return
        self._let_go()
        self._give_up_claim()
        self._claim = claim
        self.sheet.grow.open(bench)
        self.sheet.turn_to(self.sheet.grow)
        way = "Resume goes on where it stopped" if bench.resumable else "It is grown"
        self.ending = Ending("stopped" if bench.resumable else "done", f"{way}; what there is can be heard and kept.")
        self._show_end(bench, self.ending)

    def _hear(self, heard: Heard) -> None:
        self.hearing.hear(heard)

    # The end

    def _keep(self, name: str) -> None:
        bench = self.sheet.grow.bench
        if bench is not None and bench.preset.is_file() and self._keeping is None:
            self._keeping = bench.folder
            self._parts.presets.librarian.keep(bench.preset, name)

    def _kept(self, change: Change) -> None:
        if self._keeping is not None and change.load:
            bench, self._keeping = self.sheet.grow.bench, None
            if bench is not None:
                self._leave_bench(remove=True)
            self.sheet.turn_to(self.sheet.start)
            self.sheet.put_away()

    def _not_kept(self, problem: str) -> None:
        if self._keeping is not None:
            self._keeping = None
            self.sheet.grow.say(problem, "problem")

    def _discard(self) -> None:
        bench = self.sheet.grow.bench
        if bench is None:
            return
        self.hearing.back()
        self._leave_bench(remove=True)
        if bench.job.recording.is_file():
            self.sheet.turn_to(self.sheet.choose)
            self.choosing.open(bench.job)
        else:
            self.choosing.show_others()

    def _leave_bench(self, *, remove: bool = False) -> None:
        """The training on the sheet is over and done with."""
        bench = self.sheet.grow.bench
        self._let_go()
        self._give_up_claim()
        self.ending = self.sheet.grow.bench = None
        self._button.show_share(None)
        if remove and bench is not None:
            bench.remove()

    def _let_go(self) -> None:
        training, self.training = self.training, None
        if training is not None:
            training.close()
            training.deleteLater()

    def _give_up_claim(self) -> None:
        claim, self._claim = self._claim, None
        if claim is not None:
            claim.release()
