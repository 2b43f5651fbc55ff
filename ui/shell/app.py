"""Opens the window: something on screen at once, torch and the preset behind it.

torch takes longer to import than everything else together (1.2 s of 1.7 s), so a plain dark window is shown first and
torch is imported in a thread while pyqtgraph is imported in this one.
"""

import gc
import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from ui.look.theme import COLOURS, apply_theme
from ui.shell.overrides import guard_overrides
from ui.window.geometry import enlarge, fitted
from ui.window.session import Geometry, SessionFile

if TYPE_CHECKING:
    from synth.device.outputs import Output
    from synth.engine.protocol import EngineControl
    from synth.instrument.parameters.values import ParameterValues
    from ui.presets.loader import Build, Loaded
    from ui.settings.store import SettingsFile
    from ui.window.session import Session


def run(preset: str | Path | None = None, device: str | None = None, screens: Sequence[tuple[int, int]] = ()) -> int:
    """Show the window until it is closed; returns the exit code.

    `screens` are the sizes that windows have on them, in the system's own units, where they are known.
    Raises `PresetError` for a preset that is not there, or when not even the default can be loaded.
    """
    from ui.settings.store import SettingsFile

    guard_overrides()
    stored = SettingsFile()
    enlarge(stored.settings.interface_scale, screens)
    app = QApplication.instance() or QApplication(["petrichord"])
    assert isinstance(app, QApplication)
    QGuiApplication.setApplicationDisplayName("Petrichord")
    apply_theme(app)
    last = SessionFile()
    opening = Opening(last.session.geometry)
    opening.show()
    start = _in_background(app, lambda: first(preset, device, last.session, stored))
    if not opening.isVisible():
        return 0  # Closed before there was anything to see.

    from synth.engine.rate_change import ReopeningEngine
    from synth.memory import FreedMemory
    from synth.presets.library import entries
    from synth.thread_priority import favoured
    from ui.shell.main_window import MainWindow
    from ui.shell.session_keeper import SessionKeeper, put_back

    engine = ReopeningEngine(start.loaded.instrument, start.output, reason=start.loaded.reason)
    window = MainWindow(
        engine, instrument_builder(engine), entries(), output_names, start.output.device, settings=start.settings
    )
    put_back(window, last.session, start.loaded, whole=start.whole)
    keeper = SessionKeeper(window, last)
    problems = (*start.problems, *last.problems)
    for problem in problems:
        window.complain(problem)
    if not problems:
        window.trainer.tell_of_unfinished()
    # This thread shares the interpreter with the sound: put aside while it holds it, it would hold up the engine.
    collector = Collector()
    with Reporter() as reporter, favoured("helper"), FreedMemory(collect=collector.wanted.emit):
        reporter.reported.connect(window.remedies.report)
        # Made now, 0.1 s, and not when it is opened: who builds widgets and imports modules holds up the sound.
        window.settings_opener.sheet()
        importlib.import_module("ui.trainer.studio")
        engine.start()
        window.midi.start(start.settings.settings)
        gc.enable()
        try:
            window.setGeometry(opening.geometry())
            (window.showMaximized if opening.maximized else window.show)()
            opening.close()
            with _closed_by_ctrl_c(window):
                return app.exec()
        finally:
            keeper.close()
            engine.close()


@dataclass(frozen=True)
class Start:
    """What the window begins with."""

    loaded: "Loaded"
    output: "Output"
    """Where the sound goes: the device of the command line, else the stored one if it is there."""
    settings: "SettingsFile"
    whole: bool = False
    """What played last plays again, with its controls; nothing else was asked for."""
    problems: tuple[str, ...] = ()
    """Why something is not as it was asked for or stored."""


def first(
    preset: str | Path | None, device: str | None, last: "Session", settings: "SettingsFile | None" = None
) -> Start:
    """Load what was asked for, else what played last, else the default, and say why it is not that.

    `PresetError` for a name that was asked for and does not exist, or when not even the default can be loaded.
    """
    import torch

    from synth.device.devices import find_device, preferred_rate_hz
    from synth.effects.rack import EffectsRack
    from synth.engine.kept_culture import bring_back, culture_path
    from synth.errors import AudioDeviceError, PetrichordError
    from synth.instrument.events import set_parameters
    from synth.presets.library import default_name, find
    from ui.controls.motion.model import Motion
    from ui.controls.motion.sending import events_between
    from ui.settings.store import SettingsFile

    torch.set_num_threads(1)
    settings = settings or SettingsFile()
    problems = list(settings.problems)
    output = replace(settings.settings.output, device=device or settings.settings.output.device)
    if device is None and output.device is not None:
        try:
            find_device(output.device)
        except AudioDeviceError as error:
            problems.append(f"{error} The system’s default plays.")
            output = replace(output, device=None)
    rate_hz = output.rate_hz or preferred_rate_hz(output.device)
    whole = preset is None and last.preset is not None
    path, locked = _wanted(preset, last), frozenset(last.locked)
    try:
        loaded = _load(path, last.controls, rate_hz, locked, suggest=not whole)
    except PetrichordError as error:
        whole = False
        loaded = _load(find(default_name()), last.controls, rate_hz, locked)
        instead = f"The preset that played last cannot be opened, so “{loaded.preset.name}” plays."
        problems.append(str(error) if preset is not None else f"{instead} {error}")
    if whole:
        bring_back(loaded.instrument, culture_path())
        # The window's values are newer than the culture's, where it was not closed in the regular way.
        for event in set_parameters(last.controls.differing_from(loaded.instrument.controls)):
            # At once: effects and master are made for what the instrument says when the engine is.
            loaded.instrument.do(event)
        if last.motion is not None:
            played = Motion(loaded.instrument.routes, loaded.instrument.region)
            for change in events_between(played, last.motion):
                loaded.instrument.do(change)
    # Compiled here, at the very first start for seconds, and not where the window waits for the engine.
    EffectsRack(rate_hz, loaded.instrument.controls)
    return Start(loaded, output, settings, whole, tuple(problems))


def _wanted(preset: str | Path | None, last: "Session") -> Path:
    """The file of the preset to begin with; one that comes with Petrichord may have moved with it."""
    from synth.presets.library import default_name, entries, find

    if preset is not None:
        return find(str(preset))
    if last.preset is None:
        return find(default_name())
    moved = next((entry.path for entry in entries() if entry.name == last.preset.stem), last.preset)
    return last.preset if last.preset.is_file() else moved


def instrument_builder(engine: "EngineControl") -> "Build":
    """How presets become instruments for this engine."""

    def build(path: Path, controls: "ParameterValues", locked: frozenset[str]) -> "Loaded":
        return _load(path, controls, engine.status().rate_hz, locked)

    return build


def _load(
    path: Path, controls: "ParameterValues", rate_hz: int, locked: frozenset[str], *, suggest: bool = True
) -> "Loaded":
    from synth.loading.prepare import ready_instrument
    from synth.presets.file import load_preset
    from synth.takes.companion import COMPANION_SUFFIX
    from ui.controls.suggestions import suggested
    from ui.presets.loader import Loaded
    from ui.takes.continuation import continued

    if path.name.endswith(COMPANION_SUFFIX):
        return continued(path, rate_hz)
    preset = load_preset(path)
    if suggest:
        controls = suggested(controls, preset, locked)
    return Loaded(path, preset, *ready_instrument(preset, rate_hz, controls))


def output_names() -> list[str]:
    """The outputs there are, by the names the engine takes."""
    from synth.device.devices import list_devices

    return [device.label for device in list_devices()]


class Opening(QWidget):
    """What is on screen while torch is imported: the window's ground and name, where the window will be."""

    def __init__(self, wanted: Geometry | None = None) -> None:
        super().__init__()
        self.setWindowTitle("Petrichord")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.maximized = wanted is not None and wanted.maximized
        self.setGeometry(fitted(wanted))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.ground))
        font = self.font()
        font.setPointSizeF(20)
        painter.setFont(font)
        painter.setPen(QColor(COLOURS.accent))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "petrichord")


class Reporter(QObject):
    """Unexpected errors of any thread go to the log file and, in a sentence, to the window."""

    reported = Signal(str)

    def __enter__(self) -> "Reporter":
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self._report
        threading.excepthook = lambda args: self._report(args.exc_type, args.exc_value, args.exc_traceback)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._hooks

    def _report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        from synth.log import log_unexpected

        path = log_unexpected(error or kind())
        self.reported.emit(
            f"Something unexpected went wrong ({kind.__name__}), the sound goes on: should anything no longer answer, "
            f"start Petrichord again. Details are in {path}."
        )


class Collector(QObject):
    """Collects garbage on the thread of the window when another wants it: what Qt made should end where it was made."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.wanted.connect(self._collect, Qt.ConnectionType.QueuedConnection)

    def _collect(self) -> None:
        gc.collect()


@contextmanager
def _closed_by_ctrl_c(window: QWidget) -> Iterator[None]:
    """Ctrl-C in the terminal closes the window as its button does, so that a take is finished."""
    previous = signal.signal(signal.SIGINT, lambda *_: window.close())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _in_background(app: QApplication, work: Callable[[], "Start"]) -> "Start":
    """Do what imports torch in a thread while the opening window is alive and pyqtgraph is imported here."""
    with ThreadPoolExecutor(1, thread_name_prefix="start") as pool:
        future = pool.submit(work)
        app.processEvents()
        importlib.import_module("pyqtgraph")
        while not future.done():
            app.processEvents()
            wait([future], timeout=0.02)
    return future.result()
