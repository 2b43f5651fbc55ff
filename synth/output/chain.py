"""The one chain from the instruments to the output; what is rendered and what is played go through the same one.

    instrument → effects → master → what is laid over it (take playback, audition, test tone) → output

Each stage says by how much it is late; the chain is late by their sum. Axes: `N` samples; sound is (2, N) float32.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from synth.effects.contract import Effect
from synth.effects.slot import EffectsSlot
from synth.output.limiter import Audio
from synth.output.master import Master
from synth.saved_arrays import SavedArrays, part, prefixed


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
    """Effects, master and the stages after it, in this order. Whoever calls `process` owns it."""

    def __init__(
        self,
        rate_hz: int,
        controls: Mapping[str, float],
        *,
        playing: bool,
        effects: Sequence[Effect] = (),
        after: Sequence[Stage] = (),
    ) -> None:
        """`after` is laid over the master's sound in this order: it comes limited already, or stays soft."""
        self.effects = EffectsSlot(effects)
        self.master = Master(rate_hz, controls, playing=playing)
        self.stages: tuple[Stage, ...] = (self.effects, self.master, *after)

    @property
    def delay_samples(self) -> int:
        """From the instrument's sound to the output's."""
        return sum(stage.delay_samples for stage in self.stages)

    def save(self) -> SavedArrays:
        """A copy of the state of effects and master between two samples; what is laid over them is not theirs."""
        effects = {f"{i}.{name}": array for i, state in enumerate(self.effects.state) for name, array in state.items()}
        return {**prefixed("effects", effects), **prefixed("master", self.master.save())}

    def restore(self, saved: SavedArrays, rate_hz: int) -> None:
        """Go on from what was saved of a chain of the same effects at a rate; at another one effects begin anew."""
        self.master.restore(part("master", saved), rate_hz)
        if rate_hz == self.master.rate_hz:
            effects = part("effects", saved)
            self.effects.reset([part(str(i), effects) for i in range(len(self.effects.effects))])

    def process(self, sound: Audio) -> Audio:
        """The instrument's (2, N) → the output's, `delay_samples` later."""
        for stage in self.stages:
            sound = stage.process(sound)
        return sound
