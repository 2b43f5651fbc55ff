"""Both rules against their formulas, written down independently with numpy, and the fused stepper against the rule."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import convolve, maximum_filter

from synth.automaton.rules import CHANNELS, LiveRule, NotebookRule, seed_cells
from synth.automaton.stepper import Stepper, fastest_dtype
from tests.doubles.samples import live_preset

Array = NDArray[np.float64]


def _notebook_step(grid: Array, weights: list[tuple[Array, Array]]) -> Array:
    """The notebook's formula by scipy: correlation kernels flipped for `convolve`, wrapped at both axes."""
    sobel_x = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float64)
    laplacian = np.array([[1, 2, 1], [2, -12, 2], [1, 2, 1]], dtype=np.float64)
    kernels = (sobel_x, sobel_x.T, laplacian)
    filtered = [np.stack([convolve(channel, k[::-1, ::-1], mode="wrap") for channel in grid]) for k in kernels]
    senses = [grid, *filtered]
    x = np.concatenate(senses)
    for i, (w, b) in enumerate(weights):
        x = np.einsum("oi,imt->omt", w, x) + b[:, None, None]
        x = np.maximum(x, 0) if i < 2 else x
    out = grid + x
    out[1] = np.clip(out[1], 0, 1)
    return out * maximum_filter(out[1], size=3, mode="wrap")


def test_notebook_rule_equals_the_original_formula_over_96_steps() -> None:
    torch.manual_seed(0)
    rule = NotebookRule().double()
    for parameter in rule.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    weights = [
        (layer.weight[:, :, 0, 0].detach().numpy(), layer.bias.detach().numpy())
        for layer in rule.update_mlp
        if isinstance(layer, torch.nn.Conv2d) and layer.bias is not None
    ]
    ours = rule.seed(20, 24).double()
    theirs = ours[0].numpy().copy()
    alive = 0.0
    with torch.no_grad():
        for _ in range(96):
            ours, theirs = rule(ours), _notebook_step(theirs, weights)
            alive = max(alive, float(np.abs(theirs).max()))
    assert alive > 0.1, "the test grid died: it would prove nothing"
    np.testing.assert_allclose(ours[0].numpy(), theirs, atol=1e-9 * max(1.0, alive))


def test_notebook_rule_starts_as_the_original_does() -> None:
    rule = NotebookRule()
    last = rule.update_mlp[-1]
    assert isinstance(last, torch.nn.Conv2d)
    assert last.bias is not None
    assert last.weight.abs().max() == 0
    assert last.bias.tolist() == [0.0, 1.0] + [0.0] * 14
    seed = rule.seed(80, 64)
    assert seed.sum() == 1
    assert seed[0, 1, 40, 32] == 1


def _live_step(grid: Array, weather: Array, mask: Array, rule: LiveRule) -> Array:
    """The live rule's formula, cell by cell neighbours by index arithmetic."""
    _, M, T = grid.shape
    up = grid[:, np.minimum(np.arange(M) + 1, M - 1)]
    down = grid[:, np.maximum(np.arange(M) - 1, 0)]
    senses = [grid, (up - down) / 2, (up + down) / 2 - grid]
    for d in rule.dilations:
        past, future = grid[:, :, (np.arange(T) - d) % T], grid[:, :, (np.arange(T) + d) % T]
        senses += [(future - past) / 2, (future + past) / 2 - grid]
    f = np.linspace(0, 1, M)
    code = np.stack([f] + [w(np.pi * k * f) for k in (1, 2, 4, 8, 16) for w in (np.sin, np.cos)])
    parameters = {k: v.numpy().astype(np.float64) for k, v in rule.state_dict().items()}
    hidden = np.einsum("hi,imt->hmt", parameters["sense.weight"][:, :, 0, 0], np.concatenate(senses))
    hidden += np.einsum("hk,kmt->hmt", parameters["climate.weight"][:, :, 0, 0], weather)
    hidden += (parameters["place.weight"] @ code)[:, :, None] + parameters["sense.bias"][:, None, None]
    return grid + np.einsum("ch,hmt->cmt", parameters["act.weight"][:, :, 0, 0], np.maximum(hidden, 0)) * mask


def _live_inputs(M: int, T: int, K: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(2)
    grid = torch.randn(CHANNELS, M, T, generator=g)
    return grid, torch.randn(K, M, T, generator=g), (torch.rand(M, T, generator=g) < 0.5).float()


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("share", [1.0, 0.3])
@pytest.mark.parametrize(("M", "T"), [(80, 172), (12, 9)])
def test_live_rule_and_fused_stepper_equal_the_formula(M: int, T: int, share: float, dense: bool) -> None:
    torch.manual_seed(1)
    rule = LiveRule(M, 6).requires_grad_(False)
    torch.nn.init.normal_(rule.act.weight, std=0.05)
    grid, weather, mask = _live_inputs(M, T, 6)
    mask *= share
    formula = _live_step(grid.double().numpy(), weather.double().numpy(), mask.double().numpy(), rule)
    modular = rule(grid[None], weather[None], mask[None, None])[0]
    # As tensors come, and channels-last in memory as a culture keeps them.
    fused, as_played = grid.clone(), grid.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    for state in (fused, as_played):
        Stepper(rule, M, T, dense=dense).step(state, weather, mask)
    # float32 rounding of sums of 118 products.
    np.testing.assert_allclose(modular.numpy(), formula, atol=2e-5)
    np.testing.assert_allclose(fused.numpy(), formula, atol=2e-5)
    np.testing.assert_allclose(as_played.numpy(), formula, atol=2e-5)


def test_where_all_cells_sleep_nothing_changes() -> None:
    rule = LiveRule(12, 6).requires_grad_(False)
    torch.nn.init.normal_(rule.act.weight, std=0.05)
    grid, weather, mask = _live_inputs(12, 9, 6)
    state = grid.clone()
    Stepper(rule, 12, 9).step(state, weather, torch.zeros_like(mask))
    assert torch.equal(state, grid)


def test_live_rule_is_circular_in_time() -> None:
    torch.manual_seed(1)
    rule = LiveRule(12, 2).requires_grad_(False)
    torch.nn.init.normal_(rule.act.weight, std=0.1)
    grid, weather, mask = _live_inputs(12, 30, 2)
    turned = rule(grid.roll(11, 2)[None], weather.roll(11, 2)[None], mask.roll(11, 1)[None, None])[0]
    torch.testing.assert_close(turned, rule(grid[None], weather[None], mask[None, None])[0].roll(11, 2))


def test_bfloat16_products_stay_close_to_float32() -> None:
    preset = live_preset()
    assert isinstance(preset.rule, LiveRule)
    n_frames = preset.n_frames
    _, weather, mask = _live_inputs(80, n_frames, 6)
    results = []
    for dtype in (torch.float32, torch.bfloat16):
        state = preset.state.clone()
        Stepper(preset.rule, 80, n_frames, dtype).step(state, weather, mask)
        results.append(state)
    # bfloat16 has 8 bits: updates of at most about 0.5 keep two digits.
    assert 0 < float((results[0] - results[1]).abs().max()) < 0.02


def test_an_untrained_live_rule_changes_nothing() -> None:
    grid, weather, mask = _live_inputs(8, 8, 6)
    assert torch.equal(LiveRule(8, 6)(grid[None], weather[None], mask[None, None])[0], grid)


def test_seed_cells_are_silent_but_not_identical() -> None:
    cells = seed_cells(torch.rand(CHANNELS, 80, 64) * 2 - 1)
    assert float((cells[0] + 1).abs().max()) <= 0.05
    assert float(cells[1:].abs().max()) <= 0.05
    assert float(cells.std()) > 0.01


def test_precision_is_chosen_by_steps_as_they_are_played(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = live_preset().rule
    assert isinstance(rule, LiveRule)
    awake: list[int] = []
    step = Stepper.step

    def watched(stepper: Stepper, state: torch.Tensor, weather: torch.Tensor, mask: torch.Tensor) -> None:
        awake.append(int(mask.sum()))
        step(stepper, state, weather, mask)

    monkeypatch.setattr(Stepper, "step", watched)
    fastest_dtype(rule, 40, 60)
    # Half of the cells, and never as many as before: products of another size may have to be compiled anew.
    assert all(abs(n / 2400 - 0.5) < 0.06 for n in awake)
    assert len(set(awake[:7])) > 4
