"""The output as the engine sees it: a ring that is always being emptied at the right pace, whatever happens outside.

A supervisor thread opens devices, notices one that is lost or stalled, replaces it by a silent sink and tries to
open it again. Nobody who makes sound ever waits for it.
"""

import threading
import time
from collections.abc import Callable

from synth.device.devices import leave_open, rescan
from synth.device.feeder import Feeder, Tap
from synth.device.outputs import BUFFER_S
from synth.device.ring import Ring
from synth.device.sinks import SilentSink, Sink, open_sink
from synth.errors import AudioDeviceError
from synth.thread_priority import raise_thread_priority

Notify = Callable[[str, bool], None]
OpenSink = Callable[[str | None, int, float], Sink]
"""Opens a device by name at a rate, with about so much sound queued in it."""

STALL_S = 3.0
"""Some sinks stop for a second or two when they start."""
_GAPS, _GAPS_WITHIN_S = 4, 10.0
_LONGEST_S = 0.2
"""After so many gaps in so many seconds the device is given twice the queue, up to this."""
_REOPEN_AFTER_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_OPEN_LIMIT_S = 8.0
_RETIRE_LIMIT_S, _ABORT_LIMIT_S = 1.0, 0.3
_TICK_S = 0.1


class AudioOut:
    """One ring, one feeder at a time, and the supervisor that keeps a sink behind them."""

    def __init__(
        self,
        rate_hz: int,
        ring: Ring,
        resume_at: int,
        tap: Tap,
        notify: Notify,
        device: str | None = None,
        open_device: OpenSink = open_sink,
        buffer_s: float = BUFFER_S,
    ) -> None:
        self.rate_hz = rate_hz
        self._ring, self._resume_at, self._tap, self._notify = ring, resume_at, tap, notify
        self._open_device = open_device
        self._wanted = device
        self._request: tuple[str | None, float] | None = None
        self._latency_s = buffer_s
        self._gaps_mark = (0.0, 0)
        self._attempts = 0
        self._next_attempt = 0.0
        self._past_underruns = 0
        self._stuck: list[Feeder] = []
        self._unanswered = False
        self._wake, self._closing = threading.Event(), False
        self._feeder: Feeder | None = None
        self._silent = True
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    @property
    def name(self) -> str:
        return self._feeder.sink.name if self._feeder else ""

    @property
    def silent(self) -> bool:
        """True while a clock stands in for a device."""
        return self._silent

    @property
    def underruns(self) -> int:
        return self._past_underruns + (self._feeder.underruns if self._feeder else 0)

    @property
    def sounding(self) -> bool:
        """True while the ring's sound flows: not before the sink is full, nor in a gap."""
        feeder = self._feeder
        return feeder is not None and feeder.sounding

    def queued_s(self) -> float:
        """Sound in the sink now and on its way beyond it; the ring is not counted."""
        feeder = self._feeder
        return feeder.queued_s() + feeder.sink.beyond_s() if feeder else 0.0

    @property
    def full_s(self) -> float:
        """Sound the sink queues when it is full, be it a device or silence."""
        feeder = self._feeder
        return feeder.sink.full_s if feeder else 0.0

    @property
    def device_s(self) -> float:
        """Sound the device holds while it plays, and on its way beyond; 0 when there is none."""
        feeder = self._feeder
        return 0.0 if feeder is None or self._silent else feeder.sink.full_s + feeder.sink.beyond_s()

    def start(self) -> None:
        """Open the device, or the silent sink with a notice, and begin to consume the ring."""
        try:
            self._use(self._open(self._wanted))
        except AudioDeviceError as error:
            self._use_silence()
            self._notify(f"{error} Playing on in silence.", True)
        self._supervisor.start()

    def set_device(self, wanted: str | None, buffer_s: float | None = None) -> None:
        """Move to another output or buffer soon; a failure is a notice and leaves the present one."""
        self._request = (wanted, self._latency_s if buffer_s is None else buffer_s)
        self._wake.set()

    def close(self) -> None:
        """Fade out, let the sink finish, stop the threads."""
        self._closing = True
        self._wake.set()
        self._supervisor.join(3.0)
        if self._feeder:
            self._drop(self._feeder, abort=False)
        if self._busy_driver():
            leave_open()

    def _supervise(self) -> None:
        raise_thread_priority("helper")
        while not self._closing:
            self._wake.wait(_TICK_S)
            self._wake.clear()
            if self._request is not None:
                (wanted, self._latency_s), self._request = self._request, None
                self._move(wanted)
            elif (feeder := self._feeder) is not None and (reason := _trouble(feeder)):
                self._lose(feeder, reason)
            elif self._gaps_pile_up():
                self._queue_more()
            elif self._attempts and time.monotonic() >= self._next_attempt:
                self._try_again()

    def _move(self, wanted: str | None) -> None:
        """Open `wanted` beside the present device; if that fails, once more without it: some allow one stream."""
        old, old_wanted = self._feeder, self._wanted
        self._attempts = 0
        try:
            sink = self._open(wanted)
        except AudioDeviceError:
            self._use_silence()
            try:
                if not self._busy_driver():
                    rescan()
                sink = self._open(wanted)
            except AudioDeviceError as error:
                self._notify(str(error), True)
                if old is None or isinstance(old.sink, SilentSink):
                    return
                try:
                    sink, wanted = self._open(old_wanted), old_wanted
                except AudioDeviceError as worse:
                    self._notify(f"{worse} Playing on in silence.", True)
                    return
        self._wanted = wanted
        self._use(sink)

    def _gaps_pile_up(self) -> bool:
        since, count = self._gaps_mark
        if self._silent or time.monotonic() - since > _GAPS_WITHIN_S:
            self._gaps_mark = (time.monotonic(), self.underruns)
            return False
        return self.underruns - count >= _GAPS and self._latency_s * 2 <= _LONGEST_S

    def _queue_more(self) -> None:
        """A longer delay is better than broken sound; it stays until the program ends."""
        self._latency_s *= 2
        self._notify(
            f"This machine is too busy for a short delay: the output now queues {1000 * self._latency_s:.0f} ms.", False
        )
        self._move(self._wanted)
        self._gaps_mark = (time.monotonic(), self.underruns)

    def _lose(self, feeder: Feeder, reason: str) -> None:
        self._use_silence(abort=True)
        self._notify(f"{reason} Playing on in silence and trying to open it again.", True)
        self._attempts = len(_REOPEN_AFTER_S)
        self._next_attempt = time.monotonic() + _REOPEN_AFTER_S[0]

    def _try_again(self) -> None:
        self._attempts -= 1
        try:
            if not self._busy_driver():
                rescan()
            sink = self._open(self._wanted)
        except AudioDeviceError as error:
            if self._attempts:
                wait = _REOPEN_AFTER_S[len(_REOPEN_AFTER_S) - self._attempts]
                self._next_attempt = time.monotonic() + wait
            else:
                self._notify(f"{error} Choose an output to hear sound again.", True)
            return
        self._attempts = 0
        self._use(sink)
        self._notify(f"The output “{sink.name}” is back.", False)

    def _use(self, sink: Sink) -> None:
        old = self._feeder
        if old is not None:
            self._drop(old, abort=isinstance(old.sink, SilentSink))
        feeder = Feeder(self._ring, sink, self._tap, self._resume_at)
        self._feeder, self._silent = feeder, isinstance(sink, SilentSink)
        feeder.start()

    def _use_silence(self, abort: bool = False) -> None:
        old, self._feeder = self._feeder, None
        if old is not None:
            self._drop(old, abort)
        self._use(SilentSink(self.rate_hz))

    def _drop(self, feeder: Feeder, abort: bool) -> None:
        """Retire a feeder; one that is stuck in a dead driver is left behind."""
        self._past_underruns += feeder.underruns
        self._feeder = None
        if not feeder.retire(_ABORT_LIMIT_S if abort else _RETIRE_LIMIT_S, abort):
            self._stuck.append(feeder)

    def _busy_driver(self) -> bool:
        """True while a thread is inside PortAudio and may never return: it must not be shut down then."""
        self._stuck = [feeder for feeder in self._stuck if not feeder.retire(0)]
        return bool(self._stuck) or self._unanswered

    def _open(self, wanted: str | None) -> Sink:
        """Open within `_OPEN_LIMIT_S`: a dead sound server can hold a call for ever."""
        result: list[Sink | AudioDeviceError] = []

        def attempt() -> None:
            # Threads that the driver starts inherit this; at ordinary priority a busy machine starves them.
            raise_thread_priority("sound")
            try:
                result.append(self._open_device(wanted, self.rate_hz, self._latency_s))
            except AudioDeviceError as error:
                result.append(error)

        opener = threading.Thread(target=attempt, name="opener", daemon=True)
        opener.start()
        opener.join(_OPEN_LIMIT_S)
        if not result:
            self._unanswered = True
            raise AudioDeviceError(
                f"The output “{wanted or 'default'}” does not answer: check the sound system or choose another."
            )
        if isinstance(result[0], AudioDeviceError):
            raise result[0]
        return result[0]


def _trouble(feeder: Feeder) -> str:
    """Why this feeder must be given up, or ""."""
    if feeder.error is not None:
        return str(feeder.error)
    if time.monotonic() - feeder.moved_at > STALL_S:
        return f"The output “{feeder.sink.name}” takes no more sound."
    return ""
