"""Blends of two rules on one culture."""

from dataclasses import replace

import pytest
import torch

from synth.errors import TrainingError
from synth.library import load
from synth.mel import FORMATS
from training.siblings import BlendedLife, bundled_siblings, grow_blend, main, random_pairs, shares


def test_shares_are_smooth_patches_of_both() -> None:
    share = shares(80, 172, seed=1)
    assert share.shape == (80, 172)
    assert 0 <= float(share.min()) < 0.1 and 0.9 < float(share.max()) <= 1
    assert float((share[:, 1:] - share[:, :-1]).abs().mean()) < 0.15  # white noise has 0.3
    assert not torch.equal(share, shares(80, 172, seed=2))


def test_a_blend_with_no_share_of_the_other_is_the_first_alone() -> None:
    a, b = load("violin"), load("ocean")
    none = torch.zeros(a.mel.n_mels, a.n_frames)
    alone = grow_blend(a, b, none, 60)
    assert alone.largest == pytest.approx(grow_blend(a, a, none + 0.5, 60).largest, abs=1e-3)
    assert alone.largest != pytest.approx(grow_blend(a, b, none + 1, 60).largest, abs=1e-3)


def test_siblings_of_the_library_blend_and_live() -> None:
    a, b = load("cello"), load("choir_female")
    assert a.parent == b.parent == "Violin"
    life = grow_blend(a, b, shares(a.mel.n_mels, a.n_frames, 3), 400)
    assert life.alive, life


def test_the_bundled_siblings_are_paired_without_repetition_and_always_alike() -> None:
    presets = bundled_siblings()
    assert len(presets) >= 16
    assert {p.mel for p in presets} == {load("violin").mel}
    names = [(a.name, b.name) for a, b in random_pairs(presets, 12)]
    assert names == [(a.name, b.name) for a, b in random_pairs(presets, 12)]
    assert len({frozenset(pair) for pair in names}) == 12
    assert all(a != b for a, b in names)
    assert len(random_pairs(presets[:3], 12)) == 3


@pytest.mark.parametrize("ill", [{"largest": 3.1}, {"largest": float("nan")}, {"loudest": -0.95}, {"spread_db": 0.1}])
def test_a_blend_that_runs_away_dies_or_stands_still_is_not_alive(ill: dict[str, float]) -> None:
    well = BlendedLife(largest=1.4, loudest=0.6, spread_db=4.0)
    assert well.alive
    assert not replace(well, **ill).alive


def test_one_preset_is_no_blend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["violin"]) == 2
    assert "name another" in capsys.readouterr().err


def test_a_rule_that_runs_away_is_not_called_alive() -> None:
    a = load("violin")
    wild = load("violin")
    with torch.no_grad():
        wild.rule.act.weight.mul_(-1)  # type: ignore[union-attr]
    assert not grow_blend(a, replace(wild, name="wild"), torch.ones(80, 172), 200).alive


def test_presets_of_different_formats_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    a = load("violin")
    with pytest.raises(TrainingError, match="cannot share"):
        grow_blend(a, replace(a, mel=FORMATS["44k128"]), torch.zeros(80, 172), 5)
    assert main(["violin", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
