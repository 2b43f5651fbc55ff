"""A frame of the instruments through transport and chain, as a whole or piece by piece.

A device that queues much sound is given whole frames, which cost least. One that queues little belongs to somebody who
wants to be heard at once: it is given quarters of a frame, each when the one before has left. A take that is rendered
again is computed by whole frames, and its samples are the same. So everything but notes is done between two frames, and
what a note changes in the chain is done at the beginning of the quarter of the frame in which it comes. Axes: `N`
samples; sound is (2, N) float32.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from synth.device.feeder import SHORT_S
from synth.engine.notes.note_input import JITTER_S
from synth.engine.preset_cross_fade import Audio, PresetCrossFade
from synth.engine.transport import Transport
from synth.instrument.events import Event
from synth.instrument.playing.modulating import moved_output
from synth.output.chain import Chain

QUARTERS = 4


@dataclass(frozen=True)
class Pace:
    """One way to work."""

    quarters: int
    """Of a frame, computed at a time."""
    start_s: float
    """The next piece is begun when no more than this waits in the ring."""
    jitter_s: float
    """How much later than its time a piece may begin before a note comes late."""

    @property
    def span_frames(self) -> float:
        """What is computed at a time."""
        return self.quarters / QUARTERS


CALM = Pace(QUARTERS, 0.0116, JITTER_S)
QUICK = Pace(1, 0.0016, 0.0008)
"""What the feeder holds back for a fade stays in the ring."""


def pace_for(full_s: float) -> Pace:
    """For a device that queues so much sound."""
    return QUICK if 0 < full_s <= SHORT_S else CALM


class Mixdown:
    """Owned by the thread that makes the sound."""

    def __init__(self, cross_fade: PresetCrossFade, transport: Transport, chain: Chain, rate_hz: int) -> None:
        self._cross_fade, self._transport, self._chain, self._rate_hz = cross_fade, transport, chain, rate_hz
        self._done = 0
        """Quarters of the open frame."""

    @property
    def closed(self) -> bool:
        """True while the chain lets nothing through and no tail is left in it."""
        return self._chain.silent

    def begin(self, compute: Callable[[], object]) -> None:
        """Let `compute` begin the next frame of the presets that sound."""
        self._transport.before(self._cross_fade.current)
        compute()
        self._chain.lead(moved_output(self._cross_fade.current), self._cross_fade.left)
        self._transport.after(self._cross_fade.current, self._cross_fade.left / self._rate_hz)
        self._done = 0

    def finish(self, notes: Iterable[Event], take: Callable[[int], Audio], until: int = QUARTERS) -> Audio:
        """The open frame up to this quarter, by `take` of them, with the notes that come in it: their shares lie
        between the quarters done and this one."""
        coming: dict[int, list[Event]] = {}
        for note in notes:
            coming.setdefault(int(note.share * QUARTERS), []).append(note)
        instrument, parts = self._cross_fade.current, []
        for quarter in sorted(coming):
            parts += self._up_to(quarter, take)
            for note in coming[quarter]:
                instrument.do(note.action, note.share)
            self._transport.hear(instrument)
        parts += self._up_to(until, take)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _up_to(self, quarter: int, take: Callable[[int], Audio]) -> list[Audio]:
        instrument, parts = self._cross_fade.current, []
        while self._done < quarter:
            until, step = quarter, int(min(instrument.next_step_share, 1.0) * QUARTERS)
            if step > self._done:
                until = min(until, step)
            elif step < QUARTERS:
                # What the arpeggiator plays is heard as a note is that somebody plays.
                until = self._done + 1
                instrument.play_steps(until / QUARTERS)
                self._transport.hear(instrument)
            self._done = until
            parts.append(self._chain.process(take(self._cross_fade.until(until / QUARTERS))))
        return parts
