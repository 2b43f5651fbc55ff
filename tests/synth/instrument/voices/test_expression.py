"""What a hand does to level, brightness and pitch: numbers worked out from the definitions in General MIDI."""

import math

import numpy as np
import pytest

from synth.instrument.voices.expression import (
    MEDIUM_VELOCITY,
    Expression,
    ExpressionSettings,
    controller_gain,
    pan_gains,
    velocity_gain,
    velocity_tilt_db,
)
from synth.instrument.voices.notes import Note

PLAIN = ExpressionSettings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.5, 0.0)
AGES = np.zeros(64)


def begun(how: ExpressionSettings = PLAIN, velocity: float = MEDIUM_VELOCITY, **note: object) -> Expression:
    expression = Expression()
    expression.start(2, Note(1, 60, velocity, 0, **note), 0.0, 1.0, how)  # type: ignore[arg-type]
    return expression


def settled(expression: Expression, how: ExpressionSettings = PLAIN) -> tuple[list[float], float]:
    for _ in range(60):
        expression.advance(how)
    return expression.state.gain_now[2].tolist(), float(expression.state.tilt_now[2])


def decibel(gain: float) -> float:
    return 20 * math.log10(gain)


def test_velocity_is_level_at_40_db_per_decade_about_medium() -> None:
    assert velocity_gain(np.array([MEDIUM_VELOCITY]), 1.0)[0] == 1.0
    assert decibel(velocity_gain(np.array([MEDIUM_VELOCITY / 10]), 1.0)[0]) == pytest.approx(-40)
    assert decibel(velocity_gain(np.array([MEDIUM_VELOCITY / 10]), 0.25)[0]) == pytest.approx(-10)
    assert velocity_gain(np.array([0.0, 0.3, 1.0]), 0.0).tolist() == [1.0, 1.0, 1.0]
    assert np.isfinite(velocity_gain(np.array([0.0]), 1.0)).all()


def test_a_stronger_note_is_brighter() -> None:
    tilts = velocity_tilt_db(np.array([0.0, MEDIUM_VELOCITY, 1.0]), 3.0)
    assert np.ptp(tilts) == pytest.approx(3.0) and tilts[1] == 0.0


def test_panned_sound_keeps_its_power_and_in_the_middle_it_is_untouched() -> None:
    pan = np.linspace(-1, 1, 41)
    gains = pan_gains(pan)
    np.testing.assert_allclose((gains**2).sum(1), 2.0, rtol=1e-12)
    assert pan_gains(np.array([0.0])).tolist() == [[1.0, 1.0]]
    np.testing.assert_allclose(pan_gains(np.array([-1.0, 1.0])), [[math.sqrt(2), 0], [0, math.sqrt(2)]], atol=1e-15)


def test_a_voice_begins_with_its_level_and_does_not_glide_to_it() -> None:
    how = ExpressionSettings(velocity_to_level=1.0)
    expression = begun(how, MEDIUM_VELOCITY / 2)
    np.testing.assert_allclose(expression.state.gain_now[2], 0.25)


def test_untouched_a_medium_note_is_exactly_the_preset_itself() -> None:
    expression = begun(ExpressionSettings())
    assert settled(expression, ExpressionSettings()) == ([1.0, 1.0], 0.0)
    assert not expression.bends(ExpressionSettings(), AGES + 0.1).any()


@pytest.mark.parametrize("dimension", ["volume", "expression"])
def test_volume_and_expression_go_by_the_square_and_glide(dimension: str) -> None:
    expression = begun()
    expression.controller(0, dimension, 0.5)  # type: ignore[arg-type]
    expression.controller(1, dimension, 0.0)  # type: ignore[arg-type]
    expression.advance(PLAIN)
    # Half of the way in one frame.
    assert expression.state.gain_now[2, 0] == pytest.approx(1 - 0.75 / 2)
    assert settled(expression)[0] == pytest.approx([0.25, 0.25])
    assert controller_gain(np.array([0.1]))[0] == pytest.approx(0.01)


def test_the_pan_controller_moves_a_channel() -> None:
    expression = begun()
    expression.controller(0, "pan", 1.0)
    assert settled(expression)[0] == pytest.approx([0.0, math.sqrt(2)], abs=1e-9)


def test_unison_voices_are_spread_about_the_pan() -> None:
    expression, how = Expression(), ExpressionSettings(spread=0.5)
    for slot, place in ((0, -1.0), (1, 1.0)):
        expression.start(slot, Note(1, 60, MEDIUM_VELOCITY, 0), place, 0.5**0.5, how)
    np.testing.assert_allclose(expression.state.gain_now[:2] * 2**0.5, pan_gains(np.array([-0.5, 0.5])))


def test_bends_of_note_and_channel_add_up() -> None:
    expression = begun()
    expression.controller(0, "bend", -2.0)
    expression.controller(3, "bend", 7.0)
    expression.note(1, np.array([2]), "bend", 0.5)
    assert expression.bends(PLAIN, AGES)[2] == -1.5


def test_pressure_adds_up_to_full_and_no_further() -> None:
    how = ExpressionSettings(0.0, 0.0, pressure_to_level_db=6.0, pressure_to_tilt_db=2.0)
    expression = begun(how)
    expression.controller(0, "pressure", 0.25)
    expression.note(1, np.array([2]), "pressure", 0.25)
    gains, tilt = settled(expression, how)
    assert decibel(gains[0]) == pytest.approx(3.0) and tilt == pytest.approx(1.0)
    expression.note(1, np.array([2]), "pressure", 1.0)
    gains, tilt = settled(expression, how)
    assert decibel(gains[0]) == pytest.approx(6.0) and tilt == pytest.approx(2.0)


def test_timbre_darkens_and_brightens_about_its_middle() -> None:
    how = ExpressionSettings(0.0, 0.0, timbre_to_tilt_db=3.0)
    for value, tilt in ((0.0, -3.0), (0.5, 0.0), (0.75, 1.5), (1.0, 3.0)):
        expression = begun(how)
        expression.note(1, np.array([2]), "timbre", value)
        assert settled(expression, how)[1] == pytest.approx(tilt)


def test_the_soft_pedal_s_note_is_softer_and_darker() -> None:
    gains, tilt = settled(begun(soft=True))
    assert decibel(gains[0]) == pytest.approx(-5.0) and tilt == pytest.approx(-1.0)


def test_the_wheel_is_vibrato() -> None:
    how = ExpressionSettings(wheel_to_vibrato_cents=50.0, vibrato_hz=5.0)
    expression = begun(how)
    expression.controller(0, "wheel", 0.5)
    ages = np.linspace(0, 0.2, 64)
    expression.state.channel[:] = 0
    np.testing.assert_allclose(expression.bends(how, ages), 0.25 * np.sin(2 * np.pi * 5 * ages), atol=1e-12)


def test_a_note_that_is_held_and_silent_keeps_what_the_hand_does_to_it() -> None:
    expression = begun()
    expression.note(9, np.array([], np.int64), "bend", 1.5)
    expression.note(9, np.array([], np.int64), "pressure", 0.7)
    expression.move(2, Note(9, 64, 0.5, 0))
    assert (expression.state.bend[2], expression.state.pressure[2]) == (1.5, 0.7)
    expression.forget(9)
    expression.move(2, Note(9, 64, 0.5, 0))
    assert (expression.state.bend[2], expression.state.pressure[2]) == (0.0, 0.0)


def test_what_is_remembered_of_notes_is_bounded() -> None:
    expression = Expression()
    for note in range(2000):
        expression.note(note, np.array([], np.int64), "timbre", 0.9)
    assert len(expression.state.notes) == 512 and 1999 in expression.state.notes


def test_another_strike_changes_the_velocity_and_a_move_does_not() -> None:
    expression = begun(velocity=0.5)
    expression.move(2, Note(5, 64, 1.0, 0))
    assert expression.state.velocity[2] == 0.5
    expression.strike(2, Note(5, 64, 1.0, 0))
    assert expression.state.velocity[2] == 1.0


def test_a_saved_state_goes_on_the_same() -> None:
    how = ExpressionSettings()
    expression = begun(how)
    expression.controller(0, "volume", 0.3)
    expression.advance(how)
    again = Expression(expression.state.copy())
    for each in (expression, again):
        each.note(1, np.array([2]), "timbre", 0.9)
        each.advance(how)
    np.testing.assert_array_equal(expression.state.gain_now, again.state.gain_now)
    np.testing.assert_array_equal(expression.state.tilt_now, again.state.tilt_now)
    assert expression.state.notes == again.state.notes
