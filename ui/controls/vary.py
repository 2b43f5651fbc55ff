"""Vary: controls moved at random by amounts that still sound like the same instrument."""

import math
import random
from dataclasses import dataclass

from synth.instrument.parameters import Controls, with_values
from ui.look.units import SCALES


@dataclass(frozen=True)
class _Spread:
    """How far one control is moved: `amount` of its units, or octaves of its value where `doubling`."""

    amount: float
    lowest: float
    highest: float
    doubling: bool = False


_SPREADS = {
    "steps_per_frame": _Spread(0.5, 0.25, 3.0, doubling=True),
    "weather_depth": _Spread(0.35, 0.2, 1.8),
    "weather_speed": _Spread(0.8, 0.15, 3.5, doubling=True),
    "playhead_speed": _Spread(0.4, 0.25, 1.8, doubling=True),
    "width": _Spread(0.2, 0.15, 1.0),
    "tilt_db": _Spread(1.2, -3.5, 3.5),
}
"""Never volume, note, fine tuning or fades: they are the player's."""
_LEAST = 0.25
"""Share of `amount` that every control moves at least: one hears that something happened."""
_TURN_ROUND = 0.12
"""How often the playhead changes its direction."""


def varied(controls: Controls, rng: random.Random) -> Controls:
    """`controls`, each that varies moved from where it stands; a frozen culture stays frozen."""
    values = {name: _moved(name, float(getattr(controls, name)), rng) for name in _SPREADS}
    return with_values(controls, values)


def _moved(name: str, value: float, rng: random.Random) -> float:
    spread = _SPREADS[name]
    by = spread.amount * (_LEAST + abs(rng.gauss(0, 1))) * rng.choice((-1, 1))
    backwards = name == "playhead_speed" and (value < 0) != (rng.random() < _TURN_ROUND)
    size = abs(value) if spread.doubling else value
    # At the edge of its range it can only move away from it.
    if size <= spread.lowest or size >= spread.highest:
        by = abs(by) if size <= spread.lowest else -abs(by)
    moved = max(size, spread.lowest) * math.exp2(by) if spread.doubling else size + by
    moved = min(max(moved, spread.lowest), spread.highest) * (-1 if backwards else 1)
    scale = SCALES[name]
    return scale.value(scale.index(moved))
