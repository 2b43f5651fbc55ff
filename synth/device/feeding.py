"""Who empties the ring: one feeder at a time, into a device or into a clock that stands in for one.

`use`, `use_silence` and `close` belong to one thread; everything else may be asked from any.
"""

import time

from synth.device.feeder import Feeder, Tap
from synth.device.ring import Ring
from synth.device.sinks import SilentSink, Sink

STALL_S = 3.0
"""Some sinks stop for a second or two when they start."""
_RETIRE_LIMIT_S, _ABORT_LIMIT_S = 1.0, 0.3


class Feeding:
    """The present feeder, the gaps of all there were, and those that are stuck in a dead driver."""

    def __init__(self, rate_hz: int, ring: Ring, resume_at: int, tap: Tap) -> None:
        self.rate_hz = rate_hz
        self._ring, self._resume_at, self._tap = ring, resume_at, tap
        self._feeder: Feeder | None = None
        self._past_underruns = 0
        self._stuck: list[Feeder] = []
        self.resting = False
        """True while the ring is not filled because there is nothing to be heard: silence is sent, and no gap."""
        self.silent = True
        """True while a clock stands in for a device."""

    @property
    def name(self) -> str:
        return self._feeder.sink.name if self._feeder else ""

    @property
    def underruns(self) -> int:
        """Gaps that were heard so far."""
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
    def step_s(self) -> float:
        """Sound the sink takes from its queue at a time; see `Sink`."""
        feeder = self._feeder
        return feeder.sink.step_s if feeder else 0.0

    @property
    def device_s(self) -> float:
        """Sound the device holds while it plays, and on its way beyond; 0 when there is none."""
        feeder = self._feeder
        return 0.0 if feeder is None or self.silent else feeder.sink.full_s + feeder.sink.beyond_s()

    @property
    def stuck(self) -> bool:
        """True while a feeder is inside a driver that may never return."""
        self._stuck = [feeder for feeder in self._stuck if not feeder.retire(0)]
        return bool(self._stuck)

    def trouble(self, trusted_from: float) -> str:
        """Why the present sink must be given up, or ""; before a time on the monotonic clock nothing was its fault."""
        feeder = self._feeder
        if feeder is None:
            return ""
        if feeder.error is not None:
            return str(feeder.error)
        if time.monotonic() - max(feeder.moved_at, trusted_from) > STALL_S:
            return f"The output “{feeder.sink.name}” takes no more sound."
        return ""

    def read_used_s(self) -> float:
        """How much of a full queue was played before more came, at most since the last call."""
        return self._feeder.read_used_s() if self._feeder else 0.0

    def use(self, sink: Sink) -> None:
        """Play through this sink from now on; the one before fades out."""
        self._drop(abort=self.silent)
        feeder = Feeder(self._ring, sink, self._tap, self._resume_at, lambda: self.resting)
        self._feeder, self.silent = feeder, isinstance(sink, SilentSink)
        feeder.start()

    def use_silence(self, abort: bool) -> None:
        """Let go of the device, at once with `abort`; a clock stands in for it."""
        self._drop(abort)
        self.use(SilentSink(self.rate_hz))

    def close(self) -> None:
        """Fade out and let the sink finish."""
        self._drop(abort=False)

    def _drop(self, abort: bool) -> None:
        """Retire the feeder; one that is stuck in a dead driver is left behind."""
        feeder, self._feeder = self._feeder, None
        if feeder is None:
            return
        self._past_underruns += feeder.underruns
        if not feeder.retire(_ABORT_LIMIT_S if abort else _RETIRE_LIMIT_S, abort):
            self._stuck.append(feeder)
