"""Envelopes against the formula written out by hand, at any moment, however time is cut."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.instrument.voices.envelope import Envelope, EnvelopeShape, EnvelopeState, curved
from synth.instrument.voices.notes import MOST_VOICES

SHAPE = EnvelopeShape(0.1, 0.2, 0.05, 0.4, 0.3, attack_curve=-0.5, decay_curve=0.7, release_curve=0.2)
SUSTAIN = 0.6
FRAME_S = 256 / 22050
SLOT = np.array([3])


def bent(u: float, curve: float) -> float:
    return u if curve == 0 else (1 - math.exp(-6 * curve * u)) / (1 - math.exp(-6 * curve))


def by_hand(shape: EnvelopeShape, t: float, start: float, release: float | None = None, first: float = 0.0) -> float:
    """The level at `t` of one note, stage by stage."""
    s = {name: float(value) for name, value in vars(shape).items()}
    if release is not None and t >= release:
        level = by_hand(shape, release, start, None, first)
        u = (t - release) / s["release_s"]
        return level * (1 - bent(u, s["release_curve"])) if u < 1 else 0.0
    t -= start + s["delay_s"]
    if t < 0:
        return first
    if t < s["attack_s"]:
        return first + (1 - first) * bent(t / s["attack_s"], s["attack_curve"])
    t -= s["attack_s"] + s["hold_s"]
    if t < 0:
        return 1.0
    if t < s["decay_s"]:
        return 1 + (SUSTAIN - 1) * bent(t / s["decay_s"], s["decay_curve"])
    return SUSTAIN


TIMES = st.floats(0, 1.2)


@given(start=TIMES, length=TIMES, cut=st.lists(st.floats(0.001, 0.5), min_size=1, max_size=8), at=st.floats(0, 3))
def test_the_level_is_the_formula_s_however_time_is_cut(
    start: float, length: float, cut: list[float], at: float
) -> None:
    envelope, now, n = Envelope(), 0.0, 0
    begun = released = False
    while now <= at:
        span = cut[n % len(cut)]
        if not begun and now + span > start:
            envelope.start(SLOT, SHAPE, start - now)
            begun = True
        if begun and not released and now + span > start + length:
            envelope.release(SLOT, SHAPE, SUSTAIN, start + length - now)
            released = True
        if now + span > at:
            break
        envelope.advance(span)
        now, n = now + span, n + 1
    level = envelope.level(SUSTAIN, at - now)[3]
    expected = by_hand(SHAPE, at, start, start + length) if begun else 0.0
    # The formula is continuous except where a stage has no length; float64 over some thousand additions.
    assert level == pytest.approx(expected, abs=1e-9)


def test_a_note_begins_between_two_moments_of_a_frame() -> None:
    envelope = Envelope()
    shape = EnvelopeShape(attack_s=0.004)
    envelope.start(SLOT, shape, 0.006)
    np.testing.assert_allclose(envelope.levels(1.0, np.array([0.0, 0.006, 0.008, 0.010, 0.011]))[3], [0, 0, 0.5, 1, 1])


@pytest.mark.parametrize("at", [0.15, 0.32, 0.5, 1.5])
@pytest.mark.parametrize("again", [replace(SHAPE, delay_s=0.0), SHAPE])
def test_a_retrigger_goes_on_from_the_level_it_finds(at: float, again: EnvelopeShape) -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE)
    before = envelope.level(SUSTAIN, at)[3]
    envelope.retrigger(SLOT, again, SUSTAIN, at)
    times = at + np.arange(0, 1.5, 0.001)
    levels = envelope.levels(SUSTAIN, times)[3]
    assert levels[0] == pytest.approx(before, abs=1e-12)
    np.testing.assert_allclose(levels, [by_hand(again, t, at, None, before) for t in times], atol=1e-12)
    # No step between moments 1 ms apart is larger than the steepest stage allows: 200 ms with a bend of 6 · 0.5.
    assert np.abs(np.diff(levels)).max() < 0.001 / 0.2 * 6 * 0.5 / (1 - math.exp(-3)) * 1.01


def test_a_retrigger_during_the_release_takes_it_back() -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE)
    envelope.release(SLOT, SHAPE, SUSTAIN, 1.0)
    half = envelope.level(SUSTAIN, 1.1)[3]
    assert 0 < half < SUSTAIN
    envelope.retrigger(SLOT, replace(SHAPE, delay_s=0.0), SUSTAIN, 1.1)
    assert envelope.level(SUSTAIN, 1.1)[3] == pytest.approx(half, abs=1e-12)
    assert envelope.level(SUSTAIN, 1.3001)[3] == pytest.approx(1.0)
    assert not envelope.finished(SUSTAIN)[3]


def test_a_release_in_the_attack_falls_from_there() -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE)
    envelope.release(SLOT, SHAPE, SUSTAIN, 0.2)
    levels = envelope.levels(SUSTAIN, np.array([0.15, 0.2, 0.35, 0.5, 2.0]))[3]
    np.testing.assert_allclose(levels, [by_hand(SHAPE, t, 0.0, 0.2) for t in (0.15, 0.2, 0.35, 0.5, 2.0)], atol=1e-12)
    envelope.advance(0.49)
    assert not envelope.finished(SUSTAIN)[3]
    envelope.advance(0.02)
    assert envelope.finished(SUSTAIN)[3]


def test_a_note_that_decays_to_nothing_is_over_although_its_key_is_down() -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE)
    assert not envelope.finished(0.0, 0.74)[3] and envelope.level(0.0, 0.74)[3] > 0
    assert envelope.finished(0.0, 0.7501)[3] and envelope.level(0.0, 0.7501)[3] == 0
    assert not envelope.finished(0.01, 0.7501)[3]


def test_letting_go_twice_is_letting_go_once() -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE)
    envelope.release(SLOT, SHAPE, SUSTAIN, 0.5)
    once = envelope.levels(SUSTAIN, np.linspace(0.5, 1, 50))[3]
    envelope.release(SLOT, SHAPE, SUSTAIN, 0.6)
    np.testing.assert_array_equal(envelope.levels(SUSTAIN, np.linspace(0.5, 1, 50))[3], once)


def test_stages_of_no_length_are_over_at_once() -> None:
    envelope = Envelope()
    nothing = EnvelopeShape(0.0, 0.0, 0.0, 0.0, 0.0)
    envelope.start(SLOT, nothing)
    np.testing.assert_allclose(envelope.levels(0.3, np.array([-0.001, 1e-6, 1.0]))[3], [0.0, 0.3, 0.3], rtol=1e-15)
    envelope.release(SLOT, nothing, 0.3, 1.0)
    np.testing.assert_allclose(envelope.levels(0.3, np.array([0.9, 1.0, 1.1]))[3], [0.3, 0.0, 0.0], rtol=1e-15)


def test_a_moving_sustain_moves_the_level_and_other_knobs_do_not() -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE)
    assert envelope.level(0.2, 2.0)[3] == pytest.approx(0.2)
    assert envelope.level(0.9, 2.0)[3] == pytest.approx(0.9)


def test_each_slot_has_stages_of_its_own() -> None:
    envelope = Envelope()
    attacks = np.linspace(0.1, 1.0, MOST_VOICES)
    envelope.start(np.arange(MOST_VOICES), EnvelopeShape(attack_s=attacks, attack_curve=0.0))
    np.testing.assert_allclose(envelope.level(1.0, 0.05), 0.05 / attacks)


def test_voices_that_never_began_are_silent() -> None:
    envelope = Envelope()
    assert (envelope.levels(1.0, np.linspace(-1, 1e6, 50)) == 0).all()
    assert not envelope.finished(SUSTAIN).any()


@pytest.mark.parametrize("curve", [-1.0, -0.3, 0.0, 1e-9, 0.3, 1.0])
def test_a_curve_rises_from_0_to_1_and_its_opposite_mirrors_it(curve: float) -> None:
    u = np.linspace(0, 1, 101)
    y = curved(u, curve)
    assert y[0] == pytest.approx(0.0, abs=1e-15) and y[-1] == pytest.approx(1.0)
    assert (np.diff(y) > 0).all()
    np.testing.assert_allclose(1 - curved(1 - u, -curve), y, atol=1e-12)
    np.testing.assert_allclose(y, [bent(float(x), curve if abs(curve) > 1e-6 else 0.0) for x in u], atol=1e-9)


def test_a_saved_state_goes_on_the_same() -> None:
    envelope = Envelope()
    envelope.start(SLOT, SHAPE, 0.003)
    envelope.advance(FRAME_S)
    saved = envelope.state.copy()
    expected = []
    for _ in range(40):
        envelope.advance(FRAME_S)
        expected.append(envelope.level(SUSTAIN)[3])
    again = Envelope(saved)
    got = []
    for _ in range(40):
        again.advance(FRAME_S)
        got.append(again.level(SUSTAIN)[3])
    assert got == expected
    assert isinstance(again.state, EnvelopeState)
