"""What the losses prefer."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

from training.learning.losses import (
    Coherence,
    LossWeights,
    Modulation,
    RowQuantiles,
    SlicedWasserstein,
    TextureLoss,
    ascending,
    quantiles,
)

M, T, CROP, N_CROPS = 12, 300, 64, 8


def _texture(seed: int = 0) -> Tensor:
    """Rows that swell at rates of their own about levels of their own, (M, T)."""
    rng = np.random.default_rng(seed)
    time = np.arange(T)
    rows = []
    for m in range(M):
        period, phase = rng.uniform(12, 40), rng.uniform(0, 2 * np.pi)
        rows.append(-0.6 + 0.08 * m + 0.12 * np.sin(2 * np.pi * time / period + phase) + 0.03 * rng.standard_normal(T))
    return torch.from_numpy(np.array(rows)).float()


def _crops(target: Tensor, n: int = N_CROPS) -> Tensor:
    starts = np.linspace(0, T - CROP, n).astype(int)
    return torch.stack([target[:, s : s + CROP] for s in starts])


def _draw() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _loss(target: Tensor, grids: Tensor) -> float:
    return float(TextureLoss(target, CROP, N_CROPS, LossWeights())(grids, grids[:0], _draw()))


def test_real_crops_outscore_their_average() -> None:
    target = _texture()
    crops = _crops(target)
    average = crops.mean(dim=0, keepdim=True).expand_as(crops)
    median = target.median(dim=1, keepdim=True).values.expand(M, CROP).expand_as(crops)
    assert _loss(target, crops) < 0.3 * _loss(target, average)
    assert _loss(target, crops) < 0.3 * _loss(target, median)


def test_real_crops_outscore_one_crop_repeated() -> None:
    target = _texture()
    crops = _crops(target)
    assert _loss(target, crops) < _loss(target, crops[:1].expand_as(crops))


@pytest.mark.parametrize("n_frames", [41, 64, 65])
def test_half_a_second_is_enough_to_compare_with(n_frames: int) -> None:
    """Longer cultures than 1.5 recordings were an error: a half-second choir could not be trained on."""
    short = _texture()[:, :n_frames]
    loss = TextureLoss(short, 128, 2, LossWeights())
    there_and_back = torch.cat([short, short.flip(1)] * 2, dim=1)[None, :, :128].expand(2, M, 128)
    moving, still = (
        float(loss(x, x[:0], _draw())) for x in (there_and_back, there_and_back.mean(2, True) + 0 * there_and_back)
    )
    assert moving < 0.3 * still


def test_row_term_is_the_wasserstein_distance_scipy_knows() -> None:
    target, other = _texture(0), _texture(1)
    expected = np.mean([wasserstein_distance(a, b) for a, b in zip(target.numpy(), other.numpy(), strict=True)])
    assert float(RowQuantiles(target, T)(other[None])) == pytest.approx(expected, rel=1e-4)


def test_quantiles_of_a_ramp_are_the_ramp_at_any_count() -> None:
    ramp = (torch.randperm(1000) + 0.5)[None] / 1000
    expected = (torch.arange(7) + 0.5)[None] / 7
    torch.testing.assert_close(quantiles(ramp, 7), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_modulation_hears_rows_that_move_too_little_or_too_much(width: float) -> None:
    target = _texture()
    crops = _crops(target)
    mean = crops.mean(dim=2, keepdim=True)
    term = Modulation(target, CROP)
    assert float(term(mean + (crops - mean) * width)) > 3 * float(term(crops))


def test_modulation_hears_the_right_spread_at_the_wrong_rate() -> None:
    target = _texture()
    crops = _crops(target)
    shuffled = crops[:, :, torch.randperm(CROP, generator=_draw())]
    assert float(RowQuantiles(target, 512)(shuffled)) == pytest.approx(float(RowQuantiles(target, 512)(crops)))
    assert float(Modulation(target, CROP)(shuffled)) > 3 * float(Modulation(target, CROP)(crops))


def test_coherence_hears_rows_that_no_longer_move_together() -> None:
    together = torch.sin(torch.arange(T) / 5.0).expand(M, T) * 0.2 + torch.linspace(-1, 0, M)[:, None]
    apart = torch.stack([row.roll(11 * m) for m, row in enumerate(together)])
    term = Coherence(together)
    assert float(term(apart[None])) > 0.3 > 10 * float(term(together[None]))


def test_sliced_distance_is_nearly_zero_for_the_target_itself() -> None:
    target = _texture()
    term = SlicedWasserstein(target, CROP)
    # The only difference is the seam of the circle.
    own, upside_down = target[None], target[None].flip(1)
    assert float(term(own, own[:0], _draw())) < 0.1 * float(term(upside_down, own[:0], _draw()))


def test_sorting_and_its_gradient_are_torchs() -> None:
    values = torch.randn(5, 40, generator=_draw(), dtype=torch.float64)
    weights = torch.arange(200, dtype=torch.float64).view(5, 40)
    gradients = []
    for ordered in (ascending, lambda x: x.sort(dim=-1).values):
        x = values.clone().requires_grad_()
        (ordered(x).square() * weights).sum().backward()
        gradients.append(x.grad)
    assert torch.equal(ascending(values), values.sort(dim=-1).values)
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=0)


def test_pooled_samples_count_like_the_others_but_send_no_gradient() -> None:
    target, crops = _texture(), _crops(_texture(1)).requires_grad_()
    term = SlicedWasserstein(target, CROP)
    apart, together = term(crops[:2], crops[2:], _draw()), term(crops, crops[:0], _draw())
    # Convolutions of fewer samples at a time differ by rounding.
    torch.testing.assert_close(apart, together, rtol=1e-5, atol=0)
    ((alone,), (all_,)) = torch.autograd.grad(apart, crops), torch.autograd.grad(together, crops)
    torch.testing.assert_close(alone[:2], all_[:2], rtol=1e-4, atol=1e-7)
    assert not alone[2:].any()
    assert all_[2:].any()


def test_the_gradient_of_a_step_is_what_plain_torch_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """All terms with detached samples, against torch's own sorting and its convolutions of all samples at once; in
    double precision, because rounding can swap two neighbours in order, whose gradients then have other signs."""
    target = _texture().double()
    crops = torch.stack([_texture(seed)[:, :CROP] for seed in range(1, N_CROPS + 1)]).double().requires_grad_()
    loss = TextureLoss(target, CROP, N_CROPS, LossWeights())

    def step() -> tuple[Tensor, Tensor]:
        value = loss(crops[:2], crops[2:].detach(), _draw())
        return value, torch.autograd.grad(value, crops)[0]

    value, gradient = step()
    monkeypatch.setattr("training.learning.losses.ascending", lambda values: values.sort(dim=-1).values)
    of_each = SlicedWasserstein.__call__

    def of_all(term: SlicedWasserstein, grids: Tensor, pooled: Tensor, draw: torch.Generator) -> Tensor:
        return of_each(term, torch.cat([grids, pooled]), pooled[:0], draw)

    monkeypatch.setattr(SlicedWasserstein, "__call__", of_all)
    expected, plain = step()
    torch.testing.assert_close(value, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(gradient, plain, rtol=0, atol=1e-12 * float(plain.abs().max()))
