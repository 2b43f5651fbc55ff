"""The window: puts the parts together and carries messages between them and the engine."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMainWindow

from synth.engine.protocol import EngineControl, Status
from synth.instrument.events import View
from synth.presets.library import Entry
from ui.culture.brushes import BrushHand
from ui.files.folders import Places
from ui.help.about_sheet import AboutSheet
from ui.help.overlay import HelpOverlay
from ui.help.tour import Tour
from ui.look.shortcuts import on_key
from ui.perform.dock import SNAPSHOT
from ui.perform.key_hand import KeyHand
from ui.presets.loader import Build
from ui.settings.desk import SettingsDesk
from ui.settings.opener import SettingsOpener
from ui.settings.store import SettingsFile
from ui.settings.tuning.desk import TuningDesk
from ui.shell.drops import is_droppable, sort_out, take_in
from ui.shell.note_desk import NoteDesk
from ui.shell.tour_stops import tour_stops
from ui.takes.desk import TakeDesk
from ui.takes.sheet import TakesSheet
from ui.trainer.desk import TrainDesk
from ui.widgets.sheet import KeyboardKeeper, Sheet, open_sheet
from ui.window.control_desk import ControlDesk
from ui.window.exposure import Exposure
from ui.window.motion_desk import MotionDesk
from ui.window.parts import Parts
from ui.window.preset_desk import PresetDesk
from ui.window.remedies import Remedies

_TICK_MS = 5
_SHORTEST_S, _LONGEST_S = 0.020, 0.024
"""Between two looks: as soon as the engine, which makes about 43 views per second, has a new one, and then at the
latest, when only the heads move on. A timer of 25 ms beat against the engine's blocks of 23: every few looks found
nothing new (gaps of 50 ms). Waiting for a late view for 27 ms, which is found a tick later, cost gaps of 34."""
_PATIENCE_S = 0.1
"""So long pictures wait while the sound is close to breaking."""
_RESTING_TICK_MS, _UNSEEN_TICK_MS = 50, 1000
"""While the engine rests it makes ten views per second; of a window that nobody sees only the news matters."""
_STATUS_EVERY = 5
"""The status line follows every fifth look: numbers that flicker cannot be read."""


class MainWindow(QMainWindow):
    """Everything to see and touch. The engine is started and closed by its maker."""

    def __init__(
        self,
        engine: EngineControl,
        build: Build,
        entries: list[Entry],
        list_outputs: Callable[[], list[str]],
        device: str | None = None,
        places: Places | None = None,
        settings: SettingsFile | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Petrichord")
        self.setAcceptDrops(True)
        self.setMinimumSize(1024, 640)
        self.resize(1280, 800)
        self.engine = engine
        self._notice = self._looks = 0
        self._view: View | None = None
        self._looked_at = self._viewed_at = time.perf_counter()
        self.hand = BrushHand(engine.send, self)
        places = places or Places.usual()
        self.parts = parts = Parts.make(self.hand, entries, list_outputs, device, places)
        self.header, self.presets, self.brushes, self.banner = parts.header, parts.presets, parts.brushes, parts.banner
        self.culture, self.controls, self.dock = parts.culture, parts.controls, parts.dock
        self.transport, self.keys, self.status_line = parts.dock.transport, parts.dock.keys, parts.status_line
        self.setCentralWidget(parts.laid_out())
        self.help = HelpOverlay(self)
        self.about = AboutSheet(self, self.presets.all_paths)
        self.tour = Tour(tour_stops(parts), places.tour_seen, self)
        parts.add_below_culture(self.tour)
        self.desk = PresetDesk(engine, build, parts, self.help, self)
        self.notes = NoteDesk(engine, parts, self.desk, places.learned, self)
        self.sounding, self.player = self.notes.sounding, self.notes.player
        self.midi, self.midi_file = self.notes.midi, self.notes.file
        stored = settings or SettingsFile(places.settings)
        self.tuning = TuningDesk(engine, self.desk, self.keys, stored.settings)
        self.settings = SettingsDesk(engine, stored, device, places, self.desk, self.midi, self.tuning)
        self.settings_opener = SettingsOpener(self.settings, self.controls, self)
        self.loader, self.load, self.show_loaded = self.desk.loader, self.desk.load, self.desk.show_loaded
        desk, sheet = self.desk, TakesSheet(self)
        self.takes = TakeDesk(engine, self.transport, sheet, self.banner, desk.load, desk.branch, desk.loader)
        self.control_desk = ControlDesk(engine.send, parts, self.hand, self)
        self.motion = MotionDesk(parts, self)
        self.complain = self.banner.complain
        self.remedies = Remedies(
            self.banner, self.header.devices.click, self.takes.choose_folder, self.status_line.vocoders.click
        )
        self.trainer = TrainDesk(engine, build, self.desk, parts, self)
        parts.presets.add_below(self.trainer.button)
        self.key_hand, self.keyboard = KeyHand(self, self.keys, self.player), KeyboardKeeper(self, self.culture)
        self._connect()
        self._add_shortcuts()
        self.culture.setFocus(Qt.FocusReason.OtherFocusReason)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)
        self._timer.start(_TICK_MS)
        if self.tour.first_start:
            self.tour.start()
        self.exposure = Exposure(self)
        self.exposure.changed.connect(self._look_anew)

    def _connect(self) -> None:
        self.transport.play_asked.connect(self._play)
        self.header.devices.chosen.connect(self.settings.use_device)
        self.settings.changed.connect(lambda: self.header.devices.show_current(self.settings.output.device))
        self.header.settings.clicked.connect(self.settings_opener.toggle)
        self.settings.changed.connect(self._show_take_settings)
        self.takes.options_changed.connect(
            lambda form, wait: self.settings.change_takes(take_format=form, take_wait=wait)
        )
        self.takes.folder_changed.connect(lambda folder: self.settings.change_takes(take_folder=folder))
        self._show_take_settings()
        self.header.help.clicked.connect(self.help.toggle)
        self.help.about.clicked.connect(self.about.open)
        self.help.tour.clicked.connect(self.tour.start)
        self.tour.ended.connect(self._give_keyboard_back)
        self.desk.named.connect(lambda name: self.setWindowTitle(f"{name} – Petrichord"))
        self.desk.named.connect(self.takes.name_after)
        self.brushes.changed.connect(self.culture.show_brush)
        self.culture.brush_resized.connect(self.brushes.resize_brush)
        self.culture.pointed.connect(self.status_line.show_pointer)
        self.controls.changed.connect(self.desk.send_values)
        self.loader.loaded.connect(self.control_desk.other_culture)
        self.loader.loaded.connect(self._forget_notes)
        self.keys.drone_asked.connect(self.controls.note.setValue)
        self.key_hand.octave_moved.connect(self.dock.show_octave)
        for button in self.findChildren(QAbstractButton):
            button.installEventFilter(self)
        for files in (self.presets, self.takes):
            files.removed.connect(self.control_desk.history.deed)
            files.return_asked.connect(self.control_desk.take_back)
        self.tuning.told.connect(lambda problem: self.banner.complain(problem, about="tuning"))
        self.tuning.changed.connect(lambda: None if self.tuning.problem else self.banner.settle("tuning"))
        for part in (self.header.devices, self.settings):
            part.refused.connect(self.complain)
        for turned in (self.controls, self.brushes):
            turned.refused.connect(lambda problem: self.banner.complain(problem, about="value"))
            turned.changed.connect(lambda _: self.banner.settle("value"))
        for typed_into in (self.controls, self.brushes, self.presets):
            typed_into.done.connect(self._give_keyboard_back)

    def _add_shortcuts(self) -> None:
        on_key(self, "[", lambda: self.culture.resize_brush(-1, -1), repeat=True)
        on_key(self, "]", lambda: self.culture.resize_brush(1, 1), repeat=True)
        on_key(self, "Ctrl+B", lambda: self.culture.setFocus(Qt.FocusReason.TabFocusReason))
        on_key(self, "Ctrl+L", lambda: self.presets.search.setFocus(Qt.FocusReason.ShortcutFocusReason))
        on_key(self, "Ctrl+Q", self.close)
        on_key(self, "Shift+F1", self.about.toggle)
        on_key(self, "Esc", self._put_away)

    def _put_away(self) -> None:
        if sheet := open_sheet(self):
            sheet.put_away()
        elif self.presets.names.isVisible():
            self.presets.names.put_away()
        elif self.desk.hearing.path is not None:
            self.desk.hearing.stop()
        elif self.presets.search.hasFocus():
            self.presets.clear_search()
        elif self.controls.note.hasFocus():
            self.controls.note.leave()
        elif self.notes.learning.waits:
            self.notes.learning.stop()
        elif self.tour.under_way:
            self.tour.leave()
        else:
            self.banner.dismiss()
            self._give_keyboard_back()

    def _give_keyboard_back(self) -> None:
        """What was typed is done: the next keys are the instrument's."""
        self.culture.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_take_settings(self) -> None:
        stored = self.settings.settings
        self.takes.follow(stored.take_folder, stored.take_format, stored.take_wait)

    def _forget_notes(self) -> None:
        """The instrument that played them is gone."""
        self.key_hand.let_go()
        self.notes.forget()

    def _play(self, play: bool) -> None:
        self._keep_pace(resting=False)
        if play:
            self.engine.play()
        else:
            self.engine.stop()

    # The engine's news

    def _keep_pace(self, *, resting: bool) -> None:
        """Look as often as there is something to see and somebody who sees it."""
        tick = _UNSEEN_TICK_MS if not self.exposure.seen else _RESTING_TICK_MS if resting else _TICK_MS
        if tick != self._timer.interval():
            exact = tick == _TICK_MS
            self._timer.setTimerType(Qt.TimerType.PreciseTimer if exact else Qt.TimerType.CoarseTimer)
            self._timer.setInterval(tick)

    def _look_anew(self) -> None:
        """The window can be seen again, or cannot any more."""
        if self._timer.isActive():
            self._keep_pace(resting=False)
            self._look()

    def _look(self) -> None:
        self.key_hand.check()
        if not self.exposure.seen:
            self._tell_news(self.engine.status())
            return
        now, view = time.perf_counter(), self.engine.view(hidden=self.brushes.hidden.isChecked())
        since = now - self._looked_at
        if since < _SHORTEST_S or (view is self._view and since < _LONGEST_S):
            return
        # A picture less is seen by nobody, a gap is heard by everybody.
        if self.engine.pressed and since < _PATIENCE_S:
            return
        if view is self._view:
            self.culture.move_on(now - self._viewed_at)
        elif view is not None:
            self._view, self._viewed_at = view, now
            self.settings.view = view
            self.culture.show_view(view)
            self.control_desk.show_view(view)
            self.motion.show_view(view)
        status = self.engine.status()
        self.header.show_levels(status, now - self._looked_at)
        self._looked_at = now
        self._keep_pace(resting=status.resting)
        self._tell_news(status)
        self.dock.show_sound(self.engine.sound(SNAPSHOT), status.rate_hz)
        if self._looks % _STATUS_EVERY == 0:
            self.status_line.show_status(status)
        self._looks += 1

    def _tell_news(self, status: Status) -> None:
        """What must be known even if nobody sees the window now: takes that have ended, notes that sound, notices."""
        self.takes.show_status(status)
        self.desk.morph.show_status(status)
        self.notes.look(self._view, drone=status.playing)
        for notice in status.notices:
            if notice.serial > self._notice:
                self._notice = notice.serial
                self.remedies.say(notice)

    # Qt's events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter presses the focused button: Space is Play everywhere."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if pressed and isinstance(watched, QAbstractButton) and not event.isAutoRepeat():
                watched.click()
                return True
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if is_droppable(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        take_in(sort_out(event.mimeData()), self.presets.librarian, self.trainer, self.midi_file.play, self.banner)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for sheet in self.findChildren(Sheet):
            sheet.cover()
        self.parts.fit(self.size())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.hand.lift()
        self.tour.leave()
        self._forget_notes()
        self.control_desk.close()
        self._timer.stop()
        self.notes.close()
        self.takes.close()
        self.about.close_reader()
        self.trainer.close()
        self.desk.close()
        self.settings_opener.close()
        self.settings.close()
        super().closeEvent(event)
