"""Keeps the engine's sound whole on a machine that has other things to do.

Three answers, in the order of what they cost: others are asked to wait (`pressed`), the engine works further ahead
(`lead`), cultures evolve more slowly (`governor`).
"""

import time

from synth.engine.governor import Governor
from synth.engine.lead import Lead

_LEAST = 0.6
"""Of what the device holds, how much sound must be left when a block comes; it is 0.8 on an idle machine."""
_TOO_SLOW_S = 1.0
"""A load above 1 for so long is left; shorter ones the ring and a slower culture bear."""


class Pace:
    """Told how each block went; says how far ahead to work, and how much life can be afforded."""

    def __init__(self) -> None:
        self._governor, self._lead = Governor(), Lead()
        self.pressed = False
        """True while the sound is close to breaking."""
        self._kept_up_at = time.monotonic()

    @property
    def lead_s(self) -> float:
        """What the ring should hold besides the least."""
        return self._lead.s

    @property
    def evolution_limit(self) -> float:
        """Share of the asked evolution speed that can be afforded."""
        return self._governor.limit

    @property
    def load(self) -> float:
        """Computing time over a block's duration, smoothed."""
        return self._governor.load

    @property
    def slowed(self) -> bool:
        return self._governor.slowed

    def note(self, took_s: float, block_s: float, left_s: float, full_s: float) -> None:
        """A block of `block_s` took so long, and `left_s` of sound was left when it came; a device holds `full_s`."""
        least_s = _LEAST * full_s
        self._lead.note(left_s, least_s, time.monotonic())
        # A lead is there to be kept: trouble is answered before all of it is used up.
        alarm_s = least_s + self._lead.s / 2
        self.pressed = left_s < alarm_s
        self._governor.note(took_s, block_s, left_s, alarm_s)

    def is_lost(self, *, excused: bool) -> bool:
        """Blocks have taken longer than they last for too long, even while the culture holds still; after each block.

        Asked with an excuse, or answered by True, it starts anew.
        """
        now = time.monotonic()
        lost = self.load > 1 and not excused and now - self._kept_up_at > _TOO_SLOW_S
        if self.load <= 1 or excused or lost:
            self._kept_up_at = now
        return lost
