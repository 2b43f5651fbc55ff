"""Small cultures stepped as one batch: each lives as it would alone, grows from seed, starves, and comes back."""

import numpy as np
import pytest
import torch

from synth.automaton.batch_stepper import BatchStepper
from synth.automaton.rules import CHANNELS
from synth.culture.sown import FREE, MOST_SOWN, SOWN_FRAMES, SownCultures
from synth.presets.library import load
from tests.doubles.samples import live_preset

PRESET = live_preset(activity=0.05)
M = PRESET.mel.n_mels


def none_hungry() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.zeros(MOST_SOWN)


def stepped(cultures: SownCultures, n: int, hunger: float = 0.0) -> SownCultures:
    with torch.inference_mode():
        for _ in range(n):
            B = len(cultures.state.number)
            cultures.step(np.ones(B, np.bool_), np.full(B, hunger), 1.0, 1.0)
    return cultures


def test_a_batch_is_stepped_as_the_rule_says_and_sleepers_are_left_alone() -> None:
    torch.manual_seed(1)
    cells = torch.randn(3, M, 20, CHANNELS) * 0.3
    weather = torch.randn(PRESET.weather.n_fields, 3, M, 20)
    mask = torch.rand(3, M, 20).round() * torch.tensor([1.0, 0.0, 0.4])[:, None, None]
    with torch.inference_mode():
        expected = PRESET.rule(cells.permute(0, 3, 1, 2), weather.transpose(0, 1), mask[:, None])
        found = cells.clone()
        BatchStepper(PRESET.rule, M, 20, most=5).step(found, weather, mask)
    assert (expected - cells.permute(0, 3, 1, 2)).abs().max() > 0.01
    # Sums of 112 products of float32 in another order.
    torch.testing.assert_close(found.permute(0, 3, 1, 2), expected, atol=2e-6, rtol=0)
    assert torch.equal(found[1], cells[1])


def test_what_a_note_becomes_does_not_depend_on_the_notes_beside_it() -> None:
    alone, among = SownCultures(PRESET, 7), SownCultures(PRESET, 7)
    for number in (11, 12):
        among.sow(number)
    assert (alone.sow(13), among.sow(13)) == (0, 2)
    mine, theirs = (stepped(c, 20).state.cells[i] for c, i in ((alone, 0), (among, 2)))
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)
    assert (among.state.cells[1] - among.state.cells[2]).abs().mean() > 0.01


def test_chance_and_weather_are_each_note_s_own() -> None:
    cultures = SownCultures(PRESET, 7)
    for number in (1, 2):
        cultures.sow(number)
    cultures.state.cells[1] = seeds = cultures.state.cells[0].clone()
    asleep = (stepped(cultures, 1).state.cells[:2] == seeds).all(-1)
    # Half the cells sleep in a step: of two notes, a quarter in both.
    assert asleep.float().mean((1, 2)).tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    assert float((asleep[0] & asleep[1]).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert len(set(cultures._turns[:2].tolist())) == 2


@pytest.mark.parametrize("name", ["violin", "organ", "ocean"])
def test_seeds_grow_into_the_preset_s_timbre(name: str) -> None:
    preset = load(name)
    cultures = SownCultures(preset, 0)
    for number in range(4):
        cultures.sow(number + 1)
    grown_db = 40 * preset.state[0].mean(1)

    def error_db(after: int) -> float:
        rows = 40 * stepped(cultures, after).grids()[:4].mean((0, 2))
        return float((rows - grown_db).abs().mean())

    seeds, young, old = error_db(0), error_db(4), error_db(60)
    # Silent at first, on the way after 50 ms, and in the end as near as slow weather lets one moment be to the average.
    assert seeds > 15 and 3 < young < 0.7 * seeds and old < 2.5


def test_a_culture_that_starves_falls_silent_and_the_one_beside_it_lives_on() -> None:
    cultures = SownCultures(load("violin"), 0)
    for number in (1, 2):
        cultures.sow(number)
    stepped(cultures, 40)
    fed = cultures.grids()[1].mean()
    with torch.inference_mode():
        for step in range(60):
            hunger = np.array([min(1.0, step / 40), *np.zeros(len(cultures.state.number) - 1)])
            cultures.step(np.ones(len(hunger), np.bool_), hunger, 1.0, 1.0)
    # Grid value −0.98 and below is silence.
    assert cultures.grids()[0].max() < -0.98
    assert cultures.grids()[1].mean() == pytest.approx(float(fed), abs=0.05)


def test_a_saved_state_has_the_same_future_whatever_was_there_before() -> None:
    left = SownCultures(PRESET, 3)
    for number in range(1, 7):
        left.sow(number)
    left.free(2)
    left.free(5)
    saved = stepped(left, 30).save()
    assert len(saved.number) == 5 and saved.number[2] == FREE
    other = SownCultures(PRESET, 3)
    other.sow(99)
    stepped(other, 5)
    other.restore(saved)
    # `left` goes on with more room than `other` has.
    assert left.sow(8) == other.sow(8) == 2
    mine, theirs = (stepped(c, 130).save() for c in (left, other))
    assert torch.equal(mine.cells, theirs.cells) and mine.weather_clock == theirs.weather_clock == 160
    assert (mine.number == theirs.number).all() and (mine.steps == theirs.steps).all()
    other.restore(None)
    assert not len(other.owned) and other.state.weather_clock == 0


@pytest.mark.parametrize("harm", [float("nan"), float("inf"), 30.0])
def test_a_culture_that_runs_away_is_sown_anew(harm: float) -> None:
    cultures = SownCultures(PRESET, 3)
    for number in (1, 2):
        cultures.sow(number)
    seeds = cultures.state.cells[1].clone()
    stepped(cultures, 3)
    cultures.state.cells[1, :, :, 0] = harm
    stepped(cultures, 1)
    assert torch.equal(cultures.state.cells[1], seeds)
    assert cultures.state.steps.tolist()[:2] == [4, 0]
    assert torch.isfinite(stepped(cultures, 5).grids()[:2]).all()


def test_there_is_room_for_all_that_may_be() -> None:
    cultures = SownCultures(PRESET, 3)
    assert [cultures.sow(number) for number in range(1, MOST_SOWN + 1)] == list(range(MOST_SOWN))
    assert cultures.grids().shape == (MOST_SOWN, M, SOWN_FRAMES)
