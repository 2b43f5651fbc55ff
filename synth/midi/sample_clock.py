"""Arrival times to sample times: every event a constant time after it arrived, whenever the engine looks for it.

The engine computes in blocks and begins each one a little early or late. A delay-locked loop turns those beginnings
into a steady line from the system's clock to the engine's sample count, and events are placed on that line, moved by a
constant latency (Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005).
"""

import math

_BANDWIDTH_HZ = 0.05
"""Slow against the jitter of blocks, fast against a change of the clocks' drift, which takes minutes."""
_STARTING_CYCLES = 0.5
"""The line is found fast and then held ever more firmly: a bandwidth of this divided by the seconds since it began."""
_LOST_S = 0.1
"""A block that begins this far from the line belongs to a new line: the device was changed or sound was interrupted."""


class SampleClock:
    """A steady line through (seconds, sample) pairs: used by one thread."""

    def __init__(self, rate_hz: float, latency_samples: int) -> None:
        """`latency_samples` from arrival to sound must cover a block and its jitter, or events come late."""
        self.latency_samples = latency_samples
        self.late = 0
        """Events whose place was computed already; they were moved to the next sample that was not."""
        self.worst_late_samples = 0
        self._rate_hz = rate_hz
        self._seconds_per_sample = 1 / rate_hz
        self._begin_s: float | None = None
        """When the line began."""
        self._at_s = 0.0
        """When the line says that sample `_at` was begun."""
        self._at = 0
        self._next = 0
        """The first sample that is not yet computed."""
        self._placed: dict[str, int] = {}
        """Where the last event of each source was put."""

    def observe(self, now_s: float, sample: int) -> None:
        """The engine is about to compute from `sample` on: call it at the beginning of each block."""
        passed = sample - self._at
        if passed == 0 and self._begin_s is not None:
            return
        if passed < 0:
            # The engine counts from the beginning again.
            self._placed.clear()
        if self._begin_s is None or passed < 0 or not self._follow(now_s, passed):
            self._begin_s, self._at_s = now_s, now_s
            self._seconds_per_sample = 1 / self._rate_hz
        self._at = self._next = sample

    def place(self, arrived_s: float, source: str = "") -> int:
        """The sample at which an event sounds: never one that is computed already, and never before an earlier event
        of the same source. A file may be ahead of time without holding a keyboard up."""
        wanted = self._at + (arrived_s - self._at_s) / self._seconds_per_sample + self.latency_samples
        sample = round(wanted)
        if sample < self._next:
            self.late += 1
            self.worst_late_samples = max(self.worst_late_samples, self._next - sample)
        placed = self._placed[source] = max(sample, self._next, self._placed.get(source, 0))
        return placed

    def _follow(self, now_s: float, passed: int) -> bool:
        """Move the line on by `passed` samples and a little towards `now_s`; False when it is too far away."""
        predicted_s = self._at_s + passed * self._seconds_per_sample
        error_s = now_s - predicted_s
        if abs(error_s) > _LOST_S or self._begin_s is None:
            return False
        bandwidth_hz = max(_BANDWIDTH_HZ, _STARTING_CYCLES / max(now_s - self._begin_s, 1e-3))
        # Critically damped: the loop's two gains for one step of this length.
        omega = min(2 * math.pi * bandwidth_hz * passed / self._rate_hz, 0.5)
        self._at_s = predicted_s + math.sqrt(2) * omega * error_s
        self._seconds_per_sample += omega * omega * error_s / passed
        return True
