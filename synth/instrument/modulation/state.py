"""What the future of modulation depends on, besides controls, routes and voices. Axes: `M` mel bands, `T` frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.sources import N_LFOS, N_MACROS


@dataclass(frozen=True)
class MotionState:
    """Between two frames; immutable, and its array is written to by nobody."""

    cycles: tuple[float, ...] = (0.0,) * N_LFOS
    """How many cycles the LFOs that are common to all have gone through; one that follows the tempo is elsewhere."""
    macros: tuple[float, ...] = (0.0,) * N_MACROS
    """Where the macros are on their way to their controls."""
    level: float = 0.0
    """Of the follower, 0 … 1."""
    activity: float = 0.0
    """How much the culture's region changes per frame, smoothed: the mean over its cells, in grid values."""
    seen: NDArray[np.float32] | None = None
    """(M, T) the culture in the frame before; None while nothing follows it."""
    moved: tuple[tuple[str, float], ...] = ()
    """What parameters were moved to in the frame before, by their ids, in their units."""
