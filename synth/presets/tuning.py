"""Which frequency each key has, as an instrument plays it and as presets and takes keep it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.presets.schema import Fields

N_KEYS = 128
REFERENCE_KEY, REFERENCE_HZ = 69, 440.0
_LOWEST_HZ, _HIGHEST_HZ = 0.1, 1e5
_SAME_CENTS = 1e-6


@dataclass(frozen=True)
class Tuning:
    """Frequencies of all keys."""

    name: str
    key_hz: tuple[float, ...]
    """128 of them; not a number for a key that plays nothing."""

    def pitches(self, reference_hz: float = REFERENCE_HZ) -> NDArray[np.float64]:
        """Pitch of each key as a fractional MIDI note of equal temperament at A = 440 Hz, (128,).

        `reference_hz` is where A of equal temperament lies, and moves any other tuning by as much.
        """
        return REFERENCE_KEY + 12 * np.log2(np.array(self.key_hz) * reference_hz / REFERENCE_HZ / REFERENCE_HZ)

    def sounds_as(self, other: "Tuning") -> bool:
        """True when every key has the same frequency, whatever the tunings are called."""
        far = _SAME_CENTS / 100
        return bool(np.allclose(self.pitches(), other.pitches(), rtol=0, atol=far, equal_nan=True))

    @property
    def silent_keys(self) -> frozenset[int]:
        """Keys that play nothing."""
        return frozenset(key for key, hz in enumerate(self.key_hz) if math.isnan(hz))


def equal_temperament() -> Tuning:
    """Twelve equal steps to the octave, A = 440 Hz."""
    hz = REFERENCE_HZ * np.exp2((np.arange(N_KEYS) - REFERENCE_KEY) / 12)
    return Tuning("12 equal steps", tuple(hz.tolist()))


def told_of_tuning(tuning: Tuning) -> dict[str, Any]:
    """A tuning as JSON has it: null for a key that plays nothing."""
    return {"name": tuning.name, "key_hz": [None if math.isnan(hz) else hz for hz in tuning.key_hz]}


def tuning_of(told: Fields) -> Tuning:
    """The tuning again; `PresetError` names what cannot be used of it."""
    table = told.values.get("key_hz")
    if not isinstance(table, list) or len(table) != N_KEYS:
        raise told.refusal("key_hz", f"a list of {N_KEYS} frequencies")
    keys = [Fields(told.file, {"hz": hz}, f"{told.prefix}key_hz.") for hz in table]
    heard = (math.nan if key.values["hz"] is None else key.number("hz", _LOWEST_HZ, _HIGHEST_HZ) for key in keys)
    return Tuning(told.text("name"), tuple(heard))
