"""What the window polls of a playing instrument: the latest view, and how fast its culture lives."""

import time

from synth.instrument.events import View
from synth.instrument.instrument import Instrument

_STEPS_WINDOW_S = 1.0
_WATCHED_S = 1.0


class Observer:
    """`ask` from any thread, `observe` after each block."""

    def __init__(self, instrument: Instrument) -> None:
        self.steps_per_second = 0.0
        self._view: View | None = None
        self._wanted = True
        self._asked_at = float("-inf")
        self._hidden_wanted = False
        self._mark = (time.monotonic(), instrument.culture, instrument.culture.steps)

    @property
    def watched(self) -> bool:
        """True when somebody asked within the last second."""
        return time.monotonic() - self._asked_at < _WATCHED_S

    def ask(self, *, hidden: bool) -> View | None:
        """The latest view, None before the first; another is made with the next block."""
        self._hidden_wanted = hidden
        self._asked_at = time.monotonic()
        self._wanted = True
        return self._view

    def observe(self, instrument: Instrument, out_delay_s: float) -> None:
        """Look at the instrument if somebody wants to see it; `out_delay_s` passes until its sound is heard."""
        if self._wanted:
            self._wanted = False
            # Half a block passes on average until the next gesture is read, and until this view is looked at.
            self._view = instrument.view(hidden=self._hidden_wanted, out_delay_s=out_delay_s)
        now = time.monotonic()
        since, culture, steps = self._mark
        # An undo goes back in a culture's life: steps are counted anew from there.
        if culture is not instrument.culture or culture.steps < steps:
            self._mark = (now, instrument.culture, instrument.culture.steps)
        elif now - since >= _STEPS_WINDOW_S:
            self.steps_per_second = (culture.steps - steps) / (now - since)
            self._mark = (now, culture, culture.steps)
