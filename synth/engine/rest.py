"""When the engine rests: nothing sounds, nothing is asked, and so no sound is computed.

While it rests, time stands still for the instrument: playhead, pitch, vocoder and effects go on from where they were.
Only a culture that somebody looks at takes a step now and then, as an event of its own (`events.Evolve`).
"""

import threading
import time

from synth.device.feeding import Feeding
from synth.device.ring import Ring
from synth.engine.observer import Observer
from synth.instrument.events import Evolve
from synth.instrument.instrument import Instrument

PACE_S = 0.1
"""Between two steps of a culture that somebody looks at: ten steps per second cost 3 % of a core, 86 take 27 %."""
CALM_S = 2.0
"""How long nothing must sound and nothing be asked: what a hand does to a stopped culture is seen at full pace."""


class Rest:
    """`wake` from any thread, everything else on the engine's."""

    def __init__(self, ring: Ring, feeding: Feeding) -> None:
        self._ring, self._feeding = ring, feeding
        self.resting = False
        self.just_ended = True
        """True until the first block after it has been noted: what the device holds then says nothing of the load."""
        self._woken = threading.Event()
        self._busy_at = time.monotonic()
        self._owed = 0.0

    def wake(self) -> None:
        """Something was asked, and is where the engine will find it."""
        self._woken.set()

    def end(self) -> None:
        """Sound is in the ring: the feeder need not make silence of its own."""
        self._feeding.resting = False

    def note(self, *, idle: bool) -> None:
        """A block was computed; `idle` when it was silence and nothing is under way."""
        self.just_ended = False
        if not idle or self._woken.is_set():
            self._stay_awake()
        self.resting = time.monotonic() - self._busy_at >= CALM_S

    def pass_time(self, instrument: Instrument, observer: Observer, out_delay_s: float) -> None:
        """Rest until something is asked, `PACE_S` at most; a culture that is looked at lives on gently."""
        if not self._feeding.resting:
            self._feeding.resting = True
            # Before the window guesses where the playhead is by now: it has stopped.
            observer.observe(instrument, out_delay_s)
        if self._woken.wait(PACE_S):
            self._stay_awake()
            self.resting, self.just_ended = False, True
            # Silence that was computed before the rest would only delay what comes now.
            self._ring.clear()
        elif observer.watched:
            if steps := self.steps_due(instrument.steps_per_second):
                instrument.do(Evolve(steps))
            observer.observe(instrument, out_delay_s)

    def steps_due(self, steps_per_second: float) -> int:
        """After `PACE_S`: 1 when a culture that is asked for so many is due for a step, else 0."""
        self._owed += min(1.0, steps_per_second * PACE_S)
        due = int(self._owed)
        self._owed -= due
        return due

    def _stay_awake(self) -> None:
        self._woken.clear()
        self._busy_at = time.monotonic()
