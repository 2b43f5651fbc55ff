"""Training that starts from another preset's rule."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

import training.learning.recipe
from synth.automaton.rules import LiveRule, NotebookRule
from synth.commands.cli import main
from synth.errors import TrainingError
from synth.mel import FORMATS
from synth.presets.file import load_preset
from synth.presets.library import load
from tests.training.tiny import rough_trims, write_hiss
from training.analysis.data import Recording, Target, prepare
from training.learning.recipe import Recipe
from training.learning.trainer import Trainer, heir


@dataclass(frozen=True)
class Quick(Recipe):
    batch: int = 2
    pool: int = 4
    elders: int = 0
    pooled: int = 0
    min_steps: int = 8
    max_steps: int = 24
    rollout_steps: int = 950
    checkpoints: tuple[float, ...] = (1.0,)


@pytest.fixture(scope="module")
def target() -> Target:
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    return prepare(Recording(noise, 22050, "noise"), FORMATS["22k80"])


def test_the_first_rule_is_the_parents(target: Target) -> None:
    violin = load("violin")
    assert isinstance(violin.rule, LiveRule)
    trainer = Trainer(target, Recipe(iterations=1), parent=violin)
    for mine, its in zip(trainer.session.rule.parameters(), violin.rule.parameters(), strict=True):
        assert torch.equal(mine, its) and mine.requires_grad and not its.requires_grad


def test_a_parent_of_another_format_is_stretched_over_the_new_rows() -> None:
    rule = heir(load("violin"), Recipe(), 128)
    assert len(rule.position) == 128
    cells = torch.zeros(1, 16, 128, 40)
    assert rule(cells, torch.zeros(1, 6, 128, 40), torch.ones(1, 1, 128, 40)).shape == cells.shape


def test_that_a_parent_is_stretched_is_said(target: Target) -> None:
    rows = target.grid.repeat_interleave(2, dim=0)[:128]
    wide = replace(target, grid=rows, learned=None, fmt=FORMATS["44k128"])
    (remark,) = Trainer(wide, Recipe(iterations=1), parent=load("violin")).remarks
    assert remark.startswith("“Violin” is of the format 22k80, this preset of 44k128") and "stretched" in remark
    assert Trainer(target, Recipe(iterations=1), parent=load("violin")).remarks == ()
    assert Trainer(target, Recipe(iterations=1)).remarks == ()


def test_runs_from_different_parents_are_different_runs(target: Target, tmp_path: Path) -> None:
    names = {
        Trainer(target, Recipe(iterations=1), parent=parent).name for parent in (None, load("violin"), load("ocean"))
    }
    assert len(names) == 3


def test_a_parent_of_another_build_is_refused_in_one_sentence(target: Target) -> None:
    violin = load("violin")
    for stranger in (
        replace(violin, rule=NotebookRule()),
        replace(violin, rule=LiveRule(80, 6, hidden=48, dilations=(1, 4, 16))),
        replace(violin, weather=replace(violin.weather, tau_steps=60.0)),
    ):
        with pytest.raises(TrainingError, match="train without that --parent"):
            Trainer(target, Recipe(iterations=1), parent=stranger)


def test_the_command_names_the_parent_in_the_preset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.learning.recipe, "Recipe", Quick)
    with rough_trims():
        _train_with_and_without_a_parent(tmp_path, capsys)


def _train_with_and_without_a_parent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.safetensors"
    arguments = ["train", str(write_hiss(tmp_path / "hiss.wav")), "-o", str(path)]
    assert main([*arguments, "--iterations", "2"]) == 0
    preset = load_preset(path)
    assert preset.parent == "Violin"
    assert preset.metrics["std_ratio"] > 0
    assert main([*arguments, "--parent", "no such preset"]) == 2
    assert "no such preset" in capsys.readouterr().err
    assert main([*arguments, "--recipe", "notebook", "--parent", "violin"]) == 2
    assert "--parent" in capsys.readouterr().err
