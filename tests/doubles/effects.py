"""Effects of which everything is known. Axes: `N` samples; sound is (2, N) float32."""

import numpy as np

from synth.effects.contract import Audio, Effect, EffectState


class Delay:
    """Sound some samples later and a gain louder, nothing else."""

    def __init__(self, delay_samples: int, gain: float = 1.0) -> None:
        self._delay, self._gain = delay_samples, np.float32(gain)
        self._held = np.zeros((2, delay_samples), np.float32)

    @property
    def delay_samples(self) -> int:
        return self._delay

    @property
    def state(self) -> EffectState:
        return {"held": self._held.copy()}

    def process(self, x: Audio) -> Audio:
        joined = np.concatenate([self._held, x], axis=1)
        self._held = joined[:, x.shape[1] :]
        return joined[:, : x.shape[1]] * self._gain

    def reset(self, state: EffectState | None = None) -> None:
        held = np.zeros((2, self._delay)) if state is None else state["held"]
        self._held = held.astype(np.float32)


def as_effect(effect: Delay) -> Effect:
    """The type checker's word that the double is what it stands for."""
    return effect
