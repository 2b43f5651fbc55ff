"""What every effect is to the rack. Axes: `N` samples; sound is (2, N) float32."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
EffectState = Mapping[str, NDArray[np.generic]]
"""All that an effect's future depends on besides its input, as named arrays that nobody changes."""

QUIET = 2.0**-26
"""Amplitude below which sound counts as silence: a quarter of what 24 bits can hold, −156 dBFS."""
NEVER = 2**62
"""More samples than are ever computed."""
TINY = 1e-30
"""Filters let what is smaller go to zero, so that no number becomes too small to be computed quickly."""


def mix_levels(mix: float) -> tuple[float, float]:
    """Levels of the sound and of what an effect makes of it: equal power, because they are not alike; 0 and 1 exactly
    at the ends."""
    return math.sin((1 - mix) * math.pi / 2), math.sin(mix * math.pi / 2)


class Effect(Protocol):
    """A stereo effect that runs on without end and is never late; any partition of its input gives the same bits."""

    @property
    def memory_samples(self) -> int:
        """When its input and output have been quiet for so many samples, nothing that it will put out is louder."""
        ...

    @property
    def memory_holds(self) -> int:
        """In how many samples `memory_samples` may be another, if nothing is obeyed until then."""
        ...

    @property
    def state(self) -> EffectState:
        """A copy of its state between two samples."""
        ...

    def obey(self, values: Mapping[str, float], *, at_once: bool = False) -> None:
        """Set out for these values of all its controls, by id, or stand at them `at_once`."""
        ...

    def process(self, x: Audio) -> Audio:
        """(2, N) contiguous → (2, N); `x` itself stays as it is."""
        ...

    def reset(self, state: EffectState | None = None) -> None:
        """Begin anew from silence at the values it was last given, or go on from a `state` of one of the same kind and
        rate; `KeyError` or `ValueError` names what does not fit."""
        ...
