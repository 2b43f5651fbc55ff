"""Blends of two rules on one culture."""

from dataclasses import replace

import pytest
import torch

import training.studies.siblings
from synth.errors import TrainingError
from synth.mel import FORMATS
from synth.presets.library import load
from synth.presets.model import Preset
from training.studies.siblings import Life, bundled_siblings, faults, grow_alone, grow_blend, main, random_pairs, shares


def test_shares_are_smooth_patches_of_both() -> None:
    share = shares(80, 172, seed=1)
    assert share.shape == (80, 172)
    assert 0 <= float(share.min()) < 0.1 and 0.9 < float(share.max()) <= 1
    assert float((share[:, 1:] - share[:, :-1]).abs().mean()) < 0.15  # white noise has 0.3
    assert not torch.equal(share, shares(80, 172, seed=2))


def test_a_blend_with_no_share_of_the_other_is_the_first_alone() -> None:
    a, b = load("violin"), load("ocean")
    none = torch.zeros(a.mel.n_mels, a.n_frames)
    alone = grow_alone(a, 60)
    assert alone.largest == pytest.approx(grow_blend(a, b, none, 60).largest, abs=1e-3)
    assert alone.largest == pytest.approx(grow_blend(a, a, none + 0.5, 60).largest, abs=1e-3)
    assert alone.largest != pytest.approx(grow_blend(a, b, none + 1, 60).largest, abs=1e-3)


def test_siblings_of_the_library_blend_and_live() -> None:
    a, b = load("cello"), load("choir_female")
    assert a.parent == b.parent == "Violin"
    blend = grow_blend(a, b, shares(a.mel.n_mels, a.n_frames, 3), 280)
    # Growth from 280 steps, with one weather in each third, is chance; it is judged from 3000.
    assert not faults(replace(blend, growth=1.0), grow_alone(a, 280), grow_alone(b, 280)), blend


def test_the_bundled_siblings_are_paired_without_repetition_and_always_alike() -> None:
    presets = bundled_siblings()
    assert len(presets) >= 16
    assert {p.mel for p in presets} == {load("violin").mel}
    names = [(a.name, b.name) for a, b in random_pairs(presets, 12)]
    assert names == [(a.name, b.name) for a, b in random_pairs(presets, 12)]
    assert len({frozenset(pair) for pair in names}) == 12
    assert all(a != b for a, b in names)
    assert len(random_pairs(presets[:3], 12)) == 3


WELL = Life(largest=2.4, growth=1.0, clipped=0.0, loudest=0.6, motion_db=4.0)


@pytest.mark.parametrize(
    "ill",
    [
        {"largest": 3.1},
        {"largest": float("nan")},
        {"growth": 1.06},
        {"growth": float("inf")},
        {"clipped": 0.002},
        {"loudest": -0.95},
        {"motion_db": 0.9},
        {"motion_db": 8.5},
        {"motion_db": float("nan")},
    ],
)
def test_a_blend_that_runs_away_dies_stands_still_or_runs_wild_is_not_well(ill: dict[str, float]) -> None:
    other = replace(WELL, largest=2.0, motion_db=2.0)
    assert not faults(WELL, WELL, other)
    assert len(faults(replace(WELL, **ill), WELL, other)) >= 1


def test_a_blend_may_be_as_large_as_its_siblings_are() -> None:
    large = replace(WELL, largest=3.2)
    assert not faults(replace(WELL, largest=3.9), large, WELL)
    assert not faults(replace(WELL, largest=3.9), WELL, large)
    assert faults(replace(WELL, largest=4.1), large, WELL)


@pytest.mark.parametrize(("later", "code"), [(1.0, 0), (1.2, 1)])
def test_a_blend_that_seems_to_grow_is_watched_for_longer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], later: float, code: int
) -> None:
    watched: list[int] = []

    def grow(a: Preset, b: Preset, share: torch.Tensor, n_steps: int, seed: int) -> Life:
        watched.append(n_steps)
        return replace(WELL, growth=1.07 if len(watched) == 1 else later)

    monkeypatch.setattr(training.studies.siblings, "grow_blend", grow)
    monkeypatch.setattr(training.studies.siblings, "grow_alone", lambda *_: WELL)
    assert main(["violin", "ocean", "--steps", "100"]) == code
    assert watched == [100, 300]
    assert "grew by 7 % in 100 steps; of 300" in capsys.readouterr().out


def test_one_preset_is_no_blend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["violin"]) == 2
    assert "name another" in capsys.readouterr().err


def _with_last_layer(factor: float) -> Preset:
    """The violin with its update scaled: −1 runs away, 0 never grows."""
    preset = load("violin")
    with torch.no_grad():
        preset.rule.act.weight.mul_(factor)  # type: ignore[union-attr]
    return preset


@pytest.fixture(scope="module")
def alone() -> Life:
    """The violin by itself."""
    return grow_alone(load("violin"), 200)


def test_rules_that_run_away_or_never_grow_are_found(alone: Life) -> None:
    a, all_of_it = load("violin"), torch.ones(80, 172)
    wild = faults(grow_blend(a, _with_last_layer(-1), all_of_it, 200), alone, alone)
    assert any("largest cell" in fault or "grows" in fault for fault in wild)
    dead = faults(grow_blend(a, _with_last_layer(0), all_of_it, 200), alone, alone)
    assert "dead" in dead and any("moves less" in fault for fault in dead)


def test_a_blend_with_a_rule_that_runs_away_is_found(alone: Life) -> None:
    a = load("violin")
    assert faults(grow_blend(a, _with_last_layer(-1), shares(80, 172, seed=1), 200), alone, alone)


def test_presets_of_different_formats_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    a = load("violin")
    with pytest.raises(TrainingError, match="cannot share"):
        grow_blend(a, replace(a, mel=FORMATS["44k128"]), torch.zeros(80, 172), 5)
    assert main(["violin", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
