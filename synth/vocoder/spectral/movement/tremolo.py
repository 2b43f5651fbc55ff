"""Loudness that follows the vibrato, partial by partial, as it did in the recording.

The culture moves at the vibrato's rate as well, for its recording did, but knows nothing of the vocoder's vibrato. So
that part of its movement is found by its own means and what goes with the pitch is put in its place: rows move no more
than before. Axes: `F` voices that are heard, `B` heads, `P` partials, `S` those that have a tremolo.
"""

import math

import numpy as np

from synth.mel import DB_PER_NEPER
from synth.presets.model import Preset
from synth.vocoder.arrays import Doubles, Floats
from synth.vocoder.spectral.kernels import kernels

# An amplitude's own mean is taken over so long, and what of it moves at the vibrato's rate over a good swing.
_MEAN_S, _SWING_S = 1.0, 0.3
# What moves by more than this from its mean is another sound, an onset or a wound, and no vibrato.
_MOST = np.float32(1.0)
_QUIETEST = np.float32(1e-9)


class Tremolo:
    """Replaces what the culture moves at the vibrato's rate by what the recording's vibrato did."""

    def __init__(self, preset: Preset, hz: Doubles, frame_s: float) -> None:
        """`hz` (P,): of the stored partials that sound."""
        partials = preset.partials
        gains = np.zeros((2, len(hz)))
        if partials is not None and partials.tremolo_db is not None and preset.vibrato.depth_cents:
            places, known = partials.hz.double().numpy(), partials.tremolo_db.double().numpy() / DB_PER_NEPER
            gains = np.stack([np.interp(hz, places, known[:, side]) for side in range(2)])
        self._which = np.flatnonzero(gains.any(axis=0))
        self._gains = np.ascontiguousarray(gains[:, self._which], np.float32)
        # Only here, where a vocoder is prepared: numba takes half a second to import.
        self._follow = kernels().follow
        self._mean, self._swing = (np.float32(1 - math.exp(-frame_s / time_s)) for time_s in (_MEAN_S, _SWING_S))

    @property
    def size(self) -> int:
        """S."""
        return len(self._which)

    def take(self, amplitudes: Floats, turns: Doubles, memory: Floats) -> tuple[Floats, Floats]:
        """Amplitudes (F, B, P) as they follow the vibrato, and the memory to come; `turns` (F, 3) as `VibratoClock`
        gives them, `memory` (F, 3, B, S) zeros at first."""
        if not self.size:
            return amplitudes, memory
        moved, kept = np.array(amplitudes, order="C"), np.array(memory, order="C")
        turned = np.ascontiguousarray(turns)
        self._follow(moved, self._which, self._gains, turned, kept, self._mean, self._swing, _MOST, _QUIETEST)
        return moved, kept
