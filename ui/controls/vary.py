"""Vary: controls moved at random by amounts that still sound like the same instrument."""

import math
import random

from synth.instrument.parameters.parameter import Parameter, VaryRange
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import ParameterValues

_LEAST = 0.25
"""Share of `amount` that every control moves at least: one hears that something happened."""
_TURN_ROUND = 0.12
"""How often a control that can run backwards changes its direction."""


def varied(controls: ParameterValues, rng: random.Random) -> ParameterValues:
    """`controls`, each that varies moved from where it stands; a frozen culture stays frozen."""
    rows = [(p, p.vary) for p in PARAMETERS.values() if p.vary is not None]
    return controls.with_values({p.id: _moved(p, vary, controls[p.id], rng) for p, vary in rows})


def _moved(parameter: Parameter, vary: VaryRange, value: float, rng: random.Random) -> float:
    by = vary.amount * (_LEAST + abs(rng.gauss(0, 1))) * rng.choice((-1, 1))
    turns = parameter.minimum < 0 and vary.doubling
    backwards = turns and (value < 0) != (rng.random() < _TURN_ROUND)
    size = abs(value) if vary.doubling else value
    # At the edge of its range it can only move away from it.
    if size <= vary.lowest or size >= vary.highest:
        by = abs(by) if size <= vary.lowest else -abs(by)
    moved = max(size, vary.lowest) * math.exp2(by) if vary.doubling else size + by
    moved = min(max(moved, vary.lowest), vary.highest) * (-1 if backwards else 1)
    return parameter.at_step(parameter.step_of(moved))
