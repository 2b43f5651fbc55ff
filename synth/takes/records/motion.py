"""The state of modulation as JSON and back; what is read is checked before it is used.

Axes: `M` mel bands, `T` frames.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.sources import N_LFOS, N_MACROS
from synth.instrument.modulation.state import MotionState
from synth.instrument.parameters.table import PARAMETERS
from synth.presets.schema import Fields

_MOST_CYCLES = 1e12
_LARGEST_CELL = 100.0


def told_of_motion(state: MotionState) -> dict[str, Any]:
    """What JSON holds of it; the array is kept beside it."""
    return {
        "cycles": list(state.cycles),
        "macros": list(state.macros),
        "level": state.level,
        "activity": state.activity,
        "moved": dict(state.moved),
    }


def read_motion(told: Fields, seen: NDArray[Any] | None, shape: tuple[int, ...]) -> MotionState:
    """The state again, of a culture of this shape (M, T); what was saved before there was modulation has none.
    `PresetError` or `ValueError` for what cannot be one."""
    if "motion" not in told.values:
        return MotionState()
    motion = told.group("motion")
    if seen is not None and (
        seen.shape != shape or seen.dtype != np.float32 or not (np.abs(seen) <= _LARGEST_CELL).all()
    ):
        raise ValueError("motion.seen")
    moved = motion.number_map("moved")
    if not all(id in PARAMETERS and PARAMETERS[id].holds(value) for id, value in moved.items()):
        raise ValueError("motion.moved")
    return MotionState(
        motion.numbers("cycles", N_LFOS, 0, _MOST_CYCLES),
        motion.numbers("macros", N_MACROS, 0, 1),
        motion.number("level", 0, 1),
        motion.number("activity", 0, _LARGEST_CELL),
        None if seen is None else seen.copy(),
        tuple(moved.items()),
    )
