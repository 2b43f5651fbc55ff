"""Play and Stop, Record with its time and level, and where the take went."""

from pathlib import Path

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from synth.engine.protocol import Status
from ui.look.clock import clock
from ui.look.shortcuts import click_on_key
from ui.look.theme import COLOURS
from ui.perform.asking_button import AskingButton
from ui.perform.record_level import RecordLevel
from ui.perform.record_options import RecordOptions
from ui.widgets.elided_label import ElidedLabel

_RECORD = "Record a take to a WAV file (Ctrl+R). An end in mid-sound is faded over 5 ms, in the file alone"


class Transport(QWidget):
    """Shows what the engine says, but for a moment after a press."""

    play_asked = Signal(bool)
    record_asked = Signal(bool)
    folder_asked = Signal(Path)
    """Show this take in its folder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = {shape: _icon(shape) for shape in ("play", "stop", "record")}
        self._take: Path | None = None
        self._shown_take = ""
        self._seconds = 0.0
        self._length: tuple[Path | None, float] = (None, 0.0)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self.play = self._button("play", "Play", "Play and stop (Space)", "Space")
        self.play.clicked.connect(self._ask_play)
        self.record = self._button("record", "Record", _RECORD, "Ctrl+R")
        self.record.clicked.connect(self._ask_record)
        self.take = ElidedLabel(Qt.TextElideMode.ElideLeft)
        self.take.setProperty("role", "dim")
        self.take.setAccessibleName("Take")
        self.options = RecordOptions()
        self.takes = _small_button("list", "Takes", "List all takes: play, rename, continue from one (Ctrl+Shift+R)")
        click_on_key(self.takes, "Ctrl+Shift+R")
        self.show_folder = _small_button("folder", "Show take in folder", "Open the folder of the last take (Ctrl+T)")
        click_on_key(self.show_folder, "Ctrl+T")
        self.show_folder.clicked.connect(self._ask_folder)
        self.show_folder.hide()
        self.level = RecordLevel()
        buttons, taken = QHBoxLayout(), QHBoxLayout()
        for row in (buttons, taken):
            row.setSpacing(6)
        rows.addLayout(buttons)
        rows.addWidget(self.level)
        rows.addLayout(taken)
        buttons.addWidget(self.play, 1)
        buttons.addWidget(self.record, 1)
        taken.addWidget(self.take, 1)
        for part in (self.show_folder, self.takes, self.options):
            taken.addWidget(part)

    def _button(self, icon: str, text: str, tip: str, keys: str) -> AskingButton:
        button = AskingButton(self._icons[icon], f" {text}")
        button.setObjectName(icon)
        button.setIconSize(QSize(12, 12))
        button.setToolTip(tip)
        click_on_key(button, keys)
        button.setAccessibleName(text)
        return button

    def _ask_play(self, checked: bool) -> None:
        self.play_asked.emit(checked)

    def _ask_record(self, checked: bool) -> None:
        self.record_asked.emit(checked)

    def show_status(self, status: Status) -> None:
        """Follow the engine."""
        self.play.follow(status.playing)
        if (self.play.text() == " Stop") != status.playing:
            self.play.setText(" Stop" if status.playing else " Play")
            self.play.setAccessibleName(self.play.text().strip())
            self.play.setIcon(self._icons["stop" if status.playing else "play"])
        recording = status.recording is not None
        self.record.follow(recording or status.armed)
        label = f" {clock(status.recording_s)}" if recording else " Armed" if status.armed else " Record"
        self.level.show_level(status.peak_db, recording)
        if self.record.text() != label:
            self.record.setText(label)
        self._show_take(status)

    def show_length(self, take: Path, seconds: float) -> None:
        """A take's whole length: what was last seen while it was recorded is up to a look, and what rings on, short."""
        self._length = take, seconds

    def _show_take(self, status: Status) -> None:
        if status.recording is not None:
            text, tip, self._take = status.recording.name, str(status.recording), status.recording
            self._seconds = status.recording_s
        elif status.armed:
            text, tip = "Waits for sound or Play", "Recording begins with the first sound, or with Play (Space)"
        elif status.last_take is not None:
            take, seconds = self._length
            seconds = seconds if take == status.last_take else self._seconds
            text = f"{_short(status.last_take)} · {clock(seconds)}"
            tip, self._take = str(status.last_take), status.last_take
        else:
            text, tip, self._take = "No take yet", "", None
        if text != self._shown_take:
            self._shown_take = text
            self.take.setText(text)
            self.take.setToolTip(tip)
            self.take.setAccessibleDescription(tip)
        finished = status.recording is None and not status.armed and status.last_take is not None
        if self.show_folder.isHidden() == finished:
            self.show_folder.setVisible(finished)

    def _ask_folder(self) -> None:
        if self._take is not None:
            self.folder_asked.emit(self._take)


def _short(path: Path) -> str:
    """The file with its folder, as much as tells it apart; where there is little room, its end is what is read."""
    return f"…/{path.parent.name}/{path.stem}"


def _small_button(icon: str, name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(_icon(icon))
    button.setIconSize(QSize(14, 14))
    button.setProperty("role", "small")
    button.setFixedSize(26, 24)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _icon(shape: str) -> QIcon:
    scale = 3
    icon = QIcon()
    for state, colour in ((QIcon.State.Off, COLOURS.text), (QIcon.State.On, COLOURS.ground)):
        pixmap = QPixmap(12 * scale, 12 * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOURS.record if shape == "record" else colour))
        if shape == "play":
            painter.drawPolygon(QPolygonF.fromList([QPointF(2, 0.5), QPointF(11.5, 6), QPointF(2, 11.5)]))
        elif shape == "list":
            for y in (1, 5, 9):
                painter.drawRoundedRect(0, y, 12, 2, 1, 1)
        elif shape == "folder":
            painter.drawRoundedRect(0, 3, 12, 8, 1.5, 1.5)
            painter.drawRoundedRect(0, 1, 6, 4, 1, 1)
        elif shape == "stop":
            painter.drawRoundedRect(1, 1, 10, 10, 2, 2)
        else:
            painter.drawEllipse(1, 1, 10, 10)
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon
