"""The window: puts the parts together and carries messages between them and the engine."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from synth.controls import Controls
from synth.engine_contract import EngineControl
from synth.library import Entry
from synth.messages import Redo, ReseedAll, SetControls, ThawAll, Undo
from synth.preset import Preset
from synth.preset_file import SUFFIX
from ui.banner import Banner
from ui.brush_bar import BrushBar
from ui.brushes import BrushHand
from ui.control_panel import ControlPanel
from ui.culture_view import CultureView
from ui.dock import SNAPSHOT, Dock
from ui.header import Header
from ui.help_overlay import HelpOverlay
from ui.loader import Build, Loaded, Loader, Voiced
from ui.note_keys import KEY_ROW
from ui.places import Places
from ui.preset_panel import PresetPanel
from ui.shortcuts import on_key
from ui.status_line import StatusLine
from ui.suggestions import suggested

_FRAME_MS = 25
"""40 looks per second at the culture: the engine makes about 43."""
_STATUS_EVERY = 5
"""The status line follows every fifth look: numbers that flicker cannot be read."""
_BROWSER_WIDTH = 216


class MainWindow(QMainWindow):
    """Everything to see and touch. Owns the loader; the engine is started and closed by its maker."""

    def __init__(
        self,
        engine: EngineControl,
        build: Build,
        entries: list[Entry],
        list_outputs: Callable[[], list[str]],
        device: str | None = None,
        places: Places | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Petrichord")
        self.setAcceptDrops(True)
        self.setMinimumSize(1024, 640)
        self.resize(1280, 800)
        self.engine = engine
        self._notice = 0
        self._preset: Preset | None = None
        self._looks = 0
        self._looked_at = time.perf_counter()
        self.loader = Loader(build, self)
        self.hand = BrushHand(engine.send, self)
        self.header = Header(list_outputs, device)
        self.presets = PresetPanel(entries, places or Places.usual())
        self.brushes = BrushBar()
        self.banner = Banner()
        self.culture = CultureView(self.hand)
        self.controls = ControlPanel()
        self.dock = Dock()
        self.transport, self.keys = self.dock.transport, self.dock.keys
        self.status_line = StatusLine()
        self._lay_out()
        self.help = HelpOverlay(self)
        self._connect()
        self._add_shortcuts()
        self.culture.setFocus(Qt.FocusReason.OtherFocusReason)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)
        self._timer.start(_FRAME_MS)

    def _lay_out(self) -> None:
        stage = QFrame()
        stage.setProperty("role", "panel")
        inside = QVBoxLayout(stage)
        inside.setContentsMargins(8, 8, 8, 6)
        inside.setSpacing(6)
        inside.addWidget(self.brushes)
        inside.addWidget(self.banner)
        inside.addWidget(self.culture, 1)
        played = QVBoxLayout()
        played.setSpacing(8)
        played.addWidget(stage, 1)
        played.addWidget(self.controls)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        self.presets.setFixedWidth(_BROWSER_WIDTH)
        middle.addWidget(self.presets)
        middle.addLayout(played, 1)
        body = QVBoxLayout()
        body.setContentsMargins(8, 8, 8, 8)
        body.setSpacing(8)
        body.addLayout(middle, 1)
        body.addWidget(self.dock)
        central = QWidget()
        central.setObjectName("central")
        whole = QVBoxLayout(central)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addLayout(body, 1)
        whole.addWidget(self.status_line)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        transport = self.transport
        transport.play_asked.connect(self._play)
        transport.record_asked.connect(self._record)
        self.header.devices.chosen.connect(self.engine.set_device)
        self.header.help.clicked.connect(self.help.toggle)
        self._connect_presets()
        self.brushes.changed.connect(self.culture.show_brush)
        self.culture.brush_resized.connect(self.brushes.resize_brush)
        self.culture.pointed.connect(self.status_line.show_pointer)
        self.controls.changed.connect(self._send_controls)
        self.controls.reseed_asked.connect(lambda: self.engine.send(ReseedAll()))
        self.controls.reseed_asked.connect(self.culture.reseeded)
        self.brushes.undo_asked.connect(lambda: self.engine.send(Undo()))
        self.brushes.redo_asked.connect(lambda: self.engine.send(Redo()))
        self.brushes.thaw_asked.connect(lambda: self.engine.send(ThawAll()))
        self.keys.played.connect(self.controls.note.setValue)
        for button in self.findChildren(QAbstractButton):
            button.installEventFilter(self)
        for part in (self.controls, self.brushes, self.header.devices):
            part.refused.connect(self.complain)
        self.loader.loaded.connect(self._take_over)
        self.loader.voiced.connect(self._revoice)
        self.status_line.vocoders.chosen.connect(self._prepare_vocoder)
        self.status_line.vocoders.refused.connect(self.complain)
        self.loader.failed.connect(self._keep_playing)
        self.loader.busy.connect(self.header.show_busy)

    def _connect_presets(self) -> None:
        presets, header = self.presets, self.header
        presets.chosen.connect(self.load)
        presets.save_asked.connect(self._save)
        presets.kept.connect(self._show_kept)
        presets.said.connect(self.banner.say)
        presets.refused.connect(self._refuse)
        presets.like_changed.connect(header.like.setChecked)
        header.like.clicked.connect(presets.like_playing)
        header.stepped.connect(presets.step)
        if presets.favourites.problem:
            self.complain(presets.favourites.problem)

    def _add_shortcuts(self) -> None:
        for i, letter in enumerate(KEY_ROW):
            on_key(self, letter, partial(self.keys.play_key, i))
        on_key(self, "Z", lambda: self.dock.shift_octave(-1))
        on_key(self, "X", lambda: self.dock.shift_octave(1))
        on_key(self, "[", lambda: self.culture.resize_brush(-1, -1), repeat=True)
        on_key(self, "]", lambda: self.culture.resize_brush(1, 1), repeat=True)
        on_key(self, "Ctrl+B", lambda: self.culture.setFocus(Qt.FocusReason.TabFocusReason))
        on_key(self, "Ctrl+L", lambda: self.presets.search.setFocus(Qt.FocusReason.ShortcutFocusReason))
        on_key(self, "Ctrl+Q", self.close)
        on_key(self, "Esc", self._put_away)

    def _put_away(self) -> None:
        if self.help.isVisible():
            self.help.hide()
        elif self.presets.names.isVisible():
            self.presets.names.put_away()
        elif self.presets.search.hasFocus():
            self.presets.clear_search()
        else:
            self.banner.dismiss()

    # Presets

    def load(self, path: Path) -> None:
        """Prepare this preset elsewhere; what plays goes on until it is ready."""
        self.loader.request(path, self.controls.controls)

    def _take_over(self, loaded: Loaded) -> None:
        self.engine.swap(loaded.instrument, loaded.reason)
        self.show_loaded(loaded)
        # What the player turned while it loaded.
        self._send_controls(self.controls.controls)

    def show_loaded(self, loaded: Loaded) -> None:
        """The engine plays this now: name it, rule the axes, stand where its controls do."""
        preset = self._preset = loaded.preset
        self._name_preset(preset, loaded.path)
        self.controls.show_controls(suggested(self.controls.controls, preset))
        self.culture.set_culture(preset.mel, preset.n_frames, preset.quantiles.numpy())
        self.brushes.set_frame_rate(preset.mel.frames_per_second)
        self.controls.note.set_root(preset.root_hz)
        self._show_note()

    def _name_preset(self, preset: Preset, path: Path) -> None:
        self.header.show_preset(preset)
        self.presets.mark(path, preset.name)
        self.setWindowTitle(f"{preset.name} – Petrichord")
        self.help.show_credit(preset)

    def _prepare_vocoder(self) -> None:
        if self._preset is not None:
            self.loader.request_vocoder(self._preset, self.engine.status().rate_hz)

    def _revoice(self, voiced: Voiced) -> None:
        self.engine.change_vocoder(voiced.vocoder, voiced.reason, voiced.spare, voiced.preset)

    def _save(self, name: str, replace: bool) -> None:
        self.presets.librarian.save(self.engine.capture(), self.controls.controls, name, replace)

    def _show_kept(self, preset: Preset) -> None:
        """What plays has a file of its own now."""
        self.header.show_preset(preset)
        self.setWindowTitle(f"{preset.name} – Petrichord")

    def _refuse(self, problem: str) -> None:
        self.complain(problem)
        self.presets.restore_mark()

    def _keep_playing(self, problem: str) -> None:
        self.complain(problem)
        self.presets.restore_mark()
        self.header.show_busy(False)

    # Messages

    def _send_controls(self, controls: Controls) -> None:
        self.engine.send(SetControls(controls))
        self._show_note()

    def _show_note(self) -> None:
        note = self.controls.note
        self.keys.show_note(note.value(), note.own_note())

    def _play(self, play: bool) -> None:
        if play:
            self.engine.play()
        else:
            self.engine.stop()

    def _record(self, record: bool) -> None:
        if record:
            self.engine.record()
        else:
            self.engine.stop_recording()

    def complain(self, problem: str) -> None:
        """Say what went wrong; it stays until it is dismissed."""
        self.banner.say(problem, urgent=True)

    # The engine's news

    def _look(self) -> None:
        now = time.perf_counter()
        view = self.engine.view(hidden=self.brushes.hidden.isChecked())
        if view is not None:
            self.culture.show_view(view)
            self.brushes.show_history(view.undos, view.redos, frozen=bool(view.frozen.any()))
        status = self.engine.status()
        self.header.meter.show_peaks(status.peak_db, now - self._looked_at)
        self._looked_at = now
        self.transport.show_status(status)
        self.dock.show_sound(self.engine.sound(SNAPSHOT), status.rate_hz)
        if self._looks % _STATUS_EVERY == 0:
            self.status_line.show_status(status)
        self._looks += 1
        for notice in status.notices:
            if notice.serial > self._notice:
                self._notice = notice.serial
                self.banner.say(notice.text, urgent=notice.urgent)

    # Qt's events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter presses the focused button: Space is Play everywhere."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if pressed and isinstance(watched, QAbstractButton) and not event.isAutoRepeat():
                watched.click()
                return True
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_preset(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_preset(event)
        if path is not None:
            event.acceptProposedAction()
            self.presets.librarian.adopt(path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.help.setGeometry(self.rect())
        self.presets.setFixedWidth(round(min(max(_BROWSER_WIDTH, 0.17 * self.width()), 1.6 * _BROWSER_WIDTH)))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.hand.lift()
        self._timer.stop()
        self.loader.close()
        self.presets.librarian.close()
        super().closeEvent(event)


def _dropped_preset(event: QDropEvent) -> Path | None:
    """The first preset file among what is dragged, if any."""
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and path.suffix.casefold() == SUFFIX:
            return path
    return None
