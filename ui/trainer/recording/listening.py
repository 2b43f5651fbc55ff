"""A region of a recording through the engine's output, and where it is heard."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from synth.engine.protocol import EngineControl
from ui.trainer.recording.reader import Reader
from ui.trainer.recording.region import Span

_FOLLOW_MS = 40


class Listening(QObject):
    """Reads and resamples elsewhere, then plays; the instrument makes room and comes back."""

    moved = Signal(object)
    """Seconds from the region's start, None when nothing is heard any more."""

    def __init__(self, engine: EngineControl, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine, self._reader = engine, reader
        self._begun = False
        """The engine has begun: it does so with its next block."""
        self._timer = QTimer(self)
        self._timer.setInterval(_FOLLOW_MS)
        self._timer.timeout.connect(self._follow)
        reader.excerpted.connect(self._play)

    def play(self, path: Path, region: Span, lufs: float) -> None:
        """Let this be heard, as loud as `lufs`."""
        self._reader.sound(path, region.start, region.end, self._engine.audition.rate_hz, lufs)

    def stop(self) -> None:
        """Fade out what is heard, and forget what was about to be."""
        self._reader.forget_sound()
        self._engine.audition.stop()
        self._timer.stop()
        self.moved.emit(None)

    def _play(self, samples: object) -> None:
        assert isinstance(samples, np.ndarray)
        self._engine.audition.play(samples)
        self._begun = False
        self._timer.start()
        self.moved.emit(0.0)

    def _follow(self) -> None:
        at_s = self._engine.audition.at_s
        if at_s is not None:
            self._begun = True
            self.moved.emit(at_s)
        elif self._begun:
            self.stop()
