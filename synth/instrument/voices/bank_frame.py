"""What the voice bank tells of a frame, and the state that all voices' future depends on.

Axes: `V` slots, `n` slots that sound, `M` mel bands.
"""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from synth.instrument.modulation.sources import N_LFOS
from synth.instrument.voices.allocator import AllocatorState
from synth.instrument.voices.envelope import EnvelopeState
from synth.instrument.voices.expression import ExpressionState
from synth.instrument.voices.glide import GlideState
from synth.instrument.voices.notes import MOST_VOICES
from synth.instrument.voices.playheads import PlayheadState

Values = NDArray[np.float64]
Slots = NDArray[np.int64]


@dataclass(frozen=True)
class VoiceStart:
    """A voice that begins within a frame."""

    slot: int
    number: int
    """Of the note, counted from the first one played: what chance in a voice depends on, with its slot."""
    share: float
    """How much of the frame has passed by then, 0 … 1."""


@dataclass(frozen=True)
class BankFrame:
    """One frame of all voices that sound, (n, …), slots ascending."""

    slots: Slots
    distance: Values
    """(n,) columns ahead of the culture's playhead."""
    pitch: Values
    """(n,) semitones, as a fractional MIDI note at A = 440 Hz."""
    gain: Values
    """(n, 2) left and right."""
    tilt_db: Values
    """(n,) dB per octave beside the instrument's own."""
    contour: Values
    """(n, M) nepers added to each row."""
    lead: Values | None = None
    """(n, 2, M) the contour in the two frames before this one; of `struck` alone, as the next two are."""
    path: Values | None = None
    """(n, 2, 3) the gains in those frames and this one, for as long as the voice has begun."""
    starts: tuple[VoiceStart, ...] = ()
    freed: tuple[int, ...] = ()
    """Slots that were silenced at once and do not begin anew, before this frame."""
    ended: tuple[int, ...] = ()
    """Slots whose voices are over with this frame."""


@dataclass
class VoiceLfoState:
    """Where each voice is in the LFOs of its own."""

    cycles: Values = field(default_factory=lambda: np.zeros((N_LFOS, MOST_VOICES)))
    """(N_LFOS, V) cycles since the voice began; below 0 when that is still to come."""

    def copy(self) -> "VoiceLfoState":
        """A state that shares no array with this one."""
        return VoiceLfoState(self.cycles.copy())


def _per_slot(value: float) -> "Values":
    return np.full(MOST_VOICES, value)


@dataclass
class BankState:
    """Everything the voices' future depends on."""

    allocator: AllocatorState = field(default_factory=AllocatorState)
    envelope: EnvelopeState = field(default_factory=EnvelopeState)
    glide: GlideState = field(default_factory=GlideState)
    expression: ExpressionState = field(default_factory=ExpressionState)
    playheads: PlayheadState = field(default_factory=PlayheadState)
    detune: Values = field(default_factory=lambda: _per_slot(0.0))
    """(V,) semitones a unison voice is off."""
    envelope2: EnvelopeState = field(default_factory=EnvelopeState)
    """Of the second envelope, which moves controls."""
    lfo: VoiceLfoState = field(default_factory=VoiceLfoState)

    def copy(self) -> "BankState":
        """A state that shares nothing that changes with this one."""
        parts = {f.name: getattr(self, f.name).copy() for f in fields(self)}
        return BankState(**parts)
