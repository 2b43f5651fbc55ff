"""Long runs of many cultures: against one culture at a time, and against rules whose fate is known."""

import math

import numpy as np
import pytest
import torch

from synth.automaton.rules import LiveRule
from synth.automaton.weather import Weather, WeatherSpec
from synth.random_streams import Stream, coin_flips
from tests.doubles.cultures import steady_preset
from training.analysis.metrics import levels_db
from training.evaluation.endurance import (
    drift_of,
    grid_error_db,
    long_run,
    recoveries,
    steps_to_recover,
    survival,
)
from training.evaluation.flock import Flock
from training.learning.grow import grow

M = 12
WEATHER = WeatherSpec()


def _rule(gain: float | None = None) -> LiveRule:
    """A random rule, or with `gain` one whose every cell grows by that much per step."""
    torch.manual_seed(1)
    rule = LiveRule(M, WEATHER.n_fields, hidden=24, dilations=(1, 4, 16))
    torch.nn.init.normal_(rule.act.weight, std=0.05)
    if gain is not None:
        for parameter in rule.parameters():
            torch.nn.init.zeros_(parameter)
        with torch.no_grad():
            rule.sense.weight[0, 0], rule.sense.weight[1, 0] = 1.0, -1.0
            rule.act.weight[0, 0], rule.act.weight[0, 1] = gain, -gain
    return rule.eval().requires_grad_(False)


def test_every_culture_of_a_flock_lives_as_it_would_alone() -> None:
    rule, seeds = _rule(), [3, 4, 9]
    target = levels_db(torch.linspace(-1, 1, M)[:, None].expand(M, 50))
    flock = Flock(rule, WEATHER, seeds, n_frames=40, dtype=torch.float32)
    n_steps = 110  # past the first change of the weather's knots, at 104
    course = long_run(flock, target, n_steps)
    for i, seed in enumerate(seeds):
        alone = grow(rule, WEATHER, n_steps, seed, n_frames=40)
        torch.testing.assert_close(flock.grids[i].permute(2, 0, 1), alone.state, rtol=0, atol=1e-3)
        torch.testing.assert_close(course.heard_db[i], levels_db(alone.heard), rtol=0, atol=4e-2)


@pytest.mark.parametrize(("dtype", "rounding"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
def test_a_step_of_a_flock_is_the_rules_own(dtype: torch.dtype, rounding: float) -> None:
    rule, seed = _rule(), 5
    flock = Flock(rule, WEATHER, [seed], n_frames=33, dtype=dtype)
    grid = flock.grids.permute(0, 3, 1, 2).clone()
    flock.run(1)
    mask = coin_flips(seed, Stream.UPDATE_MASK, 0, M * 33).view(1, 1, M, 33)
    expected = rule(grid, Weather(WEATHER, M, 33, seed).at(0)[None], mask)
    assert float((expected - grid).abs().max()) > 20 * rounding
    torch.testing.assert_close(flock.grids.permute(0, 3, 1, 2), expected, rtol=0, atol=rounding)


def test_a_flock_set_to_a_later_step_has_that_steps_weather_and_coins() -> None:
    rule, seeds = _rule(), [2, 7]
    through = Flock(rule, WEATHER, seeds, n_frames=20, dtype=torch.float32)
    through.run(103)
    later = Flock(rule, WEATHER, seeds, n_frames=20, dtype=torch.float32)
    later.run(2)
    later.steps = through.steps
    later.grids.copy_(through.grids)
    through.run(9)
    later.run(9)
    torch.testing.assert_close(later.grids, through.grids, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("gain", "fate"), [(0.0, "dead"), (0.1, "saturated"), (1e30, "not_finite")])
def test_a_culture_is_counted_by_the_end_it_meets(gain: float, fate: str) -> None:
    result = survival(_rule(gain), WEATHER, n_cultures=3, n_steps=600, n_frames=16)
    counts = {"dead": result.dead, "saturated": result.saturated, "not_finite": result.not_finite}
    assert counts == {"dead": 0, "saturated": 0, "not_finite": 0} | {fate: 3}


def test_the_drift_of_survivors_is_that_of_their_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.evaluation.endurance._DRIFT_STEPS", 400)
    target = levels_db(torch.linspace(-1, 1, M)[:, None].expand(M, 50))
    lived = survival(_rule(), WEATHER, n_cultures=2, n_steps=450, n_frames=16, target_db=target)
    expected = drift_of(long_run(Flock(_rule(), WEATHER, [1, 2], 16), target, 450).error_db)
    assert lived.drift is not None
    assert lived.drift.db_per_decade == pytest.approx(expected.db_per_decade)
    assert lived.drift.uncertainty_db == pytest.approx(expected.uncertainty_db)
    assert survival(_rule(), WEATHER, n_cultures=2, n_steps=100, n_frames=16, target_db=target).drift is None


def test_a_contractive_rule_survives_and_its_wounds_heal_at_the_rate_of_its_leak() -> None:
    preset = steady_preset(n_frames=24)
    assert isinstance(preset.rule, LiveRule)
    result = survival(preset.rule, preset.weather, n_cultures=2, n_steps=600, n_frames=16)
    assert (result.dead, result.saturated, result.not_finite) == (0, 0, 0)
    # Beside a target far above everything, errors differ by exactly what the wound lacks.
    target = torch.full((preset.mel.n_mels, 24), 100.0)
    quarter, half, whole = recoveries(preset.rule, preset.weather, target, [0], n_steps=300)
    # A wound of d dB on average shrinks by 0.05 · 0.5 per step: d·e^(−0.025 s) = 0.5 dB.
    for recovery in (quarter, half, whole):
        expected = math.log(float(recovery.excess_db[0, 0]) / 0.5) / 0.0253
        assert recovery.steps == pytest.approx(expected, rel=0.25)
    assert quarter.steps < half.steps < whole.steps


def test_a_known_drift_is_measured_within_its_uncertainty() -> None:
    rng = np.random.default_rng(0)
    steps = np.arange(1, 10_001)
    # Errors that remember about 100 steps, as under weather.
    noise = np.stack([np.convolve(rng.standard_normal(10_099), np.hanning(100), "valid") for _ in range(2)])
    noise *= 0.15 / noise.std()
    for slope in (0.0, 0.4):
        drift = drift_of(torch.from_numpy(0.8 + slope * np.log10(steps) + noise))
        assert 0.005 < drift.uncertainty_db < 0.1
        assert drift.db_per_decade == pytest.approx(slope, abs=3 * drift.uncertainty_db)


def test_what_happens_before_step_300_is_growth_and_no_drift() -> None:
    error = torch.full((1, 5000), 1.0)
    error[:, :300] = 20.0
    assert drift_of(error).db_per_decade == pytest.approx(0, abs=1e-9)


def test_a_dip_is_not_recovery_and_a_culture_that_never_returns_says_so() -> None:
    excess = 10 * torch.exp(-torch.arange(600) / 50)
    expected = math.ceil(50 * math.log(20)) + 1
    assert steps_to_recover(excess) == expected
    dipping = excess.clone()
    dipping[20:24] = 0.0
    assert steps_to_recover(dipping) == expected
    assert steps_to_recover(torch.full((600,), 0.8)) == math.inf


def test_a_grids_error_is_the_distance_of_its_average_spectrum() -> None:
    grids = torch.zeros(2, M, 40, 16)
    grids[1, :, ::2, 0], grids[1, :, 1::2, 0] = 0.25, -0.25
    grids[0, :4, :, 0] = 0.5
    # A grid value v is 40·v − 40 dB: a third of the rows is 20 dB too loud; what cancels over columns is no error.
    torch.testing.assert_close(grid_error_db(grids, torch.full((M,), -40.0)), torch.tensor([20.0 / 3, 0.0]))
