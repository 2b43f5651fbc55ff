"""One recording: which region of it is learned, under what name, and how."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui.look.axes import pitch_name
from ui.trainer.buttons import push_button
from ui.trainer.number_field import number_field
from ui.trainer.process.job import Job
from ui.trainer.process.lines import Planned
from ui.trainer.recording.form import JobForm
from ui.trainer.recording.region import LEAST_S, MOST_S, Span
from ui.trainer.recording.survey import Survey
from ui.trainer.recording.wave_picture import moment
from ui.trainer.recording.wave_view import WaveView
from ui.widgets.elided_label import ElidedLabel


class ChoosePage(QWidget):
    """Holds the choice; who plans, reads and plays is connected to it."""

    file_asked = Signal()
    others_asked = Signal()
    """The trainings that were not finished."""
    plan_asked = Signal(Job)
    """The region or the format is another."""
    listen_asked = Signal(bool)
    start_asked = Signal(Job)

    def __init__(self, parents: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recording: Path | None = None
        self._auto: dict[str, Span] = {}
        """What training chooses by itself, by format."""
        self._own = False
        """The region is the hand's."""
        self._planned_for: Job | None = None
        self.wave = WaveView()
        self.form = JobForm(parents)
        self.file = push_button("Other recording…", "Choose another recording", "Ctrl+Shift+O")
        self.others = push_button("Unfinished…", "Trainings that were neither kept nor discarded", "Ctrl+Shift+U")
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.facts = QLabel()
        self.facts.setProperty("role", "dim")
        self.listen = push_button("Listen", "Hear the region through the output", "Ctrl+P")
        self.listen.setCheckable(True)
        self.auto = push_button("Auto", "The region that training chooses: the longest steady one", "Ctrl+Shift+A")
        self.auto.setCheckable(True)
        self.start_s = number_field("Start", "Where the region starts, in seconds", "s", 2, 0.0, 24 * 3600.0, 0.1)
        self.length_s = number_field("Length", "How long the region is, in seconds", "s", 2, LEAST_S, MOST_S, 0.1)
        self.heard = QLabel()
        self.heard.setAccessibleName("What is heard in the region")
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        self.remark.setAccessibleName("About this recording")
        self.start = push_button(
            "Start training", "Train in the background; the sound goes on", "Ctrl+Return", role="primary"
        )
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.title, 1)
        top.addWidget(self.facts)
        top.addWidget(self.others)
        top.addWidget(self.file)
        region = QHBoxLayout()
        region.setSpacing(8)
        region.addWidget(self.listen)
        region.addWidget(self.auto)
        for text, field in (("Start", self.start_s), ("Length", self.length_s)):
            label = QLabel(text)
            label.setProperty("role", "dim")
            label.setBuddy(field)
            region.addWidget(label)
            region.addWidget(field)
        region.addSpacing(8)
        region.addWidget(self.heard, 1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.remark, 1)
        foot.addWidget(self.start, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.wave, 1)
        column.addLayout(region)
        column.addWidget(self.form)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.file.clicked.connect(self.file_asked)
        self.others.clicked.connect(self.others_asked)
        self.wave.region_changed.connect(lambda start, end: self._take(Span(start, end)))
        self.start_s.valueChanged.connect(self._typed)
        self.length_s.valueChanged.connect(self._typed)
        self.auto.clicked.connect(self._back_to_auto)
        self.form.format_changed.connect(self._another_format)
        self.form.name.textChanged.connect(lambda: self._settle())
        self.listen.clicked.connect(self.listen_asked)
        self.start.clicked.connect(lambda: self.start_asked.emit(self.job()))

    # What is shown

    def open(self, job: Job) -> None:
        """Another recording, or the same one again as it was asked for."""
        if job.recording != self.recording:
            self.wave.clear()
            self.facts.setText("")
        self.recording = job.recording
        self._auto, self._planned_for = {}, None
        self._own = job.start_s is not None
        self.form.format.blockSignals(True)
        self.form.fill_in(job)
        self.form.format.blockSignals(False)
        self.title.setText(job.recording.name)
        self.title.setToolTip(str(job.recording))
        self.heard.setText("")
        self._say("")
        self._show_region(Span(job.start_s, job.start_s + (job.seconds or 0.0)) if job.start_s is not None else None)
        self._ask()

    def show_survey(self, survey: Survey) -> None:
        """How the recording looks, as far as it was read."""
        if survey.path == self.recording:
            self.wave.show_survey(survey)
            channels = {1: "mono", 2: "stereo"}.get(survey.channels, f"{survey.channels} channels")
            self.facts.setText(f"{moment(survey.seconds, 0.1)} · {survey.rate_hz / 1000:g} kHz · {channels}")

    def show_plan(self, job: Job, planned: Planned) -> None:
        """What training would do with the choice as it is."""
        if job != self._question():
            return
        self._planned_for = job
        self.form.allow_audio_loss(not planned.decay)
        if job.start_s is None:
            self._auto[job.format] = Span(*planned.region_s)
            self._show_region(self._auto[job.format])
        self.heard.setText(_heard(planned))
        self._say(" ".join(planned.remarks), "warn")

    def show_problem(self, job: Job, problem: str) -> None:
        """Training refuses the choice as it is."""
        if job == self._question():
            self._planned_for = None
            self.heard.setText("")
            self._say(problem, "problem")

    def show_unreadable(self, problem: str) -> None:
        """It cannot be drawn; training says why it cannot be learned, in its own words, a little later."""
        self.heard.setText("")
        if not self.remark.text():
            self._say(problem, "problem")

    def refuse(self, problem: str) -> None:
        """Something asked of this page cannot be done."""
        self._say(problem, "problem")

    def show_listening(self, at_s: float | None) -> None:
        """Where the region is heard, None when it is not."""
        self.listen.setChecked(at_s is not None)
        region = self.wave.region
        self.wave.show_playing(None if at_s is None or region is None else region.start + at_s)

    def job(self) -> Job:
        """What is asked for."""
        assert self.recording is not None
        return self.form.filled_in(self._question())

    # The choice

    def _question(self) -> Job:
        """What a plan depends on."""
        region = self.wave.region if self._own else None
        asked = Job(self.recording or Path(), "", format=str(self.form.format.currentData()))
        if region is None:
            return asked
        return Job(
            asked.recording, "", format=asked.format, start_s=round(region.start, 4), seconds=round(region.length, 4)
        )

    def _take(self, region: Span) -> None:
        self._own = True
        self._show_region(region)
        self._ask()

    def _typed(self) -> None:
        survey = self.wave.survey
        if survey is not None:
            wanted = Span(self.start_s.value(), self.start_s.value() + self.length_s.value())
            self._take(wanted.fitted(survey.seconds))

    def _back_to_auto(self) -> None:
        self._own = False
        self._show_region(self._auto.get(str(self.form.format.currentData())))
        self._ask()

    def _another_format(self) -> None:
        if not self._own:
            self._show_region(self._auto.get(str(self.form.format.currentData()), self.wave.region))
        self._ask()

    def _ask(self) -> None:
        self._planned_for = None
        self.heard.setText("Listening for pitch…" if self.wave.region else "Looking for the steadiest region…")
        self._settle()
        self.plan_asked.emit(self._question())

    def _show_region(self, region: Span | None) -> None:
        self.wave.show_region(region)
        for field, value in ((self.start_s, region and region.start), (self.length_s, region and region.length)):
            field.blockSignals(True)
            field.setEnabled(region is not None)
            field.setValue(value or 0.0)
            field.blockSignals(False)
        self._settle()

    def _settle(self) -> None:
        """Which buttons can be pressed."""
        self.auto.setChecked(not self._own)
        self.listen.setEnabled(self.wave.region is not None)
        self.start.setEnabled(self._planned_for == self._question() and bool(self.form.name.text().strip()))

    def _say(self, sentence: str, role: str = "warn") -> None:
        self.remark.setProperty("role", role)
        self.remark.style().unpolish(self.remark)
        self.remark.style().polish(self.remark)
        self.remark.setText(sentence)
        self.remark.setAccessibleDescription(sentence)
        self._settle()


def _heard(planned: Planned) -> str:
    if planned.root_hz is None or planned.n_partials is None:
        return "Listening for pitch…"
    parts = []
    if planned.root_hz > 0:
        parts.append(pitch_name(planned.root_hz))
    else:
        parts.append("no pitch")
    parts.append(f"{planned.n_partials} partials")
    parts.append("fades: its decay is taken out" if planned.decay else "sustained")
    return " · ".join(parts)
