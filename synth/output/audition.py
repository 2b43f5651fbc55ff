"""Sound from elsewhere, heard in place of the instrument's: a region of a recording.

It is laid over what the master sends by a cross-fade of gains that sum to one, so that neither sound can push the
other above the limiter's ceiling. Without one the master's sound passes untouched. Axes: `N` samples.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from synth.ramp import Ramp

FADE_S = 0.02


class Audition:
    """`play`, `stop`, `at_s` from any thread, `process` in the engine's; any partition of the sound gives the same."""

    def __init__(self, rate_hz: int, asked: Callable[[], None] = lambda: None) -> None:
        """`asked` is called, on the caller's thread, after each `play` and `stop`."""
        self.rate_hz, self._tell_asked = rate_hz, asked
        self._fade = round(FADE_S * rate_hz)
        self._asked: SimpleQueue[NDArray[np.float32] | None] = SimpleQueue()
        self._next: NDArray[np.float32] | None = None
        self._sound: NDArray[np.float32] | None = None
        self._at = self._end = 0
        self._gain = Ramp(0.0, self._fade)

    def play(self, samples: NDArray[np.float32]) -> None:
        """Let (N, 2) samples at `rate_hz` be heard once, faded in and out; what is heard instead fades out first."""
        if samples.ndim != 2 or samples.shape[1] != 2:
            raise ValueError(f"{samples.shape} samples, (N, 2) wanted")
        self._asked.put(np.ascontiguousarray(samples.T, dtype=np.float32))
        self._tell_asked()

    def stop(self) -> None:
        """Fade out, and back to the instrument."""
        self._asked.put(None)
        self._tell_asked()

    @property
    def at_s(self) -> float | None:
        """How far the sound has come, None when there is none."""
        return None if self._sound is None else self._at / self.rate_hz

    @property
    def idle(self) -> bool:
        """True while nothing is laid over or about to be."""
        return self._sound is None and self._next is None and self._asked.empty()

    @property
    def delay_samples(self) -> int:
        """The instrument's sound passes at once."""
        return 0

    def process(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """(2, N) as it goes to the device."""
        self._obey()
        if self._sound is None:
            return sound
        mixed, done = sound.copy(), 0
        while self._sound is not None and done < sound.shape[1]:
            done += self._lay_over(mixed[:, done:])
        return mixed

    def _obey(self) -> None:
        try:
            while True:
                self._next = self._asked.get_nowait()
                self._fade_out()
        except Empty:
            self._begin()

    def _begin(self) -> None:
        """The next sound, if there is one and nothing is heard any more."""
        if self._sound is None and self._next is not None:
            self._sound, self._next = self._next, None
            self._at, self._end = 0, self._sound.shape[1]
            self._gain.move(1.0, self._fade)

    def _fade_out(self) -> None:
        if self._sound is not None and self._gain.target:
            self._end = min(self._end, self._at + self._fade)
            self._gain.move(0.0, max(1, self._end - self._at))

    def _lay_over(self, out: NDArray[np.float32]) -> int:
        """Mix into the first of (2, N), in place, up to where something changes; how many were done."""
        assert self._sound is not None
        if self._gain.target and self._end - self._at <= self._fade:
            self._fade_out()
        until = self._end - self._fade if self._gain.target else self._end
        n = min(int(out.shape[1]), until - self._at)
        gain = self._gain.take(n)
        other = self._sound[:, self._at : self._at + n]
        out[:, :n] = (1.0 - gain) * out[:, :n] + gain * other
        self._at += n
        if self._at >= self._end:
            self._sound = None
            self._begin()
        return n
