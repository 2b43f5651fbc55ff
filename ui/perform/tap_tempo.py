"""A tempo from taps: the median of the latest intervals, so that one clumsy tap moves nothing."""

from collections import deque
from statistics import median

from synth.instrument.parameters.tempo_rows import FASTEST_BPM, SLOWEST_BPM

_INTERVALS = 8
_LONGEST_S = 60 / SLOWEST_BPM * 1.1
"""A tap this long after the one before is the first of others: the slowest tempo, tapped a little late."""
_PAUSE = 2.5
"""So is one that comes so many times later than the others did."""


class TapTempo:
    """Times are in seconds of a clock that does not go back."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._intervals: deque[float] = deque(maxlen=_INTERVALS)

    def tap(self, now_s: float) -> float | None:
        """The tempo that the taps so far beat, within the range of tempos; None after the first of them."""
        last_s, self._last_s = self._last_s, now_s
        if last_s is None:
            return None
        interval = now_s - last_s
        if interval > _LONGEST_S or (self._intervals and interval > _PAUSE * median(self._intervals)):
            self._intervals.clear()
            return None
        self._intervals.append(interval)
        return min(max(60 / max(median(self._intervals), 1e-3), SLOWEST_BPM), FASTEST_BPM)
