"""Settings, Vocoder: what turns the culture into sound and why, and BigVGAN's weights."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QProgressBar, QRadioButton, QStackedWidget, QToolButton

from synth.engine.protocol import Status
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, FOR_CPU, FOR_GPU, Checkpoint
from synth.vocoder.bigvgan.fetch import megabytes
from synth.vocoder.bigvgan.folders import user_folder
from synth.vocoder.choice import Choice, VocoderName
from ui.settings.checkpoint_table import best_here, checkpoint_table, described, fill
from ui.settings.checkpoints import Here, Keeper, Shelf
from ui.settings.desk import SettingsDesk
from ui.settings.form import Page, column, put, said, section
from ui.settings.measurement import Measurement
from ui.widgets.tool_button import tool_button

_CHOICES: tuple[tuple[VocoderName, str, str], ...] = (
    (
        "auto",
        "Auto",
        "BigVGAN if a checkpoint for the preset's format is installed and fast enough here; otherwise spectral",
    ),
    ("spectral", "Spectral", "Built in: needs no download, and holds the pitch of every note"),
    ("bigvgan", "BigVGAN", "NVIDIA's neural vocoder, with the checkpoint of your choice"),
)
_HEADING = "BigVGAN’s published checkpoints"


class VocoderPage(Page):
    """Choice above, checkpoints below; the table of a measurement takes the checkpoints' place while it is read."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__("Vocoder")
        self._desk = desk
        self._shelf = Shelf((), Choice())
        self._offer: object = None
        self.keeper = Keeper(self)
        self.plays = said(name="What plays now, and why", role="")
        self.radios: dict[VocoderName, QRadioButton] = {}
        self.table = checkpoint_table()
        self.measurement = Measurement()
        self.about = said(name="About this checkpoint")
        self.sentence = said(name="About the weights", role="")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Download")
        self.progress.hide()
        self.get = _button("Get…", "Show its size and licence, then download it; a download that was cut short goes on")
        self.use = _button("Use", "Play this checkpoint")
        self.verify = _button(
            "Verify", "Measure its sound on a real note and on your presets, and compare it with the spectral vocoder"
        )
        self.remove = _button("Remove", "Move its files to the trash")
        self.download = _button("Download", "Download it now")
        self.decline = _button("Not now", "Download nothing")
        self.cancel = _button("Cancel", "Stop; what has arrived is kept")
        self.back = _button("Back to the checkpoints", "Show the table of checkpoints again")
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        self.keeper.look()

    def show_status(self, status: Status) -> None:
        put(self.plays, f"Plays now: {status.vocoder or 'nothing yet'}.")

    def end(self) -> None:
        self.keeper.end()
        self.measurement.end()

    def selected(self) -> Here | None:
        """The checkpoint that is chosen in the table."""
        row = self.table.currentRow()
        return self._shelf.checkpoints[row] if 0 <= row < len(self._shelf.checkpoints) else None

    def select(self, known: Checkpoint) -> None:
        """Choose this one in the table."""
        self.table.setCurrentCell(CHECKPOINTS.index(known), 0)

    # How it is built

    def _lay_out(self) -> None:
        rows = column(self)
        rows.addWidget(self.plays)
        choices = QHBoxLayout()
        choices.setSpacing(12)
        self._group = QButtonGroup(self)
        for name, label, tip in _CHOICES:
            radio = self.radios[name] = QRadioButton(label)
            radio.setAccessibleName(f"{label} vocoder")
            radio.setToolTip(tip)
            radio.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._group.addButton(radio)
            choices.addWidget(radio)
        choices.addStretch(1)
        rows.addLayout(choices)
        self.heading = section(_HEADING)
        rows.addWidget(self.heading)
        self.tables = QStackedWidget()
        self.tables.addWidget(self.table)
        self.tables.addWidget(self.measurement)
        rows.addWidget(self.tables, 1)
        rows.addWidget(self.about)
        rows.addWidget(self.sentence)
        rows.addWidget(self.progress)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in self._buttons():
            buttons.addWidget(button)
        buttons.addStretch(1)
        rows.addLayout(buttons)
        self.sentence.hide()
        self._show_buttons()

    def _buttons(self) -> tuple[QToolButton, ...]:
        return (
            self.get, self.use, self.verify, self.remove, self.download, self.decline, self.cancel, self.back,
        )  # fmt: skip

    def _connect(self) -> None:
        keeper = self.keeper
        for name, radio in self.radios.items():
            radio.clicked.connect(lambda _=False, name=name: self._choose(name))
        self.table.currentCellChanged.connect(lambda *_: self._show_selected())
        self.get.clicked.connect(self._ask)
        self.use.clicked.connect(lambda: self._with_selected(keeper.use))
        self.remove.clicked.connect(lambda: self._with_selected(keeper.remove))
        self.verify.clicked.connect(self._measure)
        self.download.clicked.connect(self._download)
        self.decline.clicked.connect(self._decline)
        self.cancel.clicked.connect(self._stop)
        self.back.clicked.connect(self._leave_measurement)
        keeper.looked.connect(self._show_shelf)
        keeper.offered.connect(self._show_offer)
        keeper.progressed.connect(self._show_progress)
        keeper.done.connect(self._say)
        keeper.told.connect(self._say)
        keeper.failed.connect(self._complain)
        keeper.chosen.connect(self._desk.presets.prepare_vocoder)
        keeper.busy_changed.connect(lambda _: self._show_buttons())
        self.measurement.said.connect(self._say)
        self.measurement.failed.connect(self._complain)
        self.measurement.ended.connect(self._show_buttons)

    # What is here

    def _show_shelf(self, shelf: Shelf) -> None:
        self._shelf = shelf
        best = best_here()
        fill(self.table, shelf, best)
        if self.table.currentRow() < 0:
            self.select(best)
        available = any(here.folder for here in shelf.checkpoints) or shelf.choice.vocoder == "bigvgan"
        self.radios["bigvgan"].setEnabled(available)
        self.radios["bigvgan"].setToolTip(_CHOICES[2][2] if available else "Get a checkpoint below first")
        self.radios[shelf.choice.vocoder].setChecked(True)
        if shelf.problem:
            self._complain(shelf.problem)
        self._show_selected()

    def _show_selected(self) -> None:
        here = self.selected()
        if here is not None:
            put(self.about, described(here))
        self._show_buttons()

    def _show_buttons(self) -> None:
        """Those that make sense now."""
        here, busy = self.selected(), self.keeper.busy
        measuring, reading = self.measurement.running, self.tables.currentWidget() is self.measurement
        offered, idle = self._offer is not None, not busy and not self.measurement.running
        choosing = idle and not offered and not reading
        shown = {
            self.get: choosing, self.use: choosing, self.verify: choosing, self.remove: choosing,
            self.download: offered and idle, self.decline: offered and idle,
            self.cancel: self.keeper.downloading or self.keeper.asking or measuring, self.back: reading and idle,
        }  # fmt: skip
        focused = next((button for button in shown if button.hasFocus()), None)
        for button, on in shown.items():
            button.setVisible(on)
        there = here is not None and here.folder is not None
        self.get.setText("Continue…" if here is not None and here.part_bytes and not there else "Get…")
        self.get.setEnabled(here is not None and not there)
        self.use.setEnabled(there)
        self.verify.setEnabled(there)
        self.remove.setEnabled(here is not None and not here.in_cache and (there or here.part_bytes > 0))
        if focused is not None and not shown[focused]:
            # Never to Remove: Enter is pressed again quickly.
            safe = (self.get, self.use, self.download, self.cancel, self.back)
            next((button for button in safe if shown[button] and button.isEnabled()), self.table).setFocus()

    # What is done

    def _choose(self, name: VocoderName) -> None:
        if name != "bigvgan":
            self.keeper.choose(Choice(name))
            return
        here = [found for found in self._shelf.checkpoints if found.folder]
        picked = self.selected()
        first = picked if picked in here else next((h for h in here if h.checkpoint in (FOR_GPU, FOR_CPU)), None)
        if first is None:
            first = here[0] if here else None
        if first is not None:
            self.keeper.use(first)

    def _with_selected(self, action: object) -> None:
        here = self.selected()
        assert callable(action)
        if here is not None:
            self._say("Reading the weights through…" if action == self.keeper.use else "")
            action(here)

    def _ask(self) -> None:
        here = self.selected()
        if here is not None:
            self._say("Asking for size and licence…")
            self.keeper.ask(here.checkpoint)

    def _show_offer(self, offer: object) -> None:
        from synth.vocoder.bigvgan.hub import Offer

        assert isinstance(offer, Offer)
        self._offer = offer
        known, size = offer.checkpoint, megabytes(offer.size_bytes)
        missing = offer.missing_bytes
        left = "" if missing == offer.size_bytes else f", {megabytes(missing)} of them still missing"
        self._say(f"{known.name} by NVIDIA: {size}{left}; licence {known.licence}; into {user_folder()}. Download it?")
        self._show_buttons()
        self.download.setFocus()

    def _download(self) -> None:
        offer, self._offer = self._offer, None
        self.keeper.get(offer)
        self.progress.setRange(0, 0)
        self.progress.show()
        self._say("Downloading… You can play on; closing the window stops it, and the next try goes on from there.")
        self._show_buttons()

    def _decline(self) -> None:
        self._offer = None
        self._say("Nothing was downloaded.")
        self._show_buttons()

    def _show_progress(self, have: int, of: int) -> None:
        # In thousandths: a progress bar counts in 32 bits.
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * have / of) if of else 0)
        self.progress.setFormat(f"{megabytes(have)} of {megabytes(of)}")
        if have >= of:
            self._say("Checking what has arrived…")

    def _stop(self) -> None:
        if self.measurement.running:
            self.measurement.stop()
        else:
            self._say("Stopping…")
            self.keeper.cancel()

    def _say(self, sentence: str) -> None:
        self._tell(sentence, "")

    def _complain(self, sentence: str) -> None:
        self._tell(sentence, "warn")

    def _tell(self, sentence: str, role: str) -> None:
        if not self.keeper.downloading:
            self.progress.hide()
        self.sentence.setProperty("role", role)
        self.sentence.style().unpolish(self.sentence)
        self.sentence.style().polish(self.sentence)
        put(self.sentence, sentence)
        self.sentence.setVisible(bool(sentence))

    # Measuring

    def _measure(self) -> None:
        here = self.selected()
        if here is not None and here.folder is not None and self.measurement.start(here.folder):
            self.tables.setCurrentWidget(self.measurement)
            self.heading.setText(f"{here.checkpoint.name}, measured".upper())
            self.about.hide()
            self._show_buttons()

    def _leave_measurement(self) -> None:
        self.tables.setCurrentWidget(self.table)
        self.heading.setText(_HEADING.upper())
        self.about.show()
        self._say("")
        self._show_buttons()
        self.table.setFocus()


def _button(text: str, tip: str) -> QToolButton:
    return tool_button(text, text.rstrip("…"), tip, "", role="tight")
