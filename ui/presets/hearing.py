"""Presets that are heard without being loaded: prepared beside the engine, laid over what plays, ended at any time."""

import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from synth.engine.protocol import EngineControl
from synth.errors import PetrichordError
from synth.output.preview import Cancelled, at_volume, preview
from synth.presets.file import load_preset

_FOLLOW_MS = 40
_GIVE_WAY_S = 0.01
_BEGINS_WITHIN_S = 3.0
"""An engine that has not begun by then has gone."""
_KEPT_BYTES = 16 * 2**20
"""About fifteen previews at 48 kHz."""

Samples = NDArray[np.float32]
Prepare = Callable[[Path, int, Callable[[], bool]], Samples]
"""Makes (N, 2) of a preset's file at a rate; `Cancelled` when it is told so, `PetrichordError` when it cannot be."""


def prepared(path: Path, rate_hz: int, cancelled: Callable[[], bool]) -> Samples:
    """Reads a preset and renders its preview; slow."""
    return preview(load_preset(path), rate_hz, cancelled)


class Hearing(QObject):
    """One preset at a time: whoever asks for another, or for the same again, ends the one that is heard."""

    heard = Signal(object)
    """The file of the preset that is heard or prepared to be, None when it has ended."""
    failed = Signal(str)
    _ready = Signal(int, object)

    def __init__(
        self, engine: EngineControl, volume_db: Callable[[], float], parent: QObject, prepare: Prepare = prepared
    ) -> None:
        super().__init__(parent)
        self._engine, self._volume_db, self._prepare = engine, volume_db, prepare
        self.path: Path | None = None
        """What is heard or prepared."""
        self._serial = 0
        self._begun, self._asked_at = False, 0.0
        self._kept: OrderedDict[tuple[Path, int, int], Samples] = OrderedDict()
        # One of torch's threads, as everywhere beside the engine: the number is each thread's own.
        self._pool = ThreadPoolExecutor(
            1, thread_name_prefix="preset-preview", initializer=torch.set_num_threads, initargs=(1,)
        )
        self._latest: Future[None] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_FOLLOW_MS)
        self._timer.timeout.connect(self._follow)
        self._ready.connect(self._play)

    def toggle(self, path: Path) -> None:
        """Let this be heard; if it is, end it."""
        if path == self.path:
            self.stop()
            return
        self.stop()
        self._serial += 1
        self._latest = self._pool.submit(self._work, path, self._engine.audition.rate_hz, self._serial)
        self.path = path
        self.heard.emit(path)

    def stop(self) -> None:
        """Fade out what is heard, and forget what was about to be."""
        if self.path is None:
            return
        self._serial += 1
        if self._latest is not None:
            self._latest.cancel()
        if self._timer.isActive():
            self._timer.stop()
            self._engine.audition.stop()
        self.path = None
        self.heard.emit(None)

    def close(self) -> None:
        """Nothing arrives any more."""
        self._serial += 1
        self._timer.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, path: Path, rate_hz: int, serial: int) -> None:
        """In the worker's thread."""

        def cancelled() -> bool:
            # It computes as hard as the engine does, in the same interpreter: while the sound is close to breaking it
            # waits.
            while self._engine.pressed and serial == self._serial:
                time.sleep(_GIVE_WAY_S)
            return serial != self._serial

        problem = ""
        try:
            samples = self._made(path, rate_hz, cancelled)
        except Cancelled:
            return
        except PetrichordError as error:
            problem = str(error)
        except Exception as error:
            # A fault of ours, not of the file: into the log with it.
            sys.excepthook(type(error), error, error.__traceback__)
            problem = f"{path.name} cannot be heard ({type(error).__name__})."
        if serial == self._serial:
            self._ready.emit(serial, problem or samples)

    def _made(self, path: Path, rate_hz: int, cancelled: Callable[[], bool]) -> Samples:
        try:
            key = path, path.stat().st_mtime_ns, rate_hz
        except OSError:
            # Whoever reads it says what is wrong.
            return self._prepare(path, rate_hz, cancelled)
        if key not in self._kept:
            self._kept[key] = self._prepare(path, rate_hz, cancelled)
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(samples.nbytes for samples in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _play(self, serial: int, made: object) -> None:
        if serial != self._serial:
            return
        if not isinstance(made, np.ndarray):
            self.path = None
            self.heard.emit(None)
            self.failed.emit(str(made))
            return
        self._engine.audition.play(at_volume(made, self._volume_db()))
        self._begun, self._asked_at = False, time.monotonic()
        self._timer.start()

    def _follow(self) -> None:
        """The engine begins with its next block, and is done some time later."""
        if self._engine.audition.at_s is not None:
            self._begun = True
        elif self._begun or time.monotonic() - self._asked_at > _BEGINS_WITHIN_S:
            self.stop()
