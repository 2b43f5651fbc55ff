"""Before a training: the recording is read, surveyed and heard, and what would be learned from it is planned."""

import math
from pathlib import Path

from PySide6.QtCore import QObject

from synth.engine.protocol import EngineControl
from synth.output.master import OUTPUT_LUFS
from ui.controls.panel import ControlPanel
from ui.trainer.process.job import Job, unfinished
from ui.trainer.process.lines import Planned
from ui.trainer.recording.listening import Listening
from ui.trainer.recording.planner import Planner
from ui.trainer.recording.reader import Reader
from ui.trainer.sheet import TrainSheet


class Choosing(QObject):
    """Serves the page where a region is chosen."""

    def __init__(
        self, engine: EngineControl, sheet: TrainSheet, controls: ControlPanel, root: Path, parent: QObject
    ) -> None:
        """`root` is the folder in which trainings happen."""
        super().__init__(parent)
        self._sheet, self._controls, self._root = sheet, controls, root
        self.reader, self.planner = Reader(self), Planner(root / "plans.txt", self)
        self.listening = Listening(engine, self.reader, self)
        self._floors: dict[Job, float] = {}
        page = sheet.choose
        page.others_asked.connect(self.show_others)
        page.plan_asked.connect(self._plan)
        page.listen_asked.connect(self._listen)
        self.planner.planned.connect(self._show_plan)
        self.planner.failed.connect(page.show_problem)
        self.reader.surveyed.connect(page.show_survey)
        self.reader.failed.connect(page.show_unreadable)
        self.listening.moved.connect(page.show_listening)

    def open(self, job: Job) -> None:
        """Show this job's recording and answers."""
        self._sheet.choose.open(job)
        self._sheet.choose.others.setVisible(bool(unfinished(self._root)))
        self.reader.read(job.recording)

    def show_others(self) -> None:
        """Turn back to the recordings there are, and to trainings that were not finished."""
        self.planner.cancel()
        self._sheet.start.show_unfinished(unfinished(self._root))
        self._sheet.turn_to(self._sheet.start)

    def floor_db(self, job: Job) -> float:
        """The LTAS error between parts of the recording itself, as planned; NaN while nobody knows."""
        asked = Job(job.recording, "", format=job.format, start_s=job.start_s, seconds=job.seconds)
        return self._floors.get(asked, math.nan)

    def _plan(self, job: Job) -> None:
        self.listening.stop()
        self.planner.ask(job, at_once=job.start_s is None)

    def _show_plan(self, job: Job, planned: Planned) -> None:
        self._floors[job] = planned.ltas_floor_db
        self._sheet.choose.show_plan(job, planned)

    def _listen(self, on: bool) -> None:
        page = self._sheet.choose
        if on and page.recording is not None and page.wave.region is not None:
            lufs = OUTPUT_LUFS + self._controls.controls["volume_db"]
            self.listening.play(page.recording, page.wave.region, lufs)
        else:
            self.listening.stop()
