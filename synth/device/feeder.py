"""The thread that writes to the sink: it never waits for the engine longer than the sink has sound left.

When the engine is late, the feeder fades out what it held back, plays silence and, once enough is ready again, fades
in. Nothing has to be discarded: the engine works only when the ring has room, so latency does not grow by the gap.
Axes: `N` samples; chunks are (N, 2).
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from synth.device.ring import Ring
from synth.device.sinks import PERIOD, Sink
from synth.errors import AudioDeviceError
from synth.thread_priority import raise_thread_priority

Tap = Callable[[NDArray[np.float32]], None]

SHORT_S = 0.02
"""A sink that holds no more than this belongs to somebody who wants to be heard at once: pieces, the fade that is held
back for a gap, and what must be left of the sink's sound are short then."""
_SHORT_PERIOD = 64
_SHORT_FADE_S, _SHORT_GUARD_S = 0.001, 0.0007
_FADE_S = 0.005
_SETTLE_S = 0.2
"""Sound servers take gulps when a stream starts: that long they are given silence."""
_FULL = 0.75
_GUARD_S = 0.014
"""The fade is written when this much is left: sound servers fetch up to 10 ms at a time."""

_REST_FULL, _REST_WAIT = 0.8, 0.35
"""At rest a sink is filled up to this share after each wait of that share: a quarter as many pieces as sound comes in,
and what is played next is heard a little sooner."""
_REST_MOST_S = 0.056
"""A sink that holds more than this is not kept as full as it could be."""

_LATE_S = 0.012
"""Sinks tell what is queued in them in steps of up to 10 ms."""
_HALTED_S = 0.1
"""A write that returns so long after the sound had run out: a busy machine is late to go on after one, but not so."""


class Feeder:
    """Moves sound from one ring to one sink until retired or until the sink fails."""

    def __init__(
        self, ring: Ring, sink: Sink, tap: Tap, resume_at: int, resting: Callable[[], bool] = lambda: False
    ) -> None:
        """`resting` says that the ring is not filled because there is nothing to be heard."""
        self.sink = sink
        self.underruns = 0
        """Gaps in sound; one in silence is heard by nobody and not counted."""
        self.error: AudioDeviceError | None = None
        self.moved_at = time.monotonic()
        """When the sink last took something."""
        short = sink.full_s <= SHORT_S
        self._period = _SHORT_PERIOD if short else PERIOD
        self._guard_s = _SHORT_GUARD_S if short else _GUARD_S
        self._fade = round((_SHORT_FADE_S if short else _FADE_S) * sink.rate_hz)
        self._chunk = -(-self._fade // self._period) * self._period
        self._ring, self._tap = ring, tap
        self._resume_at = max(0 if short else resume_at, self._chunk + self._fade)
        self._resting = resting
        self._rest_full_s = min(sink.full_s, _REST_MOST_S)
        self.sounding = False
        """True from a fade-in to the next fade-out."""
        self._ramp = (0.5 + 0.5 * np.cos(np.pi * (np.arange(self._fade) + 1) / self._fade)).astype(np.float32)
        self._queued = (0.0, time.monotonic())
        self._loud = False
        """True when what was sent last was not silence."""
        self._used_s = 0.0
        self._retired, self._abort = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def retire(self, timeout_s: float, abort: bool = False) -> bool:
        """Fade out, close the sink (at once with `abort`) and end; False when it is stuck in the sink."""
        self._abort = self._abort or abort
        self._retired.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def queued_s(self) -> float:
        """Sound in the sink now, from any thread."""
        queued, at = self._queued
        return max(0.0, queued - (time.monotonic() - at))

    def read_used_s(self) -> float:
        """How much of the full sink was played before more came, at most since the last call."""
        used_s, self._used_s = self._used_s, 0.0
        return used_s

    def _run(self) -> None:
        raise_thread_priority("sound")
        try:
            self._wait_in_silence(_SETTLE_S)
            while not self._retired.is_set():
                if self._ring.ready >= self._period + self._fade:
                    self._send(self._ring.take(self._period))
                elif self._resting():
                    self._rest()
                elif (spare := self.sink.queued_s() - self._guard_s) > 0:
                    self._ring.wait_at_least(self._period + self._fade, spare)
                else:
                    self.underruns += self._loud
                    self._fade_out()
                    self._wait_in_silence()
            if self.sounding:
                self._fade_out()
        except AudioDeviceError as error:
            self.error, self._abort = error, True
        # Here and not from the thread that retires it: a driver must not be closed while it is being written to.
        with suppress(AudioDeviceError):
            self.sink.close(self._abort)

    def _wait_in_silence(self, least_s: float = 0.0) -> None:
        """Silence until the sink is full and enough is ready, then the first sound faded in."""
        silence = np.zeros((self._period, 2), np.float32)
        sent = 0
        while (
            self._ring.ready < self._resume_at
            or sent < least_s * self.sink.rate_hz
            or self.sink.queued_s() < _FULL * self.sink.full_s
        ):
            if self._retired.is_set():
                return
            if self._resting() and sent >= least_s * self.sink.rate_hz:
                # What comes next begins from silence by itself.
                self.sounding = True
                return
            self._send(silence)
            sent += self._period
        chunk = self._ring.take(self._chunk)
        chunk[: self._fade] *= self._ramp[::-1, None]
        self.sounding = True
        self._send(chunk)

    def _rest(self) -> None:
        """Keep the sink from running dry, in few pieces; what is put into the ring meanwhile follows at once."""
        if not self._ring.wait_at_least(self._period + self._fade, _REST_WAIT * self._rest_full_s):
            missing_s = _REST_FULL * self._rest_full_s - self.sink.queued_s()
            if missing_s > 0:
                self._send(np.zeros((round(missing_s * self.sink.rate_hz), 2), np.float32))

    def _fade_out(self) -> None:
        """The last of the sound, and silence to the end of a period."""
        chunk = np.zeros((self._chunk, 2), np.float32)
        last = self._ring.take(self._fade)
        chunk[: len(last)] = last * self._ramp[self._fade - len(last) :, None]
        self.sounding = False
        self._send(chunk)

    def _send(self, chunk: NDArray[np.float32]) -> None:
        self._tap(chunk)
        queued_s, since = self._queued
        lasts_until = since + queued_s + self.sink.beyond_s()
        if self.sounding and not self._resting():
            self._used_s = max(self._used_s, self.sink.full_s - self.queued_s())
        # Sinks do not always tell: one that gets its next sound too late, or was halted itself, has been silent.
        dry = time.monotonic() > lasts_until + _LATE_S
        dry = self.sink.write(chunk) or dry
        self.moved_at = time.monotonic()
        dry = dry or self.moved_at > lasts_until + _HALTED_S
        self.underruns += dry and self._loud
        self._loud = bool(chunk[-self._fade :].any())
        queued_s = self.sink.queued_s()
        self._queued = (queued_s, time.monotonic())
