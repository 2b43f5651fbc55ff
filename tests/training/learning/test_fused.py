"""The fused rollout against autograd through the rule itself."""

import math

import pytest
import torch
from torch import Tensor, nn

from synth.automaton.rules import CHANNELS, LiveRule
from training.learning.fused import (
    OVERFLOW_EVERY,
    OVERFLOW_LIMIT,
    WEATHER_EVERY,
    Drive,
    Tape,
    _bfloat16_pays,
    product_dtype,
    rollout,
)

B, M, T, K, STEPS = 2, 9, 36, 6, 19


def case(dilations: tuple[int, ...], dtype: torch.dtype) -> tuple[LiveRule, Tensor, Drive]:
    torch.manual_seed(0)
    rule = LiveRule(M, K, hidden=24, dilations=dilations).to(dtype)
    nn.init.normal_(rule.act.weight, std=0.08)
    grid = torch.randn(B, M, T, CHANNELS, dtype=dtype) * 1.2
    weather = torch.randn(math.ceil(STEPS / WEATHER_EVERY), B, M, T, K, dtype=dtype)
    return rule, grid, Drive(weather, (torch.rand(STEPS, B * M * T // 2) < 0.5).int())


def score(final: Tensor, overflow: Tensor) -> Tensor:
    return (final[..., 0] ** 3).mean() + final.abs().mean() + overflow


def _by_autograd(rule: LiveRule, grid: Tensor, drive: Drive) -> tuple[Tensor, Tensor]:
    state, beyond = grid.permute(0, 3, 1, 2), []
    for i in range(STEPS):
        if i % OVERFLOW_EVERY == 0:
            beyond.append((state - state.clamp(-OVERFLOW_LIMIT, OVERFLOW_LIMIT)).abs().mean())
        weather = drive.weather[i // WEATHER_EVERY].permute(0, 3, 1, 2)
        mask = torch.cat([1 - drive.second[i], drive.second[i]])
        state = rule(state, weather, mask.view(B, 1, M, T).to(state))
    beyond.append((state - state.clamp(-OVERFLOW_LIMIT, OVERFLOW_LIMIT)).abs().mean())
    return state.permute(0, 2, 3, 1), torch.stack(beyond).mean()


@pytest.mark.parametrize("dilations", [(1,), (1, 4), (1, 4, 16)])
def test_rollout_and_its_gradients_equal_autograd_through_the_rule(dilations: tuple[int, ...]) -> None:
    rule, grid, drive = case(dilations, torch.float64)
    start = grid.clone().requires_grad_()
    expected, overflow = _by_autograd(rule, start, drive)
    score(expected, overflow).backward()
    assert start.grad is not None
    wanted = [start.grad] + [p.grad.clone() for p in rule.parameters() if p.grad is not None]
    rule.zero_grad()

    start = grid.clone().requires_grad_()
    tape = Tape(rule, (B, M, T), torch.float64)
    final, overflow = rollout(rule, start, tape, drive)
    score(final, overflow).backward()
    got = [start.grad] + [p.grad for p in rule.parameters()]

    torch.testing.assert_close(final, expected, rtol=0, atol=1e-12)
    for a, b in zip(got, wanted, strict=True):
        assert a is not None
        # Weight gradients are summed in float32, as the parameters they move are.
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6 * float(b.abs().max()))


def test_a_tape_may_be_used_again_for_longer_and_shorter_rollouts() -> None:
    rule, grid, drive = case((1, 4), torch.float64)
    tape = Tape(rule, (B, M, T), torch.float64)
    for steps in (3, 11, 2):
        shorter = Drive(drive.weather, drive.second[:steps])
        once, _ = rollout(rule, grid, Tape(rule, (B, M, T), torch.float64), shorter)
        again, _ = rollout(rule, grid, tape, shorter)
        assert torch.equal(once, again)


def test_bfloat16_products_leave_gradients_pointing_the_same_way() -> None:
    gradients = []
    for dtype in (torch.float32, torch.bfloat16):
        rule, grid, drive = case((1, 4), torch.float32)
        tape = Tape(rule, (B, M, T), dtype)
        final, overflow = rollout(rule, grid, tape, Drive(drive.weather.to(dtype), drive.second))
        score(final, overflow).backward()
        gradients.append([p.grad.flatten() for p in rule.parameters() if p.grad is not None])
    for exact, rounded in zip(*gradients, strict=True):
        # 8 bits of mantissa over 19 steps; measured cosines are above 0.999.
        assert torch.cosine_similarity(exact, rounded, dim=0) > 0.99


def test_an_odd_batch_has_no_pairs() -> None:
    rule = case((1,), torch.float32)[0]
    with pytest.raises(ValueError, match="pairs"):
        Tape(rule, (3, M, T))


@pytest.mark.parametrize(
    ("has_instructions", "times_as_fast", "expected"),
    [(True, 4.0, torch.bfloat16), (True, 1.1, torch.float32), (True, 0.5, torch.float32), (False, 4.0, torch.float32)],
)
def test_bfloat16_is_used_where_it_is_faster_not_where_it_exists(
    has_instructions: bool, times_as_fast: float, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def mm(a: Tensor, b: Tensor) -> None:
        clock[0] += 1.0 if a.dtype == torch.float32 else 1 / times_as_fast

    monkeypatch.setattr("torch.mm", mm)
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: has_instructions)
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: False)
    _bfloat16_pays.cache_clear()
    try:
        assert product_dtype(torch.device("cpu")) == expected
    finally:
        _bfloat16_pays.cache_clear()
