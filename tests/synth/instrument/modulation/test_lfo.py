"""LFOs against their formulas; what they draw by chance belongs to the cycle's number alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.instrument.modulation.lfo import drawn, lfo_rates, lfo_value
from synth.instrument.parameters.motion_rows import LFO_SHAPES
from synth.instrument.parameters.note_lengths import NOTE_LENGTHS, note_length
from synth.instrument.parameters.values import ParameterValues

NOBODY = np.zeros(1, np.int64)
CYCLES = st.floats(-5, 1e6)


def at(shape: str, cycles: float, seed: int = 4, stream: int = 1, note: int = 0) -> float:
    return float(lfo_value(LFO_SHAPES.index(shape), np.array([cycles]), seed, stream, NOBODY + note)[0])


def formula(shape: str, cycles: float) -> float:
    """As a textbook has it, from −1 to 1."""
    angle = 2 * math.pi * cycles
    if shape == "sine":
        return math.sin(angle)
    if shape == "triangle":
        return 2 / math.pi * math.asin(math.sin(angle))
    return 2 * (cycles - math.floor(cycles)) - 1


@given(st.sampled_from(["sine", "triangle", "saw"]), CYCLES)
def test_shapes_are_their_formulas(shape: str, cycles: float) -> None:
    # The arc sine loses half of a double's digits at the turns; at 1e6 cycles an angle has 1e-9 left.
    assert 2 * at(shape, cycles) - 1 == pytest.approx(formula(shape, cycles), abs=1e-6)


@given(CYCLES)
def test_a_square_is_up_in_the_first_half(cycles: float) -> None:
    assert at("square", cycles) == (1.0 if cycles % 1 < 0.5 else 0.0)


@given(st.sampled_from(LFO_SHAPES), CYCLES)
def test_every_shape_stays_between_0_and_1(shape: str, cycles: float) -> None:
    assert 0 <= at(shape, cycles) <= 1


@given(st.integers(0, 10**6), st.floats(0, 0.999), st.floats(0, 0.999))
def test_steps_hold_one_number_for_a_cycle(cycle: int, one: float, other: float) -> None:
    assert at("steps", cycle + one) == at("steps", cycle + other)


@given(st.integers(0, 10**6))
def test_wander_goes_smoothly_through_the_numbers_that_steps_hold(cycle: int) -> None:
    assert at("wander", cycle) == pytest.approx(at("steps", cycle), abs=1e-12)
    assert at("wander", cycle + 1 - 1e-6) == pytest.approx(at("steps", cycle + 1), abs=1e-9)
    between = sorted((at("steps", cycle), at("steps", cycle + 1)))
    # To the last digit, which the sum may round up.
    assert between[0] - 1e-12 <= at("wander", cycle + 0.37) <= between[1] + 1e-12


def test_chance_is_even_and_tells_seeds_oscillators_notes_and_cycles_apart() -> None:
    numbers = np.arange(20_000)
    draws = drawn(7, 1, numbers)
    # Twenty bins of 1000 ± 31; five standard deviations.
    assert np.abs(np.histogram(draws, 20, (0, 1))[0] - 1000).max() < 160
    for others in (drawn(8, 1, numbers), drawn(7, 2, numbers), drawn(7, 1, numbers + 1)):
        # A correlation of 20 000 independent pairs is 0 ± 0.007.
        assert abs(float(np.corrcoef(draws, others)[0, 1])) < 0.036
    assert at("steps", 3.5) == at("steps", 3.5)
    assert len({at("steps", 3.5, seed, stream, note) for seed in (1, 2) for stream in (1, 2) for note in (1, 2)}) == 8


@given(st.sampled_from(NOTE_LENGTHS), st.floats(20, 300))
def test_a_cycle_lasts_its_note_length_at_the_tempo(length: object, bpm: float) -> None:
    name, beats = length.name, length.beats  # type: ignore[attr-defined]
    values = ParameterValues(lfo1_sync=1, lfo1_length=note_length(name), lfo2_hz=3.0)
    rates = lfo_rates(values, bpm / 60)
    assert 1 / rates[0] == pytest.approx(beats * 60 / bpm)
    assert rates[1:] == (3.0, ParameterValues()["lfo3_hz"])
