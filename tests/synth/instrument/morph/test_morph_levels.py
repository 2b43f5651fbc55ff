"""What blending two presets takes away from the level is made up for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.levelling import Weights, estimated_power, wanted_gain
from synth.instrument.morph.measured import Measured, measured
from synth.instrument.morph.partner import make_partner
from synth.instrument.parameters.values import ParameterValues
from tests.doubles.siblings import RATE, ear, siblings, strangers

PRESETS = FIRST, SECOND = siblings()
SMALL = siblings(n_frames=24)
SMALL_STRANGERS = strangers(n_frames=24)
SETUP = Setup(seed=3)


@torch.inference_mode()
def test_what_blending_takes_away_is_made_up_for() -> None:
    """Two presets of one loudness, whose peaks lie in other rows: half of both is quieter by decibels averaged."""
    first, second = PRESETS
    weights = Weights(first), Weights(second)
    blend = first.state[0].lerp(second.state[0], 0.5)
    half = torch.full_like(blend, 0.5)
    for preset, weight in zip(PRESETS, weights, strict=True):
        levels = weight.levels(preset.state[0])
        assert estimated_power(levels, levels, 0 * half, apart=True) == pytest.approx(1.0, abs=1e-3)
    power = estimated_power(weights[0].levels(blend), weights[1].levels(blend), half, apart=True)
    assert power < 0.5
    assert wanted_gain(power, 0.5) > 1.2
    assert wanted_gain(power, 0.0) == wanted_gain(power, 1.0) == wanted_gain(0.0, 0.5) == 1.0


def test_a_curve_puts_the_power_of_cells_right_by_their_shares() -> None:
    levels = torch.zeros(1, 4)
    shares = torch.tensor([[0.0, 0.25, 0.5, 1.0]])
    curve = (0.0, 3.0, -3.0)
    up, down = 10**0.3, 10**-0.3
    expected = (1 + (1 + up) / 2 + up + down) / 4
    assert estimated_power(levels, levels, shares, apart=True, curve=curve) == pytest.approx(expected, rel=1e-5)
    assert estimated_power(levels, levels, shares, apart=True) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("louder_db", [0.0, 6.0])
def test_the_curve_of_a_preset_and_itself_is_what_adding_up_its_powers_says(louder_db: float) -> None:
    """The same sound twice, the second one louder: measured by the vocoder, expected by arithmetic."""
    found = measured(SMALL[0], replace(SMALL[0], gain_db=SMALL[0].gain_db + louder_db))
    shares = np.linspace(0, 1, len(found.blend))
    power = np.sin(shares * np.pi / 2) ** 2
    expected = 10 * np.log10(1 + power * (10 ** (louder_db / 10) - 1)) - louder_db * shares
    # What lies near the floor is not scaled with the rest.
    assert found.blend == pytest.approx(expected.tolist(), abs=0.1)
    # Both have one pitch, so neither is moved.
    assert set(found.first) == set(found.second) == {0.0}


def test_presets_of_two_pitches_are_measured_away_from_their_own() -> None:
    found = measured(*SMALL_STRANGERS)
    assert set(found.blend) == {0.0}
    assert found.first[0] == found.second[-1] == 0.0
    # Three fifths of an octave up or down: the tone's partials move over rows of other levels.
    assert 0.1 < max(map(abs, found.first)) < 6
    assert 0.1 < max(map(abs, found.second)) < 6
    assert found.first == measured(SMALL_STRANGERS[0], replace(SMALL_STRANGERS[1])).first


@torch.inference_mode()
def test_what_was_measured_of_a_pair_is_made_up_for_and_of_its_pitches_where_it_plays_its_own() -> None:
    def wanted(found: Measured, **controls: float) -> float:
        partner = make_partner(*SMALL, RATE, SETUP, n_vocoders=0)
        partner.measured = found
        instrument = Instrument(SMALL[0], ear(), RATE, ParameterValues(morph=0.5, **controls), SETUP)
        instrument.begin_morph(partner)
        instrument.process(65)
        assert instrument.morph is not None
        return 20 * np.log10(instrument.morph.save().wanted)

    none, three, two = (0.0,) * 9, (3.0,) * 9, (2.0,) * 9
    plain = wanted(Measured(none, none, none))
    assert wanted(Measured(three, two, two)) == pytest.approx(plain - 5, abs=1e-3)
    assert wanted(Measured(three, two, two), note=60.0) == pytest.approx(plain - 3, abs=1e-3)
