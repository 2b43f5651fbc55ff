"""Settings, Engine: what there is to compute on, what is used, and how fast this machine is."""

import json
import os
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from synth.engine.protocol import Status
from synth.presets.model import Preset
from ui.settings.child import Child
from ui.settings.desk import SettingsDesk
from ui.settings.errand import Errand
from ui.settings.form import Form, Page, column, put, said, section

_PRODUCTS = {"bfloat16": "bfloat16 products", "float32": "float32"}
_SUBJECTS = {"gpu": "GPU", "bigvgan": "BigVGAN"}


@dataclass(frozen=True)
class Machine:
    """What was found out about this machine."""

    processor: str
    gpu: str
    remedy: str
    culture: str


def look_at(preset: Preset | None) -> Machine:
    """Slow: asks drivers, and measures where nobody has yet."""
    import torch

    from synth.commands.doctor import gpu
    from synth.loading.prepare import live_setup

    found = gpu()
    culture = "Nothing plays yet."
    if preset is not None:
        setup = live_setup(preset)
        kind = str(setup.dtype).removeprefix("torch.")
        where = "the processor" if setup.device == "cpu" else f"the GPU ({setup.device})"
        culture = f"Computed on {where} in {_PRODUCTS.get(kind, kind)}, which was the fastest in a test at the start."
    processor = f"{os.cpu_count()} cores; torch {torch.__version__}"
    return Machine(processor, f"{found.text[:1].upper()}{found.text[1:]}.", found.remedy, culture)


class EnginePage(Page):
    """Looks in a thread; measures in a process of its own."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__("Engine")
        self._desk = desk
        self.processor = said(name="Processor")
        self.gpu = said(name="GPU")
        self.remedy = said(name="What helps", role="warn")
        self.culture = said(name="Culture")
        self.now = said(name="Engine now")
        self.measure = QPushButton("Examine this machine")
        self.measure.setAccessibleName("Examine this machine")
        self.measure.setToolTip("Run petrichord doctor: sound, display, GPU, weights and speed; about ten seconds")
        self.measure.clicked.connect(self._examine)
        self.findings = said(name="Findings")
        form = Form()
        form.add("Processor", self.processor)
        form.add("GPU", self.gpu, hint=self.remedy)
        form.add("Culture", self.culture)
        form.add("Now", self.now)
        rows = column(self)
        rows.addLayout(form)
        rows.addWidget(section("Examination"))
        foot = QHBoxLayout()
        foot.addWidget(self.measure)
        foot.addStretch(1)
        rows.addLayout(foot)
        rows.addWidget(self.findings)
        rows.addStretch(1)
        self._errand = Errand(self)
        self._errand.done.connect(self._show)
        self._errand.failed.connect(lambda problem: put(self.gpu, str(problem)))
        self._machine: Machine | None = None
        self.doctor = Child(self)
        self._found: list[str] = []
        self.doctor.line.connect(self._found.append)
        self.doctor.finished.connect(self._show_findings)

    def refresh(self) -> None:
        for label in (self.processor, self.gpu, self.culture):
            if not label.text():
                put(label, "Looking…")
        preset = self._desk.presets.preset
        self._errand.run(lambda: look_at(preset))

    def show_status(self, status: Status) -> None:
        slowed = ", slowed: this machine is busy" if status.slowed else ""
        gaps = f"{status.underruns} underrun{'' if status.underruns == 1 else 's'}"
        wild = "" if not status.rescues else "; 1 culture ran wild and was reseeded"
        if status.rescues > 1:
            wild = f"; {status.rescues} cultures ran wild and were reseeded"
        put(self.now, f"{status.steps_per_second:.0f} steps/s{slowed}; load {status.load:.0%}; {gaps}{wild}.")
        self._say_where()

    def end(self) -> None:
        self._errand.end()
        self.doctor.end()

    def _show(self, machine: object) -> None:
        assert isinstance(machine, Machine)
        self._machine = machine
        put(self.processor, machine.processor)
        put(self.remedy, f"{machine.remedy[:1].upper()}{machine.remedy[1:]}." if machine.remedy else "")
        self.remedy.setVisible(bool(machine.remedy))
        self._say_where()

    def _say_where(self) -> None:
        """What was found out holds until the card is lost."""
        view = self._desk.view
        if self._machine is None:
            return
        if view is not None and view.card_lost:
            put(self.gpu, f"{self._machine.gpu} It was lost while it was played on.")
            put(
                self.culture,
                "Computed on the processor since the graphics card was lost; restart Petrichord to use it.",
            )
        else:
            put(self.gpu, self._machine.gpu)
            put(self.culture, self._machine.culture)

    def _examine(self) -> None:
        self._found.clear()
        if self.doctor.start("doctor", "--json"):
            self.measure.setEnabled(False)
            put(self.findings, "Examining…")

    def _show_findings(self, well: bool) -> None:
        self.measure.setEnabled(True)
        try:
            findings = json.loads("\n".join(self._found)) if well else []
            lines = [_finding(found) for found in findings]
        except (ValueError, KeyError, TypeError):
            lines = []
        put(self.findings, "\n".join(lines) or f"The examination failed. {self.doctor.last_note}")


def _finding(found: dict[str, object]) -> str:
    subject = str(found["subject"])
    line = f"{'✓' if found['good'] else '–'}  {_SUBJECTS.get(subject, subject.capitalize())}: {found['text']}"
    return f"{line}\n     → {found['remedy']}" if found["remedy"] else line
