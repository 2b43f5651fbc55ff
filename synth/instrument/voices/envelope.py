"""Amplitude envelopes of all voices: delay, attack, hold, decay, sustain, release, each with a curve.

The level is a closed formula of the time since the note began and the time since it was let go, so it does not depend
on how time is cut into frames or blocks, and a note may begin or end at any moment inside a frame. Stage times are
taken as they are when a voice begins and when it is let go: a knob that moves meanwhile never makes the level jump.
Only the sustain level is read as it is now.

Axes: `V` slots, `K` moments.
"""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from synth.instrument.voices.notes import MOST_VOICES

Values = NDArray[np.float64]
Slots = NDArray[np.int64]

_BEND = 6.0
"""A curve of 1 goes like 1 − e^(−6·u): 95 % of the way in the first half."""
_NEVER = -np.inf
_LEAST_S = 1e-9
_SLOW_ATTACK_S, _QUICK_ATTACK_S = 0.05, 0.01


@dataclass(frozen=True)
class EnvelopeShape:
    """One envelope as the parameters describe it; each value a number or an array (V,)."""

    delay_s: float | Values = 0.0
    attack_s: float | Values = 0.002
    hold_s: float | Values = 0.0
    decay_s: float | Values = 0.5
    release_s: float | Values = 0.3
    attack_curve: float | Values = 0.0
    """−1 … 1: below 0 slow at first, 0 a straight line, above 0 fast at first."""
    decay_curve: float | Values = 0.5
    release_curve: float | Values = 0.5


def _per_slot(value: float) -> "Values":
    return np.full(MOST_VOICES, value)


@dataclass
class EnvelopeState:
    """Where every voice's envelope is, (V,) each."""

    age_s: Values = field(default_factory=lambda: _per_slot(_NEVER))
    """Since the voice began or was retriggered; below 0 when that is still to come, −inf when it never did."""
    release_age_s: Values = field(default_factory=lambda: _per_slot(_NEVER))
    """Since it was let go; −inf while it is held."""
    from_level: Values = field(default_factory=lambda: _per_slot(0.0))
    """Level it began at: above 0 when it was retriggered while it sounded."""
    release_level: Values = field(default_factory=lambda: _per_slot(0.0))
    """Level it was let go at."""
    delay_s: Values = field(default_factory=lambda: _per_slot(0.0))
    attack_s: Values = field(default_factory=lambda: _per_slot(0.0))
    hold_s: Values = field(default_factory=lambda: _per_slot(0.0))
    decay_s: Values = field(default_factory=lambda: _per_slot(0.0))
    release_s: Values = field(default_factory=lambda: _per_slot(0.0))
    attack_curve: Values = field(default_factory=lambda: _per_slot(0.0))
    decay_curve: Values = field(default_factory=lambda: _per_slot(0.0))
    release_curve: Values = field(default_factory=lambda: _per_slot(0.0))

    def copy(self) -> "EnvelopeState":
        """A state that shares no array with this one."""
        return EnvelopeState(**{f.name: getattr(self, f.name).copy() for f in fields(self)})


def curved(u: Values, curve: float | Values) -> Values:
    """From 0 to 1 as `u` does, bent by `curve` in −1 … 1: (1 − e^(−6cu)) / (1 − e^(−6c)), and `u` itself at 0."""
    k = _BEND * np.asarray(curve, np.float64)
    straight = np.abs(k) < 1e-6
    bent = np.where(straight, 1.0, k)
    return np.where(straight, u, np.expm1(-bent * u) / np.expm1(-bent))


class Envelope:
    """The envelopes of V slots. Times inside a frame are seconds after its beginning."""

    def __init__(self, state: EnvelopeState | None = None) -> None:
        self.state = state or EnvelopeState()

    def start(self, slots: Slots, shape: EnvelopeShape, at_s: float = 0.0) -> None:
        """Begin from silence at `at_s`."""
        self._begin(slots, shape, at_s, np.zeros(len(slots)))

    def retrigger(self, slots: Slots, shape: EnvelopeShape, sustain: float | Values, at_s: float = 0.0) -> None:
        """Begin anew at `at_s`, from the level the voices are at by then."""
        self._begin(slots, shape, at_s, self.level(sustain, at_s)[slots])

    def release(self, slots: Slots, shape: EnvelopeShape, sustain: float | Values, at_s: float = 0.0) -> None:
        """Let voices go at `at_s`; those let go already stay as they are."""
        state = self.state
        level = self.level(sustain, at_s)
        slots = slots[state.release_age_s[slots] == _NEVER]
        state.release_level[slots], state.release_age_s[slots] = level[slots], -at_s
        for name in ("release_s", "release_curve"):
            getattr(state, name)[slots] = _of(getattr(shape, name), slots)

    def advance(self, span_s: float) -> None:
        """Time passes."""
        self.state.age_s += span_s
        self.state.release_age_s += span_s

    def level(self, sustain: float | Values, at_s: float = 0.0) -> Values:
        """Levels in 0 … 1 at one moment, (V,)."""
        return self.levels(sustain, np.array([at_s]))[:, 0]

    def levels(self, sustain: float | Values, at_s: Values) -> Values:
        """Levels in 0 … 1 at moments (K,): (V, K). `sustain` is a number or (V,)."""
        state = self.state
        sustain = np.broadcast_to(np.asarray(sustain, np.float64), state.age_s.shape)[:, None]
        age = state.age_s[:, None] + at_s - state.delay_s[:, None]
        rise = curved(_share(age, state.attack_s), state.attack_curve[:, None])
        age = age - state.attack_s[:, None] - state.hold_s[:, None]
        fall = curved(_share(age, state.decay_s), state.decay_curve[:, None])
        begun = state.from_level[:, None] + (1 - state.from_level[:, None]) * rise
        held = np.where(age <= 0, begun, 1 + (sustain - 1) * fall)
        since = state.release_age_s[:, None] + at_s
        end = curved(_share(since, state.release_s), state.release_curve[:, None])
        return np.where(since >= 0, state.release_level[:, None] * (1 - end), held)

    def onsets(self, slots: Slots, sustain: float | Values, at_s: Values) -> Values:
        """Levels (n, K) of voices that have just begun, at the moments (K,) up to their first frame.

        Between moments levels move in straight lines, which a quick attack is not: it is at its last level at once, and
        a ramp of the vocoder's makes of that a beginning. A slow one is followed; between the two in proportion."""
        levels = self.levels(sustain, at_s)[slots]
        span_s = _SLOW_ATTACK_S - _QUICK_ATTACK_S
        slow = np.clip((self.state.attack_s[slots] - _QUICK_ATTACK_S) / span_s, 0, 1)[:, None]
        return levels[:, -1:] + slow * (levels - levels[:, -1:])

    def finished(self, sustain: float | Values, at_s: float = 0.0) -> NDArray[np.bool_]:
        """True for voices that are silent from `at_s` on, (V,): their release is over, or they decayed to nothing."""
        state = self.state
        stages_s = state.delay_s + state.attack_s + state.hold_s + state.decay_s
        faded = (np.asarray(sustain) <= 0) & (state.age_s + at_s >= stages_s) & (state.release_age_s == _NEVER)
        over: NDArray[np.bool_] = (state.release_age_s + at_s >= state.release_s) | faded
        return over

    def _begin(self, slots: Slots, shape: EnvelopeShape, at_s: float, level: Values) -> None:
        state = self.state
        state.age_s[slots], state.release_age_s[slots], state.from_level[slots] = -at_s, _NEVER, level
        for f in fields(shape):
            getattr(state, f.name)[slots] = _of(getattr(shape, f.name), slots)


def _of(value: float | Values, slots: Slots) -> float | Values:
    return value[slots] if isinstance(value, np.ndarray) else value


def _share(age: Values, span: Values) -> Values:
    """How far through a stage of length `span` (V,) ages (V, K) are, 0 … 1; a stage of no length is over at once."""
    passed = np.where(age >= span[:, None], 1.0, age / np.maximum(span, _LEAST_S)[:, None])
    return np.where(age < 0, 0.0, passed)
