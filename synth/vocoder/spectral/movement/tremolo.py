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
        self._gains = gains[:, self._which].astype(np.float32)
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
        here = amplitudes[:, :, self._which]
        log = np.log(np.maximum(here, _QUIETEST))
        sine, cosine, depth = turns.astype(np.float32).T[:, :, None, None]
        off = log - memory[:, 0]
        elsewhere = np.abs(off) > _MOST
        off[elsewhere] = 0
        kept = np.empty_like(memory)
        kept[:, 0] = np.where(elsewhere, log, memory[:, 0] + self._mean * off)
        # Both sides of the swing, as a lock-in amplifier finds them.
        kept[:, 1] = memory[:, 1] + self._swing * (2 * off * sine - memory[:, 1])
        kept[:, 2] = memory[:, 2] + self._swing * (2 * off * cosine - memory[:, 2])
        own = kept[:, 1] * sine + kept[:, 2] * cosine
        wanted = depth * (self._gains[0] * sine + self._gains[1] * cosine)
        moved = amplitudes.copy()
        moved[:, :, self._which] = here * np.exp(wanted - own)
        return moved, kept
