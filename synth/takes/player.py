"""Playing a take, or a part of it, through the engine's own output, in place of the culture.

A thread reads and decodes the file into a ring; the engine takes what is ready and never waits. Takes were recorded
behind the limiter, so they go past it: what is heard is the file, sample for sample, between two fades. It is never
louder than it was recorded, and turning the volume down turns it down too. Axes: `N` samples; sound is (2, N) float32.
"""

import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.device.resampler import Resampler
from synth.device.ring import Ring
from synth.errors import RecordingError
from synth.output.limiter import Audio
from synth.output.master import CEILING_DB, volume_gain
from synth.ramp import Ramp
from synth.sound_files.reader import SoundReader, open_sound
from synth.takes.companion import recorded_volume_db
from synth.takes.part import WHOLE, Part, looped_blocks, span_of, stereo
from synth.thread_priority import raise_thread_priority

Notify = Callable[[str, bool], None]

FADE_S = 0.01
"""Culture and take change places in this time; the take's own first and last samples are faded by it."""
_AHEAD_S, _PRIMED_S = 2.0, 0.5
_READ = 4096
_ENDLESS = 2**62
"""Samples in a loop."""
# A 16-bit take's dither may lift a limited peak by one step.
_LIMIT = 10 ** (CEILING_DB / 20) + 2**-15


class TakeStream:
    """One file, or a part of it, on its way into a ring, by a thread of its own."""

    def __init__(self, path: Path, rate_hz: int, notify: Notify, part: Part = WHOLE) -> None:
        self.path, self.rate_hz, self._part = path, rate_hz, part
        self.ring = Ring(round(_AHEAD_S * rate_hz))
        self.length = 0
        """Samples in all, at the engine's rate; known when it is primed, as are the times below."""
        self._begin_s = self._loop_s = self._whole_s = 0.0
        """Where the part begins, how long each pass of a loop is, how long the whole take."""
        self.taken = 0
        self.primed = self.failed = False
        self.recorded_gain = 1.0
        self._notify, self._closing = notify, threading.Event()
        self._thread = threading.Thread(target=self._run, name="take-reader", daemon=True)
        self._thread.start()

    @property
    def left(self) -> int:
        return self.length - self.taken

    def position_s(self) -> tuple[float, float]:
        """Where in the take it is, and how long the take is."""
        at_s = self.taken / self.rate_hz
        return self._begin_s + (math.fmod(at_s, self._loop_s) if self._loop_s else at_s), self._whole_s

    def close(self) -> None:
        """Its thread ends soon; nobody waits for it."""
        self._closing.set()

    def join(self, timeout_s: float) -> None:
        self._closing.set()
        self._thread.join(timeout_s)

    def take(self, n: int) -> Audio:
        """The next `n` samples, (2, n); silence for those that are late, which come later."""
        out = np.zeros((2, n), np.float32)
        ready = self.ring.take(min(n, self.left))
        out[:, : len(ready)] = ready.T
        self.taken += len(ready)
        return out

    def _run(self) -> None:
        raise_thread_priority("helper")
        try:
            self._read()
        except RecordingError as problem:
            self.failed = True
            self._notify(str(problem), True)

    def _read(self) -> None:
        import soundfile

        try:
            self.recorded_gain = volume_gain(recorded_volume_db(self.path))
            with open_sound(self.path) as file:
                same = file.rate_hz == self.rate_hz
                convert = None if same else Resampler(file.rate_hz, self.rate_hz).process
                for chunk in self._blocks(file):
                    if self._closing.is_set():
                        break
                    self._put(stereo(chunk) if convert is None else convert(stereo(chunk)))
        except (OSError, ValueError, soundfile.SoundFileError) as error:
            raise RecordingError(
                f"The take “{self.path.stem}” cannot be played: {self.path} is damaged or gone."
            ) from error
        if self.length == 0:
            raise RecordingError(f"The take “{self.path.stem}” is empty.")
        self.primed = True

    def _blocks(self, file: SoundReader) -> Iterator[NDArray[np.float32]]:
        """What is to be heard of the file, whose lengths are known from here on."""
        part = self._part
        first, end = (0, file.n_samples) if part == WHOLE else span_of(part, file.n_samples, file.rate_hz)
        self._begin_s = first / file.rate_hz
        self._whole_s = self._samples(file.n_samples, file) / self.rate_hz
        if part.looped:
            self.length, self._loop_s = _ENDLESS, (end - first) / file.rate_hz
            return looped_blocks(file, first, end, _READ)
        self.length = self._samples(end - first, file)
        return file.blocks(first, end - first, _READ)

    def _samples(self, n: int, file: SoundReader) -> int:
        """So many of the file's samples at the engine's rate."""
        rate_hz: int = file.rate_hz
        return math.ceil(n * self.rate_hz / rate_hz)

    def _put(self, chunk: NDArray[np.float32]) -> None:
        """Wait for room, so that a long take needs no more memory than a short one."""
        room = self.ring.capacity - len(chunk)
        while not self._closing.is_set() and not self.ring.wait_at_most(room, 0.2):
            pass
        if not self._closing.is_set():
            self.ring.put(np.clip(chunk, -_LIMIT, _LIMIT).T)
        self.primed = self.primed or self.ring.ready >= _PRIMED_S * self.rate_hz


class TakePlayer:
    """`play` and `stop` from any thread; `process` by the engine's."""

    def __init__(self, rate_hz: int, notify: Notify) -> None:
        self.rate_hz, self._notify = rate_hz, notify
        self._asked: TakeStream | None = None
        self._heard: TakeStream | None = None
        self._fade = Ramp(0.0, round(FADE_S * rate_hz))
        self._gain = Ramp(1.0, round(3 * FADE_S * rate_hz))

    @property
    def path(self) -> Path | None:
        """What plays, or is about to."""
        asked = self._asked
        return None if asked is None or asked.failed else asked.path

    @property
    def idle(self) -> bool:
        """True while nothing is heard or about to be."""
        return self._heard is None and self.path is None

    def position_s(self) -> tuple[float, float]:
        """Where it is and how long it is."""
        heard = self._heard
        return (0.0, 0.0) if heard is None else heard.position_s()

    def play(self, path: Path, part: Part = WHOLE) -> None:
        """From its beginning, or a part of it, in place of whatever take plays."""
        old, self._asked = self._asked, TakeStream(path, self.rate_hz, self._notify, part)
        if old is not None and old is not self._heard:
            old.close()

    def stop(self) -> None:
        old, self._asked = self._asked, None
        if old is not None and old is not self._heard:
            old.close()

    def close(self) -> None:
        """End its threads; nothing is processed any more."""
        for stream in (self._asked, self._heard):
            if stream is not None:
                stream.join(1.0)

    def process(self, sound: Audio, volume_db: float) -> Audio:
        """The culture's sound, (2, N), or the take's in its place: both within the ceiling, so the mix is too."""
        self._change_over(volume_db)
        stream, n = self._heard, sound.shape[1]
        if stream is None:
            return sound
        self._gain.move(_gain(stream, volume_db))
        fade = round(FADE_S * self.rate_hz)
        until_fade = max(0, stream.left - fade)
        take = stream.take(n)
        if until_fade < n and self._fade.target == 1.0:
            early = np.broadcast_to(self._fade.take(until_fade), until_fade)
            self._fade.move(0.0)
            weight: NDArray[np.float64] | float = np.concatenate([early, self._fade.take(n - until_fade)])
        else:
            weight = self._fade.take(n)
        gain = self._gain.take(n)
        # While the volume is turned the gain is an array.
        if isinstance(weight, float) and isinstance(gain, float) and weight == gain == 1.0:
            return take
        mixed: Audio = (sound * (1 - weight) + take * (weight * gain)).astype(np.float32)
        return mixed

    def _change_over(self, volume_db: float) -> None:
        """What is heard gives way to what is asked for, once it has faded out."""
        heard, asked = self._heard, self._asked
        if heard is not None and (heard is not asked or heard.failed):
            self._fade.move(0.0)
        if heard is not None and self._fade.settled and self._fade.target == 0.0:
            heard.close()
            self._heard = None
            if asked is heard:
                self._asked = None
        elif heard is None and asked is not None and asked.primed:
            self._heard = asked
            self._fade.move(1.0)
            self._gain = Ramp(_gain(asked, volume_db), round(3 * FADE_S * self.rate_hz))


def _gain(stream: TakeStream, volume_db: float) -> float:
    """How far the volume was turned down since it was recorded; never above 1."""
    return min(1.0, volume_gain(volume_db) / stream.recorded_gain) if stream.recorded_gain > 0 else 1.0
