"""Two rules on one culture: each cell lives by its share of both."""

import pytest
import torch

from synth.accelerator import device_failed
from synth.automaton.gestures import Gesture
from synth.automaton.rules import LiveRule
from synth.automaton.stepper import Stepper
from synth.culture.culture import Culture, LiveCulture
from synth.culture.failover import FailoverCulture
from synth.culture.second_rule import SecondRule, are_siblings
from synth.presets.model import Preset
from synth.random_streams import Stream, coin_flips, uniform
from tests.doubles.samples import live_preset, notebook_preset
from tests.doubles.siblings import siblings

FIRST, SECOND = siblings(n_frames=32)
SEED, M, T = 5, FIRST.mel.n_mels, FIRST.n_frames
SHARE = (uniform(1, Stream.TRAINING, 0, (M, T)) + 1) / 2


def joined(share: torch.Tensor | None, first: Preset = FIRST) -> LiveCulture:
    culture = LiveCulture(first, SEED)
    culture.join(SecondRule(first, SECOND, SEED))
    culture.share(share)
    return culture


@torch.inference_mode()
def test_a_cell_moves_by_its_share_of_what_each_rule_would_do() -> None:
    culture = joined(SHARE)
    for _ in range(3):
        culture.step(weather_depth=0.7)
    before, mask = culture.cells().clone(), coin_flips(SEED, Stream.UPDATE_MASK, culture.steps, M * T).view(M, T)
    weather = culture._weather.at(culture._weather_clock) * 0.7
    assert isinstance(FIRST.rule, LiveRule)
    assert isinstance(SECOND.rule, LiveRule)
    ways = [rule(before[None], weather[None], mask[None, None])[0] - before for rule in (FIRST.rule, SECOND.rule)]
    culture.step(weather_depth=0.7)
    # The fused step adds up the same products in another order.
    assert torch.allclose(culture.cells(), before + (1 - SHARE) * ways[0] + SHARE * ways[1], atol=2e-6)
    assert (ways[0] - ways[1]).abs().max() > 1e-2


@torch.inference_mode()
@pytest.mark.parametrize(("share", "preset"), [(0.0, FIRST), (1.0, SECOND), (None, FIRST)])
def test_the_whole_share_is_the_one_rule_alone_to_the_bit(share: float | None, preset: Preset) -> None:
    both, alone = joined(None if share is None else torch.full((M, T), share)), LiveCulture(preset, SEED)
    alone.restore(both.save())
    for i in range(12):
        if i == 4:
            for culture in (both, alone):
                culture.touch(Gesture("erase", 9, 20))
        both.step()
        alone.step()
    assert torch.equal(both.cells(), alone.cells())


@torch.inference_mode()
def test_where_all_cells_are_computed_the_step_is_the_same() -> None:
    culture = joined(SHARE)
    before = culture.cells().clone()
    mask = coin_flips(SEED, Stream.UPDATE_MASK, 0, M * T).view(M, T)
    weather = culture._weather.at(0.0)
    steppers = [Stepper(rule, M, T, dense=True) for rule in (FIRST.rule, SECOND.rule) if isinstance(rule, LiveRule)]
    steppers[0].step_with(steppers[1], before, weather, mask * (1 - SHARE), weather, mask * SHARE)
    culture.step()
    assert torch.allclose(before, culture.cells(), atol=2e-6)


@torch.inference_mode()
def test_a_step_computed_ahead_is_the_step() -> None:
    ahead, plain = joined(SHARE), joined(SHARE)
    for i in range(6):
        ahead.foresee()
        if i == 3:
            # What was foreseen lived by other shares.
            for culture in (ahead, plain):
                culture.share(SHARE / 2)
        ahead.step()
        plain.step()
    assert torch.equal(ahead.cells(), plain.cells())


class Frail(LiveCulture):
    """Its device fails when it has taken so many steps."""

    left = 0

    def step(self, weather_depth: float = 1.0, weather_speed: float = 1.0) -> None:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("CUDA error: device lost")
        super().step(weather_depth, weather_speed)


@torch.inference_mode()
@pytest.mark.parametrize("fails_at", range(1, 10))
def test_a_culture_that_moves_home_goes_on_by_the_shares_it_had(fails_at: int) -> None:
    """Wherever the last copy lies between what was done."""
    assert device_failed(RuntimeError("CUDA error: device lost"))
    away = Frail(FIRST, SEED)
    away.left = fails_at
    sheltered: Culture = FailoverCulture(away, LiveCulture(FIRST, SEED))
    plain: Culture = LiveCulture(FIRST, SEED)
    for i in range(10):
        for culture in (sheltered, plain):
            if i == 1:
                culture.join(SecondRule(FIRST, SECOND, SEED))
                culture.share(SHARE)
            if i == 6:
                culture.share(SHARE / 2)
            culture.step()
    assert isinstance(sheltered, FailoverCulture)
    assert sheltered.is_home
    assert torch.equal(sheltered.cells(), plain.cells())


def test_siblings_are_of_one_parent_one_size_and_one_architecture() -> None:
    assert are_siblings(FIRST, SECOND)
    assert are_siblings(SECOND, FIRST)
    assert not are_siblings(FIRST, live_preset(n_frames=32))
    assert not are_siblings(FIRST, siblings(n_frames=24)[1])
    assert not are_siblings(notebook_preset(), notebook_preset())
