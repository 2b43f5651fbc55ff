"""Pitch of all voices: from key to key by a glide, and what bends it; in semitones, then as a ratio.

Pitches are fractional MIDI note numbers of equal temperament at A = 440 Hz (`synth.instrument.tuning` says which one
a key has). A glide is a straight line in semitones and a closed formula of the time since it began. Axes: `V` slots,
`K` moments.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.instrument.voices.notes import MOST_VOICES

Values = NDArray[np.float64]
Slots = NDArray[np.int64]

GlideWhen = Literal["always", "legato"]
GlideMeasure = Literal["time", "rate"]

_SEMITONES_PER_OCTAVE = 12.0


@dataclass(frozen=True)
class GlideSettings:
    """How a voice goes from one note's pitch to the next."""

    time_s: float | Values = 0.0
    """0 is no glide; a number, or (V,)."""
    when: GlideWhen = "legato"
    """`legato` glides only while another note is held, `always` from the note before also after it ended."""
    measure: GlideMeasure = "time"
    """`time` takes `time_s` for every interval, `rate` that long per octave."""

    def duration_s(self, semitones: Values) -> Values:
        """How long a glide over these intervals takes."""
        if self.measure == "time":
            return np.full(np.shape(semitones), self.time_s)
        return self.time_s * np.abs(semitones) / _SEMITONES_PER_OCTAVE

    def of(self, slot: int) -> "GlideSettings":
        """As the voice in a slot has it."""
        return self if not isinstance(self.time_s, np.ndarray) else replace(self, time_s=float(self.time_s[slot]))


def _per_slot(value: float) -> "Values":
    return np.full(MOST_VOICES, value)


@dataclass
class GlideState:
    """Where every voice's pitch is, (V,) each."""

    start: Values = field(default_factory=lambda: _per_slot(69.0))
    """Pitch the glide began at."""
    target: Values = field(default_factory=lambda: _per_slot(69.0))
    age_s: Values = field(default_factory=lambda: _per_slot(0.0))
    duration_s: Values = field(default_factory=lambda: _per_slot(0.0))
    last: float = np.nan
    """Pitch of the note that began last, whichever voice plays it; not a number before the first."""

    def copy(self) -> "GlideState":
        """A state that shares no array with this one."""
        return replace(self, **{f.name: getattr(self, f.name).copy() for f in fields(self) if f.name != "last"})


class Glide:
    """Key pitches of V slots. Times inside a frame are seconds after its beginning."""

    def __init__(self, state: GlideState | None = None) -> None:
        self.state = state or GlideState()

    def start(self, slots: Slots, pitch: float, how: GlideSettings, legato: bool, at_s: float = 0.0) -> None:
        """Voices begin a note, gliding from the note before if they should."""
        glides = how.time_s > 0 and np.isfinite(self.state.last) and (legato or how.when == "always")
        self._go(slots, np.full(len(slots), self.state.last if glides else pitch), pitch, how, at_s)

    def move(self, slots: Slots, pitch: float, how: GlideSettings, legato: bool, at_s: float = 0.0) -> None:
        """Voices that sound play another note, gliding from the pitch they are at if they should."""
        glides = how.time_s > 0 and (legato or how.when == "always")
        now = self.pitches(np.array([at_s]))[slots, 0]
        self._go(slots, now if glides else np.full(len(slots), pitch), pitch, how, at_s)

    def retune(self, slots: Slots, pitches: Values) -> None:
        """The keys of these voices have other pitches now, as with another tuning: glides go on towards them."""
        shift = pitches - self.state.target[slots]
        self.state.start[slots] += shift
        self.state.target[slots] = pitches

    def advance(self, span_s: float) -> None:
        """Time passes."""
        self.state.age_s += span_s

    def pitches(self, at_s: Values) -> Values:
        """Pitches at moments (K,): (V, K)."""
        state = self.state
        age = np.maximum(state.age_s[:, None] + at_s, 0.0)
        left = np.maximum(1 - age / np.maximum(state.duration_s, 1e-9)[:, None], 0.0)
        return state.target[:, None] + (state.start - state.target)[:, None] * left

    def _go(self, slots: Slots, start: Values, target: float, how: GlideSettings, at_s: float) -> None:
        state = self.state
        state.start[slots], state.target[slots], state.age_s[slots] = start, target, -at_s
        state.duration_s[slots] = how.duration_s(target - start)
        state.last = target


def ratio(pitch: Values, root_hz: float) -> Values:
    """Pitch as a multiple of the preset's root: 440·2^((pitch − 69) / 12) / root."""
    return 440.0 * np.exp2((pitch - 69.0) / _SEMITONES_PER_OCTAVE) / root_hz


def unison_positions(n: int) -> Values:
    """Places of a note's unison voices, (n,): evenly from −1 to 1, and 0 for a single one."""
    return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)


def unison_detune(n: int, cents: float) -> Values:
    """Semitones each unison voice is off, (n,): the outermost by half of `cents`, which lies between them."""
    return unison_positions(n) * cents / 200


def unison_gain(n: int) -> float:
    """Keeps a note's power: detuned voices add up as power does."""
    return float(n**-0.5)
