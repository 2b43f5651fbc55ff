"""Checkpoints through the instrument: cross-faded in as any preset, and back to what played before, as it was."""

from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from synth.engine.protocol import Capture, EngineControl
from synth.errors import PresetError
from synth.instrument.as_preset import as_preset
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import save_preset
from ui.presets.loader import Build, Loaded, Loader
from ui.trainer.growing.training import Heard
from ui.window.parts import Parts
from ui.window.preset_desk import PresetDesk

_ANSWER_S = 3.0


class Hearing(QObject):
    """What plays is written down before the first checkpoint is heard: culture, controls and name come back."""

    changed = Signal(object)
    """The `Heard` that plays now, or None."""
    failed = Signal(str)

    def __init__(self, engine: EngineControl, build: Build, desk: PresetDesk, parts: Parts, before: Path) -> None:
        """`before` is the file in which what played is written down."""
        super().__init__(desk)
        self._engine, self._build, self._desk, self._parts = engine, build, desk, parts
        self._before = before
        self._path: Path | None = None
        """The preset that played before, None while no checkpoint was asked for."""
        self._capture: Future[Capture] | None = None
        self._controls = ParameterValues()
        self._asked: Heard | None = None
        self.now: Heard | None = None
        """What is heard."""
        self._loader = Loader(self._prepare, self)
        self._loader.loaded.connect(self._take_over)
        self._loader.failed.connect(self._fail)
        self._loader.busy.connect(parts.header.show_busy)
        desk.loader.loaded.connect(self._leave)

    def hear(self, heard: Heard) -> None:
        """Play this checkpoint as soon as it is prepared."""
        if self._path is None:
            self._path = self._parts.presets.playing
            self._capture, self._controls = self._engine.capture(), self._parts.controls.controls
        self._asked = heard
        self._loader.request(heard.path, self._parts.controls.controls, self._parts.controls.locked)

    def back(self) -> None:
        """Play what played before, if it is another."""
        if self._path is not None:
            self._asked = None
            self._loader.request(self._before, self._controls)

    def close(self) -> None:
        """Wait for what is being prepared; nothing arrives any more."""
        self._loader.close()
        with suppress(OSError):
            self._before.unlink(missing_ok=True)

    def _prepare(self, path: Path, controls: ParameterValues, locked: frozenset[str]) -> Loaded:
        """In the loader's thread."""
        capture, self._capture = self._capture, None
        if capture is not None:
            self._write_down(capture)
        loaded = self._build(path, controls, locked)
        if path == self._before and self._path is not None:
            return replace(loaded, path=self._path)
        return loaded

    def _write_down(self, capture: "Future[Capture]") -> None:
        try:
            caught = capture.result(_ANSWER_S)
        except NoAnswer as error:
            raise PresetError("The checkpoint is not heard: the sound engine does not answer; start again.") from error
        self._before.parent.mkdir(parents=True, exist_ok=True)
        save_preset(as_preset(caught.preset, caught.state, self._controls, caught.preset.name), self._before)

    def _take_over(self, loaded: Loaded) -> None:
        heard, prepared = self._asked, loaded.instrument.controls
        self._engine.swap(loaded.instrument, loaded.reason)
        self._desk.show_loaded(loaded, listed=heard is None)
        self._desk.catch_up(prepared)
        if heard is None:
            self._path = None
        self._tell(heard)

    def _fail(self, problem: str) -> None:
        if self.now is None:
            self._path = None
        self.failed.emit(problem)
        self._tell(self.now)

    def _leave(self) -> None:
        """Another preset was loaded meanwhile: there is nothing to go back to."""
        self._path = None
        self._tell(None)

    def _tell(self, heard: Heard | None) -> None:
        self.now = heard
        self.changed.emit(heard)
