"""What every effect is to its slot. Axes: `N` samples; sound is (2, N) float32."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
EffectState = Mapping[str, NDArray[np.generic]]
"""All that an effect's future depends on besides its input, as named arrays that nobody changes."""


class Effect(Protocol):
    """A stereo effect that runs on without end; any partition of its input gives the same bits."""

    @property
    def delay_samples(self) -> int:
        """By how much its sound is late; constant, whether it is bypassed or not."""
        ...

    @property
    def state(self) -> EffectState:
        """A copy of its state between two samples."""
        ...

    def process(self, x: Audio) -> Audio:
        """(2, N) → (2, N), `delay_samples` later; `x` itself stays as it is."""
        ...

    def reset(self, state: EffectState | None = None) -> None:
        """Begin anew from silence, or go on from a `state` of an effect of the same kind and rate."""
        ...
