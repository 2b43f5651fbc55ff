"""The one chain from the instruments to the output; what is rendered and what is played go through the same one.

    instrument → fades → effects → volume, limiter → what is laid over it (take playback, audition, test tone) → output

Each stage says by how much it is late; the chain is late by their sum. Axes: `N` samples; sound is (2, N) float32.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from synth.effects import rack
from synth.effects.rack import EffectsRack
from synth.output import master
from synth.output.limiter import Audio
from synth.output.master import Master
from synth.saved_arrays import SavedArrays, fitted, part, prefixed

OBEYED = (*master.OBEYED, *rack.OBEYED)
"""The controls that the chain obeys."""


class Stage(Protocol):
    """One step on the sound's way to the output; any partition of its input gives the same bits."""

    @property
    def delay_samples(self) -> int:
        """By how much the sound that passes through it is late; constant."""
        ...

    def process(self, sound: Audio) -> Audio:
        """(2, N) → (2, N), `delay_samples` later."""
        ...


class Chain:
    """Effects, master and the stages after it. Whoever calls `process` owns it."""

    def __init__(
        self, rate_hz: int, controls: Mapping[str, float], *, playing: bool, after: Sequence[Stage] = ()
    ) -> None:
        """`after` is laid over the master's sound in this order: it comes limited already, or stays soft."""
        self.effects = EffectsRack(rate_hz, controls)
        self.master = Master(rate_hz, controls, playing=playing)
        self._after = tuple(after)
        self._asked: dict[str, float] = {}
        """What the controls say of the effects' values that routes lead."""

    @property
    def delay_samples(self) -> int:
        """From the instrument's sound to the output's; effects are never late."""
        return self.master.delay_samples + sum(stage.delay_samples for stage in self._after)

    @property
    def silent(self) -> bool:
        """Stopped, and no tail is left, or nothing is let through any more."""
        return self.master.silent and (self.effects.silent or self.master.gone)

    def obey(self, controls: Mapping[str, float]) -> None:
        """Take from these what concerns effects and master."""
        self.master.obey(controls)
        if self._asked:
            self._asked |= {id: controls[id] for id in self._asked if id in controls}
            controls = {id: value for id, value in controls.items() if id not in self._asked}
        self.effects.obey(controls)

    def told(self, controls: Mapping[str, float]) -> dict[str, float]:
        """Of these what it obeys, as a take keeps it; nothing where none of it is obeyed."""
        if not any(id in controls for id in OBEYED):
            return {}
        return {**self.master.controls, **{id: float(controls[id]) for id in rack.OBEYED if id in controls}}

    def lead(self, values: Mapping[str, float], n_samples: int) -> None:
        """In the next so many samples, which are a frame, play these values, which routes have moved, in place of the
        controls that are obeyed; those that are not among them are the controls'."""
        self.master.lead(values, n_samples)
        led = {id: value for id, value in values.items() if id in rack.OBEYED}
        if not (led or self._asked):
            return
        let_go = {id: value for id, value in self._asked.items() if id not in led}
        self._asked = {id: self._asked[id] if id in self._asked else self.effects.values[id] for id in led}
        self.effects.obey({**let_go, **led})

    def save(self) -> SavedArrays:
        """A copy of the state of effects and master between two samples; what is laid over them is not theirs."""
        asked = {f"asked.{id}": np.array([value], np.float64) for id, value in self._asked.items()}
        return {**prefixed("effects", self.effects.save()), **prefixed("master", self.master.save()), **asked}

    def restore(self, saved: SavedArrays, rate_hz: int) -> None:
        """Go on from what was saved of a chain at a rate; at another one effects begin anew with the same controls."""
        self.master.restore(part("master", saved), rate_hz)
        self.effects.restore(part("effects", saved), same_rate=rate_hz == self.master.rate_hz)
        asked = part("asked", saved)
        if not set(asked) <= set(rack.OBEYED):
            raise ValueError("asked")
        self._asked = {id: float(fitted(asked, id, (1,), np.float64)[0]) for id in asked}

    def process(self, sound: Audio) -> Audio:
        """The instrument's (2, N) → the output's, `delay_samples` later."""
        engaged = min(self.effects.engaged_for, sound.shape[1])
        if not engaged:
            # Fade and volume are one product, as long as nothing comes between them.
            sound = self.master.process(sound)
        else:
            first, rest = sound[:, :engaged], sound[:, engaged:]
            first = self.master.leave(self.effects.process(self.master.enter(first)))
            sound = np.concatenate([first, self.master.process(rest)], axis=1) if rest.shape[1] else first
        for stage in self._after:
            sound = stage.process(sound)
        return sound
