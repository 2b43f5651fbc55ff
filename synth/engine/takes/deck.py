"""The tape deck of the engine: recorder, take player, and what is kept beside each take."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.output.limiter import Audio
from synth.takes.part import WHOLE, Part
from synth.takes.performance_log import PerformanceLog, Told
from synth.takes.player import Notify, TakePlayer
from synth.takes.recorder import Recorder
from synth.takes.wav import SampleFormat


class Deck:
    """Records what is sent, plays takes into it; every method returns at once."""

    def __init__(
        self,
        rate_hz: int,
        notify: Notify,
        sample_format: SampleFormat,
        ask_start: Callable[[int], None],
        volume_db: Callable[[], float],
    ) -> None:
        """`ask_start` asks for a `TakeStart` of a serial number; `volume_db` says how loud it plays now."""
        self.rate_hz, self._notify, self._volume_db = rate_hz, notify, volume_db
        self._ask_start = ask_start
        self._log: PerformanceLog | None = None
        self.recorder = Recorder(rate_hz, notify, sample_format)
        self.player = TakePlayer(rate_hz, notify)

    def record(self, path: Path, sample_format: SampleFormat | None, wait: bool) -> None:
        """Start or arm a take; a failure is a notice."""
        log = PerformanceLog(self._ask_start, self._notify, sample_format or self.recorder.sample_format)
        before, self._log = self._log, log
        try:
            self.recorder.start(path, sample_format, wait=wait, companion=log)
        except RecordingError as error:
            self._log = before
            self._notify(str(error), True)

    @property
    def log_wanted(self) -> bool:
        """True while a take is recorded or waits for its first sound."""
        return self._log is not None and self._log.wanted

    def tell(self, told: Told) -> None:
        """Tell the take what is done, or what it may begin with; quick, on the engine's thread."""
        if self._log is not None:
            self._log.tell(told)

    def play(self, path: Path, part: Part = WHOLE) -> None:
        """Play a take, or a part of it, in place of the culture."""
        if path == self.recorder.path:
            self._notify(f"“{path.stem}” is still being recorded: stop recording, then play it.", False)
        else:
            self.player.play(path, part)

    def offer(self, chunk: NDArray[np.float32], gone: int) -> None:
        """What the feeder sends; `gone` samples of the engine's have been sent with it."""
        self.recorder.offer(chunk, gone)

    @property
    def delay_samples(self) -> int:
        """The engine's sound passes at once."""
        return 0

    @property
    def idle(self) -> bool:
        """True while no take is heard or about to be, and none is recorded: a take has no rests in it."""
        return self.player.idle and (self.recorder.armed or not self.recorder.active)

    def process(self, sound: Audio) -> Audio:
        """What the engine made, or the take in its place."""
        return self.player.process(sound, self._volume_db())

    def close(self) -> None:
        """After the last sample was sent."""
        self.player.close()
        self.recorder.stop()
