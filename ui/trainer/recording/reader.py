"""Reads recordings away from the window's thread: how they look, and how a part of them sounds."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from PySide6.QtCore import QObject, Signal

from synth.errors import RecordingError
from ui.trainer.recording.survey import Survey, excerpt, survey


class Reader(QObject):
    """One thing after the other in a thread of its own; of recordings only the one asked for last arrives."""

    surveyed = Signal(Survey)
    excerpted = Signal(object)
    """(N, 2) float32 at the rate that was asked for."""
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # One of torch's threads, as everywhere beside the engine: the number is each thread's own.
        self._pool = ThreadPoolExecutor(
            1, thread_name_prefix="recordings", initializer=torch.set_num_threads, initargs=(1,)
        )
        self._path: Path | None = None
        self._wanted = 0

    def read(self, path: Path | None) -> None:
        """How this recording looks, told while it is being read; None stops reading."""
        self._path = path
        if path is not None:
            self._do(lambda: self._survey(path))

    def sound(self, path: Path, start_s: float, end_s: float, rate_hz: int, lufs: float) -> None:
        """How this part of it sounds."""
        self._wanted += 1
        wanted = self._wanted

        def work() -> None:
            samples = excerpt(path, start_s, end_s, rate_hz, lufs)
            if wanted == self._wanted:
                self.excerpted.emit(samples)

        self._do(work)

    def forget_sound(self) -> None:
        """What was asked to sound is not wanted any more."""
        self._wanted += 1

    def close(self) -> None:
        """Nothing arrives any more."""
        self._path = None
        self._wanted += 1
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _survey(self, path: Path) -> None:
        for so_far in survey(path):
            if path != self._path:
                return
            self.surveyed.emit(so_far)

    def _do(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except RecordingError as problem:
                self.failed.emit(str(problem))
            except Exception as problem:
                # A fault of ours: into the log with it.
                sys.excepthook(type(problem), problem, problem.__traceback__)

        self._pool.submit(run)
