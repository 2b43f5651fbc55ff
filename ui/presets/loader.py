"""Loads presets away from the window's thread and hands over what is ready to play."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, SignalInstance

from synth.engine.protocol import Present
from synth.errors import PetrichordError
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.vocoder.contract import Vocoder


@dataclass(frozen=True)
class Loaded:
    """A preset and the instrument that plays it."""

    path: Path
    preset: Preset
    instrument: Instrument
    reason: str
    """Why its vocoder was chosen."""
    controls: ParameterValues | None = None
    """Those it goes on with, where it continues something; else the window's hold."""


@dataclass(frozen=True)
class Voiced:
    """A vocoder for the preset that plays, as the engine's `change_vocoder` takes it."""

    vocoder: Vocoder
    reason: str
    spare: Vocoder | None
    preset: str


Work = Callable[[Callable[[], bool]], Loaded]
"""Prepares something to be played; it is handed what says True once nobody waits for it any more. Slow, raises
`PetrichordError`."""
Build = Callable[[Path, ParameterValues, frozenset[str]], Loaded]
"""Reads a preset and prepares its instrument with these controls, of which some are locked; slow, raises
`PetrichordError`."""


class Loader(QObject):
    """One preset at a time in a worker thread; when several are asked for quickly, only the last arrives."""

    loaded = Signal(object)
    voiced = Signal(object)
    partnered = Signal(object)
    """A `Partner` for the instrument that played when it was asked for."""
    unfit = Signal(str)
    """Why a second preset cannot be played beside what plays."""
    failed = Signal(str)
    busy = Signal(bool)

    def __init__(self, build: Build, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="preset-loader")
        self._latest: Future[None] | None = None
        self._serial = 0

    def request(self, path: Path, controls: ParameterValues, locked: frozenset[str] = frozenset()) -> None:
        """Load this preset next; one that still waits is dropped. Of the controls, the locked ones stay."""
        self.run(lambda _: self._build(path, controls, locked), path.name)

    def run(self, work: Work, name: str) -> int:
        """The same with anything else that can be played, known by a name; a number that is its own."""
        if self._latest is not None:
            self._latest.cancel()
        self._serial += 1
        self.busy.emit(True)
        self._latest = self._pool.submit(self._work, work, name, self._serial)
        return self._serial

    @property
    def latest(self) -> int:
        """The number of what was asked for last."""
        return self._serial

    def give_up(self) -> None:
        """Nobody waits any more for what was asked for last."""
        self._serial += 1
        self.busy.emit(False)

    def request_vocoder(self, preset: Preset, rate_hz: int) -> None:
        """Prepare the stored choice for this preset, after what is being loaded."""

        def voiced() -> Voiced:
            from synth.loading.prepare import ready_vocoder

            return Voiced(*ready_vocoder(preset, rate_hz), preset.name)

        self._prepare(voiced, self.voiced, self.failed, "The vocoder could not be prepared")

    def request_partner(self, path: Path, present: Present) -> None:
        """Prepare a second preset to be played beside this instrument, after what is being loaded."""

        def partner() -> Partner:
            from synth.loading.prepare import ready_partner
            from synth.presets.file import load_preset

            return ready_partner(present.preset, load_preset(path), present.out_rate_hz, present.setup)

        self._prepare(partner, self.partnered, self.unfit, f"{path.name} could not be prepared for a morph")

    def _prepare(self, make: Callable[[], object], made: SignalInstance, failed: SignalInstance, fault: str) -> None:
        """Make something for what plays and emit it by `made`, or by `failed` a sentence, which is `fault` where the
        program is to blame."""
        serial = self._serial

        def work() -> None:
            try:
                found = make()
            except PetrichordError as problem:
                failed.emit(str(problem))
            except Exception as problem:
                sys.excepthook(type(problem), problem, problem.__traceback__)
                failed.emit(f"{fault} ({type(problem).__name__}).")
            else:
                # A preset that was asked for since has nothing to do with it.
                if serial == self._serial:
                    made.emit(found)

        self._pool.submit(work)

    def close(self) -> None:
        """Wait for the worker; nothing arrives any more."""
        self._serial += 1
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, work: Work, name: str, serial: int) -> None:
        try:
            loaded = work(lambda: serial != self._serial)
        except PetrichordError as problem:
            self._deliver(serial, str(problem), None)
        except Exception as problem:
            # A fault of ours, not of the file: into the log with it, and the window must not wait for ever.
            sys.excepthook(type(problem), problem, problem.__traceback__)
            self._deliver(serial, f"{name} could not be loaded ({type(problem).__name__}).", None)
        else:
            self._deliver(serial, "", loaded)

    def _deliver(self, serial: int, problem: str, loaded: Loaded | None) -> None:
        if serial != self._serial:
            return
        # Emitted from the worker: Qt queues it to the window's thread.
        if loaded is None:
            self.failed.emit(problem)
        else:
            self.loaded.emit(loaded)
        self.busy.emit(False)
