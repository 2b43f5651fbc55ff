"""Asks a child which region training would choose, and what it would hear there: the answer is training's own."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from synth.errors import TrainingError
from ui.trainer.growing.training import Command
from ui.trainer.process.child import PLAN_NICE, Child, train_command
from ui.trainer.process.ending import in_the_windows_words
from ui.trainer.process.job import Job
from ui.trainer.process.lines import News, Planned

_SETTLE_MS = 400
_LOOK_MS = 60


class Planner(QObject):
    """Only the answer to the last question arrives; the child that worked on another is ended."""

    planned = Signal(Job, Planned)
    failed = Signal(Job, str)
    busy = Signal(bool)

    def __init__(self, log: Path, parent: QObject | None = None, *, command: Command = train_command) -> None:
        super().__init__(parent)
        self._log, self.command = log, command
        self._child: Child | None = None
        self._job: Job | None = None
        self._known: dict[Job, Planned] = {}
        self._answered, self._problem = False, ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._begin)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def ask(self, job: Job, *, at_once: bool = False) -> None:
        """Plan this job; while a hand still moves the region, wait for it."""
        self.cancel()
        self._job = job
        known = self._known.get(_essence(job))
        if known is not None:
            self.planned.emit(job, known)
            return
        self.busy.emit(True)
        self._settle.start(0 if at_once else _SETTLE_MS)

    def cancel(self) -> None:
        """Nothing is asked any more."""
        self._settle.stop()
        self._timer.stop()
        if self._child is not None:
            self._child.kill()
            self._child.close(0.0)
            self._child = None
        self.busy.emit(False)

    def _begin(self) -> None:
        assert self._job is not None
        self._answered, self._problem = False, ""
        try:
            self._child = Child(self.command("--plan", *self._job.region_arguments()), self._log, PLAN_NICE)
        except TrainingError as problem:
            self.busy.emit(False)
            self.failed.emit(self._job, str(problem))
            return
        self._timer.start()

    def _look(self) -> None:
        child, job = self._child, self._job
        assert child is not None and job is not None
        ended = child.ended
        for said in child.messages():
            if isinstance(said, Planned):
                self._answered = True
                if said.root_hz is not None:
                    self._known[_essence(job)] = said
                self.planned.emit(job, said)
            elif isinstance(said, News) and said.event == "error":
                self._problem = in_the_windows_words(said.message)
        if not ended:
            return
        self._timer.stop()
        self._child = None
        self.busy.emit(False)
        if self._problem:
            self.failed.emit(job, self._problem)
        elif not self._answered:
            self.failed.emit(
                job,
                f"{job.recording.name} could not be measured (code {child.code}); what was said about it is in "
                f"{child.log}. Try again, or choose another recording.",
            )


def _essence(job: Job) -> Job:
    """What the answer depends on."""
    return Job(job.recording, "", format=job.format, start_s=job.start_s, seconds=job.seconds)
