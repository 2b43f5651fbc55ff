"""How busy the machine is, and what the engine does about it so that its sound has no gap.

Three answers, in the order of what they cost: others are asked to wait (`EngineLoad.pressed`), the engine works further
ahead (`WorkAhead`), cultures evolve more slowly (`EvolutionLimit`).
"""

import time

from synth.device.feeder import SHORT_S

_ALARM_SHARE, _SHORT_ALARM_SHARE = 0.6, 0.2
"""Of what the device holds, how much sound must be left when a block comes; it is 0.8 on an idle machine, and 0.5 where
the device holds no more than `SHORT_S`."""
_TOO_SLOW_S = 1.0
"""A load above 1 for longer than this is lost; shorter ones are borne by the ring and a slower culture."""

_SMOOTHING = 1 / 24
_TOO_BUSY, _FREE = 0.85, 0.65
_BACK_OFF, _RECOVER = 0.93, 0.03
_LEAST_LIMIT = 0.02
"""Never quite zero, so that a culture moves on as soon as it can."""

STEP_S = 0.0232
"""Added to the work ahead at a time: two frames; half of what the device holds where that is short."""
MOST_AHEAD_S = 3 * STEP_S
_SETTLING_S = 0.5
"""After a step the engine needs this long to get ahead: coming close again within it asks for no more."""
_CALM_S = 20.0
"""After this long without coming close, as many steps are taken back as enough sound was left to do without."""


class EngineLoad:
    """Told how each block went; says how far ahead to work and how much evolution can be afforded."""

    def __init__(self) -> None:
        self._evolution, self._ahead = EvolutionLimit(), WorkAhead()
        self.pressed = False
        """True while the sound is close to breaking."""
        self._kept_up_at = time.monotonic()

    @property
    def ahead_s(self) -> float:
        """What the ring should hold besides the least."""
        return self._ahead.seconds

    @property
    def evolution_limit(self) -> float:
        """Share of the asked evolution speed that can be afforded."""
        return self._evolution.limit

    @property
    def load(self) -> float:
        """Computing time over a block's duration, smoothed."""
        return self._evolution.load

    @property
    def slowed(self) -> bool:
        """True while cultures evolve more slowly than asked."""
        return self._evolution.slowed

    def note(self, took_s: float, block_s: float, left_s: float, full_s: float) -> None:
        """A block of `block_s` took `took_s`; `left_s` of sound was left when it came, a device holds `full_s`."""
        short = full_s <= SHORT_S
        least_s = (_SHORT_ALARM_SHARE if short else _ALARM_SHARE) * full_s
        self._ahead.note(left_s, least_s, time.monotonic(), full_s / 2 if short else STEP_S)
        # Work ahead is there to be kept: trouble is answered before all of it is used up.
        alarm_s = least_s + self._ahead.seconds / 2
        self.pressed = left_s < alarm_s
        self._evolution.note(took_s, block_s, left_s, alarm_s)

    def is_lost(self, *, excused: bool) -> bool:
        """True once the load has been above 1 for `_TOO_SLOW_S`, although the culture holds still; asked per block.

        The time is counted anew after an excuse and after an answer of True.
        """
        now = time.monotonic()
        lost = self.load > 1 and not excused and now - self._kept_up_at > _TOO_SLOW_S
        if self.load <= 1 or excused or lost:
            self._kept_up_at = now
        return lost


class EvolutionLimit:
    """Told how long each block took; `limit` is the share of the asked evolution speed that can be afforded."""

    def __init__(self) -> None:
        self.limit = 1.0
        self.load = 0.0
        """Computing time over a block's duration, smoothed."""

    @property
    def slowed(self) -> bool:
        """True while less is afforded than was asked."""
        return self.limit < 0.99

    def note(self, took_s: float, block_s: float, left_s: float, alarm_s: float) -> None:
        """A block of `block_s` took `took_s`; `left_s` of sound was left when it came, less than `alarm_s` is close."""
        self.load += (took_s / block_s - self.load) * _SMOOTHING
        if left_s < alarm_s:
            self.limit = max(_LEAST_LIMIT, self.limit * left_s / alarm_s)
        elif self.load > _TOO_BUSY:
            self.limit = max(_LEAST_LIMIT, self.limit * _BACK_OFF)
        elif self.load < _FREE:
            self.limit = min(1.0, self.limit + _RECOVER)


class WorkAhead:
    """How far ahead of the device the engine works: more for a while after the sound came close to breaking.

    Trouble comes in series, a window being resized or a hand drawing fast, and the first late blocks of one foretell
    the gap. Working further ahead needs no other buffer in the device and changes no sample; what a hand does is heard
    that much later, and the latency told says so.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        """What the ring should hold besides the least."""
        self._raised_at = self._calm_since = float("-inf")
        self._least_left_s = float("inf")

    def note(self, left_s: float, alarm_s: float, now_s: float, step_s: float = STEP_S) -> None:
        """`left_s` of sound was left at `now_s` on a monotonic clock; less than `alarm_s` is close; by how much more
        to work ahead then."""
        self._least_left_s = min(self._least_left_s, left_s)
        if left_s < alarm_s:
            if now_s - self._raised_at >= _SETTLING_S:
                self.seconds, self._raised_at = min(MOST_AHEAD_S, self.seconds + step_s), now_s
            self._watch_from(now_s)
        elif now_s - self._calm_since >= _CALM_S:
            spare_s = self._least_left_s - alarm_s
            while self.seconds > 0 and spare_s >= step_s:
                self.seconds, spare_s = max(0.0, self.seconds - step_s), spare_s - step_s
            self._watch_from(now_s)

    def _watch_from(self, now_s: float) -> None:
        self._calm_since, self._least_left_s = now_s, float("inf")
