"""The place of the effects in the chain: none, or several one after another. Axes: `N` samples; sound is (2, N)."""

from collections.abc import Sequence

from synth.effects.contract import Audio, Effect, EffectState


class EffectsSlot:
    """Runs its effects in order; without any, sound passes as the very same array."""

    def __init__(self, effects: Sequence[Effect] = ()) -> None:
        self.effects = tuple(effects)

    @property
    def delay_samples(self) -> int:
        """The sum of the effects' delays."""
        return sum(effect.delay_samples for effect in self.effects)

    @property
    def state(self) -> tuple[EffectState, ...]:
        """One state per effect, in order."""
        return tuple(effect.state for effect in self.effects)

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N), `delay_samples` later."""
        for effect in self.effects:
            x = effect.process(x)
        return x

    def reset(self, states: Sequence[EffectState] | None = None) -> None:
        """Begin anew from silence, or go on from the states of a slot with the same effects."""
        if states is None:
            for effect in self.effects:
                effect.reset()
            return
        if len(states) != len(self.effects):
            raise ValueError(f"{len(states)} states for {len(self.effects)} effects")
        for effect, state in zip(self.effects, states, strict=True):
            effect.reset(state)
