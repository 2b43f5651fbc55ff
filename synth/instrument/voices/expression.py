"""What velocity, pressure, timbre, pan, volume and bend do to each voice's level, brightness and pitch.

A note's own expression and its channel's add up. Levels and brightness glide by frames (`Expression.advance`), so that
a controller's steps are not heard; a voice that begins has its values at once. Axes: `V` slots, `Q` = 16 channels.
"""

import math
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from synth.instrument.note_events import ChannelDimension, NoteDimension
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.voices.allocator import N_CHANNELS
from synth.instrument.voices.notes import MOST_VOICES, Note

Values = NDArray[np.float64]
Slots = NDArray[np.int64]

MEDIUM_VELOCITY = 100 / 127
"""Struck like this, a note is as loud and as bright as the preset is by itself."""
_SOFT_DB, _SOFT_TILT_DB = -5.0, -1.0
"""Soft pedal: about what an una corda takes from a piano, and how much darker it is, per octave."""
_GLIDE_FRAMES = 2.0
"""Time constant of levels and brightness: 23 ms."""
_NEUTRAL_TIMBRE = 0.5
_MOST_REMEMBERED = 512
"""Notes whose expression is remembered: those that are held, and some that are to come."""
_QUIETEST = 1e-4
_SILENT_DB = PARAMETERS["voice_level_db"].minimum


@dataclass(frozen=True)
class ExpressionSettings:
    """How strongly each gesture is heard: a number for all voices, or (V,)."""

    velocity_to_level: float | Values = 0.5
    """0 every note as loud, 1 level goes by the square of the velocity (40 dB per decade), as in General MIDI."""
    velocity_to_tilt_db: float | Values = 1.5
    """How many dB per octave the strongest note is brighter than the softest."""
    pressure_to_level_db: float | Values = 0.0
    pressure_to_tilt_db: float | Values = 1.5
    timbre_to_tilt_db: float | Values = 3.0
    """From the middle to either end."""
    wheel_to_vibrato_cents: float | Values = 35.0
    vibrato_hz: float = 5.5
    spread: float | Values = 0.5
    """How far unison voices are apart in the stereo image, 0 … 1."""


def velocity_gain(velocity: Values, amount: float | Values) -> Values:
    """Linear gain, 1 at medium velocity: (v / medium)^(2·amount)."""
    gain: Values = (np.maximum(velocity, _QUIETEST) / MEDIUM_VELOCITY) ** (2 * np.asarray(amount))
    return gain


def velocity_tilt_db(velocity: Values, range_db: float | Values) -> Values:
    """dB per octave, 0 at medium velocity."""
    return (velocity - MEDIUM_VELOCITY) * range_db


def pan_gains(pan: Values) -> Values:
    """Left and right, (..., 2), for `pan` −1 … 1 at equal power: exactly 1 and 1 in the middle, √2 at an end."""
    angle = (np.clip(pan, -1, 1) + 1) * (math.pi / 4)
    gains = math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return np.where((pan == 0)[..., None], 1.0, gains)


def placed_gains(level_db: float | Values, pan: float | Values, n_slots: int) -> Values:
    """Left and right of voices, (V, 2): at a level, of which the lowest is silence, and turned to a side."""
    level = np.broadcast_to(np.asarray(level_db, np.float64), n_slots)
    gain = np.where(level <= _SILENT_DB, 0.0, 10 ** (level / 20))
    return gain[:, None] * pan_gains(np.broadcast_to(np.asarray(pan, np.float64), n_slots))


def controller_gain(value: Values) -> Values:
    """Of volume and expression in 0 … 1: the square, as General MIDI has it (40 dB per decade)."""
    return value**2


@dataclass(frozen=True)
class NoteValues:
    """A note's own expression."""

    bend: float = 0.0
    pressure: float = 0.0
    timbre: float = _NEUTRAL_TIMBRE


def _array(n: int, value: float) -> "Values":
    return np.full(n, value)


@dataclass
class ExpressionState:
    """Everything the expression's future depends on."""

    velocity: Values = field(default_factory=lambda: _array(MOST_VOICES, MEDIUM_VELOCITY))
    soft: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(MOST_VOICES, np.bool_))
    channel: Slots = field(default_factory=lambda: np.zeros(MOST_VOICES, np.int64))
    place: Values = field(default_factory=lambda: _array(MOST_VOICES, 0.0))
    """(V,) where in its note's unison a voice is, −1 … 1."""
    share: Values = field(default_factory=lambda: _array(MOST_VOICES, 1.0))
    """(V,) gain of one voice of its note's unison."""
    bend: Values = field(default_factory=lambda: _array(MOST_VOICES, 0.0))
    """(V,) semitones, the note's own; likewise pressure and timbre."""
    pressure: Values = field(default_factory=lambda: _array(MOST_VOICES, 0.0))
    timbre: Values = field(default_factory=lambda: _array(MOST_VOICES, _NEUTRAL_TIMBRE))
    gain_now: Values = field(default_factory=lambda: np.ones((MOST_VOICES, 2)))
    """(V, 2) as they are now, on their way to what they should be."""
    tilt_now: Values = field(default_factory=lambda: _array(MOST_VOICES, 0.0))
    channel_bend: Values = field(default_factory=lambda: _array(N_CHANNELS, 0.0))
    """(Q,) what each channel's controllers say."""
    channel_pressure: Values = field(default_factory=lambda: _array(N_CHANNELS, 0.0))
    channel_timbre: Values = field(default_factory=lambda: _array(N_CHANNELS, _NEUTRAL_TIMBRE))
    channel_wheel: Values = field(default_factory=lambda: _array(N_CHANNELS, 0.0))
    channel_volume: Values = field(default_factory=lambda: _array(N_CHANNELS, 1.0))
    channel_expression: Values = field(default_factory=lambda: _array(N_CHANNELS, 1.0))
    channel_pan: Values = field(default_factory=lambda: _array(N_CHANNELS, 0.0))
    notes: dict[int, NoteValues] = field(default_factory=dict)
    """By note id, also of notes that are held and do not sound; the least recent first."""

    def copy(self) -> "ExpressionState":
        """A state that shares nothing that changes with this one."""
        arrays = {f.name: getattr(self, f.name).copy() for f in fields(self)}
        return ExpressionState(**arrays)


class Expression:
    """The expression of V slots."""

    def __init__(self, state: ExpressionState | None = None) -> None:
        self.state = state or ExpressionState()

    def start(self, slot: int, note: Note, place: float, share: float, how: ExpressionSettings) -> None:
        """A voice begins: nothing it was before is heard any more."""
        state = self.state
        state.place[slot], state.share[slot] = place, share
        self.strike(slot, note)
        state.gain_now[slot], state.tilt_now[slot] = self._gains(how)[slot], self._tilts_db(how)[slot]

    def strike(self, slot: int, note: Note) -> None:
        """A voice that sounds is struck again, by another note or the same one."""
        self.state.velocity[slot], self.state.soft[slot] = note.velocity, note.soft
        self.move(slot, note)

    def move(self, slot: int, note: Note) -> None:
        """A voice goes on with another note: it was struck only once."""
        state = self.state
        state.channel[slot] = note.channel
        values = state.notes.get(note.note_id, NoteValues())
        state.bend[slot], state.pressure[slot], state.timbre[slot] = values.bend, values.pressure, values.timbre

    def note(self, note_id: int, slots: Slots, dimension: NoteDimension, value: float, *, keep: bool = True) -> None:
        """A note is bent, pressed or coloured; `slots` are those that play it now.

        `keep` remembers it for voices that play the note later on.
        """
        state = self.state
        getattr(state, dimension)[slots] = value
        if not keep:
            return
        state.notes[note_id] = replace(state.notes.pop(note_id, NoteValues()), **{dimension: value})
        while len(state.notes) > _MOST_REMEMBERED:
            del state.notes[next(iter(state.notes))]

    def forget(self, note_id: int) -> None:
        """A note is held no longer: its id may be used again."""
        self.state.notes.pop(note_id, None)

    def controller(self, channel: int, dimension: ChannelDimension, value: float) -> None:
        """A channel's controller moved; pedals are the allocator's."""
        if dimension not in ("sustain", "sostenuto", "soft"):
            getattr(self.state, f"channel_{dimension}")[channel] = value

    def advance(self, how: ExpressionSettings) -> None:
        """Move on by one frame."""
        state = self.state
        state.gain_now += (self._gains(how) - state.gain_now) / _GLIDE_FRAMES
        state.tilt_now += (self._tilts_db(how) - state.tilt_now) / _GLIDE_FRAMES

    def bends(self, how: ExpressionSettings, age_s: Values) -> Values:
        """Semitones each voice is away from its note's pitch, (V,): bends, and the wheel's vibrato."""
        state = self.state
        vibrato = np.sin(2 * math.pi * how.vibrato_hz * np.maximum(age_s, 0))
        wheel = state.channel_wheel[state.channel] * how.wheel_to_vibrato_cents / 100
        return state.bend + state.channel_bend[state.channel] + np.where(wheel > 0, wheel * vibrato, 0.0)

    def _gains(self, how: ExpressionSettings) -> Values:
        """Left and right, (V, 2)."""
        state, q = self.state, self.state.channel
        level = velocity_gain(state.velocity, how.velocity_to_level) * state.share
        level = level * controller_gain(state.channel_volume[q] * state.channel_expression[q])
        boost_db = self._pressure() * how.pressure_to_level_db + np.where(state.soft, _SOFT_DB, 0.0)
        pan = np.clip(state.channel_pan[q] + state.place * how.spread, -1, 1)
        return (level * 10 ** (boost_db / 20))[:, None] * pan_gains(pan)

    def _tilts_db(self, how: ExpressionSettings) -> Values:
        """dB per octave, (V,)."""
        state, q = self.state, self.state.channel
        timbre = np.clip(state.timbre + state.channel_timbre[q] - 2 * _NEUTRAL_TIMBRE, -0.5, 0.5) * 2
        return (
            velocity_tilt_db(state.velocity, how.velocity_to_tilt_db)
            + self._pressure() * how.pressure_to_tilt_db
            + timbre * how.timbre_to_tilt_db
            + np.where(state.soft, _SOFT_TILT_DB, 0.0)
        )

    def _pressure(self) -> Values:
        return np.clip(self.state.pressure + self.state.channel_pressure[self.state.channel], 0, 1)
