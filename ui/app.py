"""Opens the window: something on screen at once, torch and the preset behind it.

torch takes longer to import than everything else together (1.2 s of 1.7 s), so a plain dark window is shown first and
torch is imported in a thread while pyqtgraph is imported in this one.
"""

import gc
import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from ui.theme import COLOURS, apply_theme

if TYPE_CHECKING:
    from synth.controls import Controls
    from synth.engine_contract import EngineControl
    from ui.loader import Build, Loaded


def run(preset: str | Path | None = None, device: str | None = None) -> int:
    """Show the window until it is closed; returns the exit code.

    Raises `PresetError` for a preset that is not there, or when not even the default can be loaded.
    """
    app = QApplication.instance() or QApplication(["petrichord"])
    assert isinstance(app, QApplication)
    QGuiApplication.setApplicationDisplayName("Petrichord")
    apply_theme(app)
    opening = Opening()
    opening.show()
    start = _in_background(app, lambda: _first(preset, device))
    if not opening.isVisible():
        return 0  # Closed before there was anything to see.

    from synth.engine import Engine
    from synth.library import entries
    from synth.priority import favoured
    from ui.main_window import MainWindow

    engine = Engine(start.loaded.instrument, device=device, reason=start.loaded.reason)
    window = MainWindow(engine, instrument_builder(engine), entries(), output_names, device)
    window.show_loaded(start.loaded)
    if start.problem:
        window.complain(start.problem)
    else:
        window.trainer.tell_of_unfinished()
    # This thread shares the interpreter with the sound: put aside while it holds it, it would hold up the engine.
    with Reporter() as reporter, favoured("helper"):
        reporter.reported.connect(window.complain)
        engine.start()
        gc.enable()
        try:
            window.setGeometry(opening.geometry())
            window.show()
            opening.close()
            with _closed_by_ctrl_c(window):
                return app.exec()
        finally:
            engine.close()


@dataclass(frozen=True)
class Start:
    """What the window begins with."""

    loaded: "Loaded"
    problem: str = ""
    """Why it is not the preset that was asked for."""


def _first(preset: str | Path | None, device: str | None) -> Start:
    """Load what was asked for; when the file is damaged, the default and the reason."""
    import torch

    from synth.controls import Controls
    from synth.devices import preferred_rate_hz
    from synth.errors import PetrichordError
    from synth.library import default_name, find

    torch.set_num_threads(1)
    rate_hz = preferred_rate_hz(device)
    if preset is None:
        return Start(_load(find(default_name()), Controls(), rate_hz))
    path = find(str(preset))
    try:
        return Start(_load(path, Controls(), rate_hz))
    except PetrichordError as problem:
        return Start(_load(find(default_name()), Controls(), rate_hz), str(problem))


def instrument_builder(engine: "EngineControl") -> "Build":
    """How presets become instruments for this engine."""

    def build(path: Path, controls: "Controls") -> "Loaded":
        return _load(path, controls, engine.status().rate_hz)

    return build


def _load(path: Path, controls: "Controls", rate_hz: int) -> "Loaded":
    from synth.prepare import ready_instrument
    from synth.preset_file import load_preset
    from ui.loader import Loaded
    from ui.suggestions import suggested

    preset = load_preset(path)
    return Loaded(path, preset, *ready_instrument(preset, rate_hz, suggested(controls, preset)))


def output_names() -> list[str]:
    """The outputs there are, by the names the engine takes."""
    from synth.devices import list_devices

    return [device.label for device in list_devices()]


class Opening(QWidget):
    """What is on screen while torch is imported: the window's ground and name, where the window will be."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Petrichord")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        screen = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(1280, screen.width()), min(800, screen.height()))
        self.move(screen.center() - self.rect().center())

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
        self.reported.emit(f"Something unexpected went wrong ({kind.__name__}); details are in {path}.")


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
