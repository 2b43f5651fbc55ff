"""What a training is asked: the preset's label, and how it is grown."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QWidget

from synth.presets.user_folder import MAX_NAME
from ui.trainer.number_field import number_field
from ui.trainer.process.job import NO_PARENT, UNTIL_GROWN, Job
from ui.widgets.chooser import Chooser

_FORMATS = (("22k80 · to 8 kHz", "22k80"), ("44k128 · to 22 kHz, slower", "44k128"))


class JobForm(QWidget):
    """Four columns: labels and fields of the preset, labels and fields of the training."""

    format_changed = Signal()

    def __init__(self, parents: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = _line("Name", "The preset's name", "")
        self.name.setMaxLength(MAX_NAME)
        self.tags = _line("Tags", "Words to find it by, with commas between", "strings, warm")
        self.credit = _line(
            "Credit", "What the recording is and where it is from; travels in the preset", "the file’s name"
        )
        self.author = _line("Author", "Who made the recording; travels in the preset", "unknown")
        self.licence = _line("Licence", "The recording's licence; travels in the preset", "unspecified")
        self.format = Chooser("Format", "How fine the spectrogram is: 80 bands to 8 kHz, or 128 to 22 kHz")
        for text, value in _FORMATS:
            self.format.addItem(text, value)
        tip = "Start from this preset's learned rule: three times faster than from a new rule"
        self.parent_preset = Chooser("Grow from", tip)
        for name in parents:
            self.parent_preset.addItem(name.replace("_", " "), name)
        self.parent_preset.addItem("a new rule", NO_PARENT)
        tip = (
            "How long to train. “automatic” is two minutes, six for a new rule, longer on a slow or busy machine; "
            "a longer training comes nearer to the recording"
        )
        self.minutes = number_field("Minutes", tip, "min", 1, UNTIL_GROWN, 24 * 60.0, 0.5)
        self.minutes.setSpecialValueText("automatic")
        tip = "Another number grows another culture from the same recording"
        self.seed = number_field("Variation", tip, "", 0, 0, 9999, 1)
        self.audio_loss = QCheckBox("Audio loss")
        self.audio_loss.setAccessibleName("Audio loss")
        self.allow_audio_loss(True)
        self.format.currentIndexChanged.connect(self.format_changed)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        label = (("Name", self.name), ("Tags", self.tags), ("Credit", self.credit))
        of_recording = (("Author", self.author), ("Licence", self.licence), ("Format", self.format))
        how = (("Grow from", self.parent_preset), ("Minutes", self.minutes), ("Variation", self.seed))
        grid.addWidget(self.audio_loss, 2, 6)
        for column, fields in enumerate((label, of_recording, how)):
            for row, (text, field) in enumerate(fields):
                caption = QLabel(text)
                caption.setProperty("role", "dim")
                caption.setBuddy(field)
                grid.addWidget(caption, row, 2 * column)
                # Beside the last field is the audio loss.
                wide = 2 if column == 2 and field is not self.seed else 1
                grid.addWidget(field, row, 2 * column + 1, 1, wide)
            grid.setColumnStretch(2 * column + 1, (4, 3, 3)[column])

    def allow_audio_loss(self, allowed: bool) -> None:
        """A recording that fades has no sound a culture's could be compared with."""
        self.audio_loss.setEnabled(allowed)
        why = (
            "In the second half of the training, compare the sound too and not the spectrogram alone: the result is "
            "closer, but each round takes longer"
        )
        self.audio_loss.setToolTip(
            why if allowed else "Only for a sustained sound: this region fades, and a culture does not"
        )

    def fill_in(self, job: Job) -> None:
        """Show this job's answers."""
        for field, text in (
            (self.name, job.name),
            (self.tags, job.tags),
            (self.credit, job.credit),
            (self.author, job.author),
            (self.licence, job.licence),
        ):
            field.setText(text)
        self.format.setCurrentIndex(max(0, self.format.findData(job.format)))
        self.parent_preset.setCurrentIndex(max(0, self.parent_preset.findData(job.parent)))
        self.minutes.setValue(job.minutes)
        self.seed.setValue(job.seed)
        self.audio_loss.setChecked(job.audio_loss)

    def filled_in(self, job: Job) -> Job:
        """The job with what is answered here."""
        return replace(
            job,
            name=self.name.text().strip(),
            tags=self.tags.text(),
            credit=self.credit.text(),
            author=self.author.text(),
            licence=self.licence.text(),
            format=str(self.format.currentData()),
            parent=str(self.parent_preset.currentData()),
            minutes=round(self.minutes.value(), 1),
            seed=round(self.seed.value()),
            audio_loss=self.audio_loss.isChecked() and self.audio_loss.isEnabled(),
        )


def _line(name: str, tip: str, placeholder: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setToolTip(tip)
    field.setPlaceholderText(placeholder)
    field.setAcceptDrops(False)
    return field
