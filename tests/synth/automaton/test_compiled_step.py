"""The compiled step does what torch's operations do, cell by cell, whoever else is awake."""

import numpy as np
import pytest
import torch
from torch import Tensor

from synth.automaton import compiled_step
from synth.automaton.batch_stepper import BatchStepper
from synth.automaton.rules import CHANNELS, LiveRule
from synth.automaton.stepper import Stepper

M, T, K = 14, 40, 5


@pytest.fixture(autouse=True)
def on_any_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where torch alone would be used."""
    monkeypatch.setattr(compiled_step, "WORTHWHILE", True)


def a_rule(hidden: int = 96) -> LiveRule:
    torch.manual_seed(3)
    rule = LiveRule(M, K, hidden=hidden, dilations=(1, 4, 16)).requires_grad_(False)
    torch.nn.init.normal_(rule.act.weight, std=0.05)
    return rule


def inputs(*lead: int) -> tuple[Tensor, Tensor]:
    """Cells (…, M, T, C) and weather (K, …, M, T)."""
    g = torch.Generator().manual_seed(4)
    return torch.randn(*lead, M, T, CHANNELS, generator=g), torch.randn(K, *lead, M, T, generator=g)


def masked(n_awake: int) -> Tensor:
    """(M, T): so many cells update, by shares of 0 to 1."""
    g = torch.Generator().manual_seed(n_awake)
    mask = torch.zeros(M * T)
    mask[torch.randperm(M * T, generator=g)[:n_awake]] = torch.rand(n_awake, generator=g) * 0.9 + 0.1
    return mask.view(M, T)


def stepped(stepper: Stepper, cells: Tensor, weather: Tensor, mask: Tensor) -> Tensor:
    after = cells.clone()
    stepper.step(after.permute(2, 0, 1), weather, mask)
    return after


# 100 fills no whole number of vectors; 1 to 9 cells no tile, a tile, a tile and a cell; 65 a batch and a cell.
@pytest.mark.parametrize(("hidden", "n_awake"), [(96, 1), (96, 7), (96, 8), (100, 9), (100, 65), (96, M * T)])
def test_the_compiled_step_equals_torch_to_rounding(hidden: int, n_awake: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, (cells, weather) = a_rule(hidden), inputs()
    compiled = Stepper(rule, M, T)
    assert compiled._compiled is not None
    monkeypatch.setattr(compiled_step, "WORTHWHILE", False)
    by_torch = Stepper(rule, M, T)
    assert by_torch._compiled is None
    found, expected = (stepped(each, cells, weather, masked(n_awake)) for each in (compiled, by_torch))
    # Sums of 149 products of about 0.1 in float32, scaled by weights of 0.05; on AMD they are equal to the bit.
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=0, atol=2e-6)
    assert torch.equal((found != cells).any(2), masked(n_awake) > 0)


def test_what_a_cell_becomes_does_not_depend_on_which_others_are_awake() -> None:
    stepper, (cells, weather) = Stepper(a_rule(), M, T), inputs()
    everybody = stepped(stepper, cells, weather, torch.ones(M, T))
    for n_awake in (1, 2, 3, 8, 77):
        some = masked(n_awake) > 0
        assert torch.equal(stepped(stepper, cells, weather, some.float())[some], everybody[some])


def test_several_cultures_step_as_each_would_alone_to_the_bit() -> None:
    rule, (cells, weather) = a_rule(), inputs(3)
    mask = torch.stack([masked(300), torch.zeros(M, T), masked(5)])
    together, alone = cells.clone(), Stepper(rule, M, T)
    BatchStepper(rule, M, T, most=4).step(together, weather, mask)
    for b in range(3):
        assert torch.equal(together[b], stepped(alone, cells[b], weather[:, b], mask[b]))


def test_two_rules_on_one_culture_see_the_same_cells_and_both_add_their_update(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, weather = inputs()
    first, second = a_rule(), a_rule(100)
    shares = masked(200), masked(301)

    def both() -> Tensor:
        after = cells.clone()
        one, other = Stepper(first, M, T), Stepper(second, M, T)
        one.step_with(other, after.permute(2, 0, 1), weather, shares[0], weather.flip(0), shares[1])
        return after

    found = both()
    monkeypatch.setattr(compiled_step, "WORTHWHILE", False)
    # To rounding, as one rule alone.
    np.testing.assert_allclose(found.numpy(), both().numpy(), rtol=0, atol=4e-6)
    assert torch.equal((found != cells).any(2), shares[0] + shares[1] > 0)


def test_a_cell_that_is_no_number_is_not_hidden() -> None:
    stepper, (cells, weather) = Stepper(a_rule(), M, T), inputs()
    cells[5, 20, 0] = torch.nan
    after = stepped(stepper, cells, weather, torch.ones(M, T))
    assert after[[5, 4, 6, 5, 5], [20, 20, 20, 24, 4]].isnan().all()
    assert not after[8].isnan().any()
