"""The tape deck of the engine: recorder, take player, and what is kept beside each take."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.engine.protocol import Capture
from synth.errors import PetrichordError, RecordingError
from synth.output.limiter import Audio
from synth.takes.companion import Beginning, companion_of, save_beginning
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
        capture: Callable[[], "Future[Capture]"],
        vocoder: Callable[[], str],
        volume_db: Callable[[], float],
    ) -> None:
        """`vocoder` and `volume_db` say what plays now, and how loud."""
        self.rate_hz, self._notify, self._volume_db = rate_hz, notify, volume_db
        self._capture, self._vocoder = capture, vocoder
        self.recorder = Recorder(rate_hz, notify, sample_format)
        self.player = TakePlayer(rate_hz, notify)

    def record(self, path: Path, sample_format: SampleFormat | None, wait: bool) -> None:
        """Start or arm a take; a failure is a notice."""
        companion = _Companion(self._capture, self._notify, self.rate_hz, self._vocoder())
        try:
            self.recorder.start(path, sample_format, wait=wait, companion=companion)
        except RecordingError as error:
            self._notify(str(error), True)

    def play(self, path: Path) -> None:
        """Play a take in place of the culture."""
        if path == self.recorder.path:
            self._notify(f"“{path.stem}” is still being recorded: stop recording, then play it.", False)
        else:
            self.player.play(path)

    def offer(self, chunk: NDArray[np.float32]) -> None:
        """What the feeder sends."""
        self.recorder.offer(chunk)

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


class _Companion:
    """Asks the engine where the culture is when the take begins; the recorder's thread writes the answer."""

    def __init__(self, capture: Callable[[], "Future[Capture]"], notify: Notify, rate_hz: int, vocoder: str) -> None:
        self._ask, self._notify, self._rate_hz, self._vocoder = capture, notify, rate_hz, vocoder
        self._answer: Future[Capture] | None = None

    def begin(self) -> None:
        self._answer = self._ask()

    def keep(self, take: Path) -> bool:
        if self._answer is None or not self._answer.done():
            return False
        caught = self._answer.result()
        if caught.instrument is None:
            return True
        try:
            save_beginning(
                Beginning(caught.preset, caught.instrument, self._rate_hz, self._vocoder), companion_of(take)
            )
        except (OSError, PetrichordError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._notify(
                f"“{take.stem}” is being recorded, but what it began with cannot be kept beside it ({reason}): it will "
                "not be possible to continue from it.",
                False,
            )
        return True
