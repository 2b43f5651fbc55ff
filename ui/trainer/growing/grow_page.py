"""A training as it goes on: the recording beside the culture, the curves, every checkpoint to hear, and the end."""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from synth.mel import FORMATS
from synth.presets.user_folder import MAX_NAME
from ui.look.clock import clock
from ui.look.theme import COLOURS
from ui.trainer.buttons import push_button
from ui.trainer.growing.curve_plot import CurvePlot
from ui.trainer.growing.grid_view import GridView
from ui.trainer.growing.history import History
from ui.trainer.growing.training import Heard
from ui.trainer.process.ending import BAR_DB, Ending
from ui.trainer.process.job import Bench
from ui.trainer.process.lines import Picture
from ui.widgets.elided_label import ElidedLabel

_MOST_CHECKPOINTS = 5


class GrowPage(QWidget):
    """Shows; every button asks."""

    stop_asked = Signal()
    resume_asked = Signal()
    keep_asked = Signal(str)
    discard_asked = Signal()
    hear_asked = Signal(Heard)
    back_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bench: Bench | None = None
        self.title = ElidedLabel()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Training")
        self.progress.setToolTip("How much of the training is done")
        self.left = QLabel()
        self.left.setProperty("role", "dim")
        self.left.setAccessibleName("Time left")
        self.target = GridView("Recording", "The region as training sees it, in the culture's colours")
        self.culture = GridView("Culture", "A culture in training; at a checkpoint, and at the end, the preset's")
        self.loss = CurvePlot("Loss", "", "What training makes smaller", COLOURS.left)
        self.ltas = CurvePlot(
            "Spectrum error",
            " dB",
            "How far the average spectrum is from the recording's; dots are checkpoints, after 3000 steps of life",
            COLOURS.accent,
        )
        self.checkpoints = QHBoxLayout()
        self.checkpoints.setSpacing(6)
        self._none = QLabel()
        self._none.setProperty("role", "dim")
        self.heard: list[tuple[Heard, QPushButton]] = []
        """Checkpoints that can be heard, and their buttons."""
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self.back = push_button(
            "Back", "What played before comes back", "Ctrl+Backspace", name="Back to what played before"
        )
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setAccessibleName("About this training")
        self.name = QLineEdit()
        self.name.setMaxLength(MAX_NAME)
        self.name.setAccessibleName("Preset name")
        self.name.setToolTip("The name under which it is kept")
        self.name.setAcceptDrops(False)
        self.stop = push_button("Stop", "Keep what there is so far; it can be resumed", "Ctrl+.")
        self.resume = push_button("Resume", "Go on where it stopped", "Ctrl+Return")
        self.discard = push_button("Discard", "Give this culture up and go back to the recording", "Ctrl+Shift+Del")
        self.keep = push_button("Keep", "Put it among your presets and play it", "Ctrl+Shift+Return", role="primary")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.title, 2)
        top.addWidget(self.progress, 3)
        top.addWidget(self.left)
        pictures = QGridLayout()
        pictures.setSpacing(12)
        pictures.addWidget(self.target, 0, 0)
        pictures.addWidget(self.culture, 0, 1)
        pictures.addWidget(self.loss, 1, 0)
        pictures.addWidget(self.ltas, 1, 1)
        pictures.setRowStretch(0, 5)
        pictures.setRowStretch(1, 4)
        hear = QHBoxLayout()
        hear.setSpacing(8)
        caption = QLabel("HEAR")
        caption.setProperty("role", "section")
        hear.addWidget(caption)
        hear.addWidget(self._none)
        hear.addLayout(self.checkpoints)
        hear.addWidget(self.back)
        hear.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.sentence, 1)
        self.name.setFixedWidth(170)
        for part in (self.stop, self.discard, self.resume, self.name, self.keep):
            foot.addWidget(part, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(top)
        column.addLayout(pictures, 1)
        column.addLayout(hear)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.stop.clicked.connect(self.stop_asked)
        self.resume.clicked.connect(self.resume_asked)
        self.discard.clicked.connect(self.discard_asked)
        self.keep.clicked.connect(lambda: self.keep_asked.emit(self.name.text().strip()))
        self.name.returnPressed.connect(self.keep.click)
        self.name.textChanged.connect(lambda: self.keep.setEnabled(bool(self.name.text().strip())))
        self.back.clicked.connect(self.back_asked)

    # What goes on

    def open(self, bench: Bench, floor_db: float = math.nan) -> None:
        """Another training; nothing of it is known yet."""
        self.bench = bench
        fmt = FORMATS[bench.job.format]
        for view in (self.target, self.culture):
            view.clear(fmt)
            view.n_frames = 0
        self.title.setText(bench.job.name)
        self.name.setText(bench.job.name)
        self.loss.show_curve([], [])
        self.ltas.show_curve([], [])
        goal = {"goal and noise floor": BAR_DB} if abs(floor_db - BAR_DB) < 0.02 else {"goal": BAR_DB}
        self.ltas.show_marks({**goal, "noise floor": floor_db})
        for _, button in self.heard:
            self._group.removeButton(button)
            button.deleteLater()
        self.heard = []
        self._none.show()
        self.show_hearing(None)

    def show_running(self) -> None:
        """It goes on, or is about to."""
        for part in (self.resume, self.keep, self.discard, self.name):
            part.hide()
        self.stop.setText("Stop")
        self.stop.setAccessibleName("Stop")
        self.stop.show()
        self._none.setText("Checkpoints can be heard here while training goes on.")
        self.progress.setRange(0, 0)
        self.left.setText("")
        self.say("The recording is being measured…")

    def show_progress(self, share: float, eta_s: float, history: History) -> None:
        """Where it is now."""
        if self.progress.maximum() == 0:
            self.progress.setRange(0, 1000)
            self.say("It trains in the background: close this page (Esc) and play on if you like.")
        self.progress.setValue(round(1000 * share))
        left = "" if math.isnan(eta_s) else f" · {clock(eta_s)} left"
        self.left.setText(f"{share:.0%}{left}")
        self.show_history(history)

    def show_history(self, history: History) -> None:
        """The curves."""
        self.loss.show_curve(history.iterations, history.loss)
        self.ltas.show_curve(history.iterations, history.ltas_db, history.checkpoints)

    def show_picture(self, picture: Picture) -> None:
        """The recording, or a culture in training."""
        if picture.event == "target":
            self.target.n_frames = self.culture.n_frames = max(picture.grid.shape[1], self.culture.n_frames)
            self.target.show_grid(picture.grid)
        else:
            self.culture.show_grid(picture.grid, f"iteration {picture.iteration}")
        self.culture.n_frames = max(self.target.n_frames, picture.grid.shape[1])
        self.target.n_frames = self.culture.n_frames

    def show_final(self, heard: Heard) -> None:
        """The preset as it would be kept."""
        self.culture.n_frames = max(self.culture.n_frames, heard.card.grid.shape[1])
        self.target.n_frames = self.culture.n_frames
        self.culture.show_grid(heard.card.grid, "the preset")
        self._offer(heard, "The preset", "Cross-fade to the preset as it would be kept", "Hear the preset")

    def add_checkpoint(self, heard: Heard) -> None:
        """Another one can be heard."""
        self.culture.show_grid(heard.card.grid, f"checkpoint at {heard.iteration}")
        self._offer(
            heard,
            f"{heard.iteration} · {heard.ltas_db:.2f} dB",
            "Cross-fade to the culture as it was at this checkpoint",
            f"Hear the checkpoint at {heard.iteration}",
        )

    def _offer(self, heard: Heard, text: str, tip: str, name: str) -> None:
        """One button per file, the latest last."""
        for known in [pair for pair in self.heard if pair[0].path == heard.path]:
            self.heard.remove(known)
            known[1].deleteLater()
        self._none.hide()
        button = push_button(text, tip, name=name)
        button.setCheckable(True)
        button.clicked.connect(lambda on: self.hear_asked.emit(heard) if on else self.back_asked.emit())
        self._group.addButton(button)
        self.heard.append((heard, button))
        self.checkpoints.addWidget(button)
        while len(self.heard) > _MOST_CHECKPOINTS:
            _, oldest = self.heard.pop(0)
            oldest.deleteLater()
        button.installEventFilter(self.window())

    def show_hearing(self, heard: Heard | None) -> None:
        """Which of them plays, if one does."""
        for other, button in self.heard:
            button.setChecked(heard is not None and other.path == heard.path)
        self.back.setVisible(heard is not None)

    def show_stopping(self) -> None:
        """It was asked to stop and has not yet."""
        self.stop.setText("End now")
        self.stop.setAccessibleName("End now")
        self.say("Stopping: the best so far is being written, which takes some seconds.")

    def show_ending(self, ending: Ending, *, usable: bool, resumable: bool) -> None:
        """How it ended, and what can be done now."""
        self.stop.hide()
        self.progress.setRange(0, 1000)
        if ending.kind == "done":
            self.progress.setValue(1000)
        self.left.setText({"done": "done", "stopped": "stopped", "failed": "failed"}[ending.kind])
        self.resume.setVisible(resumable)
        self._none.setText("Nothing was grown that could be heard.")
        self.discard.setText("Discard" if usable or resumable else "Back to the recording")
        self.discard.setAccessibleName(self.discard.text())
        self.discard.show()
        for part in (self.keep, self.name):
            part.setVisible(usable)
        self.say(ending.sentence, "problem" if ending.kind == "failed" else "")

    def say(self, sentence: str, role: str = "") -> None:
        """A sentence about the training."""
        self.sentence.setProperty("role", role)
        self.sentence.style().unpolish(self.sentence)
        self.sentence.style().polish(self.sentence)
        self.sentence.setText(sentence)
        self.sentence.setAccessibleDescription(sentence)
