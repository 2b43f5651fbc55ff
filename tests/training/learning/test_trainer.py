"""Training runs small enough for a test: twelve bands, a pool of eight, a few iterations."""

import argparse
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import torch
from torch import Tensor

import training.evaluation.report
from synth.automaton.rules import LiveRule
from synth.commands.cli import main
from synth.errors import TrainingError
from synth.presets.file import load_preset
from tests.training.tiny import FMT, TINY, beating_tone, small_trainings
from training.analysis.data import Recording, Target, prepare
from training.cli import _trainer, add_arguments
from training.learning.fused import rollout
from training.learning.pool import seeds
from training.learning.recipe import Recipe
from training.learning.trainer import Progress, Trainer


@pytest.fixture(scope="module")
def target() -> Target:
    return prepare(Recording(beating_tone(), 22050, "tone"), FMT)


def _silently(progress: Progress) -> None:
    pass


def test_loss_falls_and_a_sounding_culture_is_kept(target: Target) -> None:
    heard: list[Progress] = []
    grown = Trainer(target, replace(TINY, iterations=120)).run(heard.append)
    steps = [p for p in heard if p.event == "progress"]
    assert np.mean([p.loss for p in steps[-10:]]) < 0.6 * np.mean([p.loss for p in steps[:10]])
    assert np.mean([p.ltas_db for p in steps[-10:]]) < 0.5 * np.mean([p.ltas_db for p in steps[:10]])
    assert [p.share_done for p in steps] == sorted(p.share_done for p in steps)
    assert heard[-1].event == "checkpoint"
    assert grown.metrics.alive
    assert grown.state.shape == (16, FMT.n_mels, 172)


@pytest.mark.parametrize(
    ("spent_s", "iteration", "share"),
    [
        (30, 400, 0.5),  # fast: by the clock
        (60, 900, 1.0),
        (60, 50, 0.5),  # slow: as far as it has come
        (100, 70, 100 / 120),  # very slow: not for ever
        (120, 80, 1.0),
        (70, 100, 1.0),
    ],
)
def test_a_slow_machine_is_given_up_to_twice_the_time_for_its_iterations(
    target: Target, spent_s: float, iteration: int, share: float
) -> None:
    trainer = Trainer(target, replace(TINY, iterations=0, minutes=1.0, fewest=100))
    trainer.session.spent_s, trainer.session.iteration = spent_s, iteration
    assert trainer._share_done() == pytest.approx(share)
    exact = Trainer(target, replace(TINY, iterations=0, minutes=1.0))
    exact.session.spent_s, exact.session.iteration = spent_s, iteration
    assert exact._share_done() == pytest.approx(min(1.0, spent_s / 60))


def test_patience_is_how_many_times_the_minutes_iterations_may_take(target: Target) -> None:
    patient = Trainer(target, replace(TINY, iterations=0, minutes=1.0, fewest=100, patience=5.0))
    patient.session.spent_s, patient.session.iteration = 240, 70
    assert patient._share_done() == pytest.approx(240 / 300)
    patient.session.iteration = 100
    assert patient._share_done() == 1


@pytest.mark.parametrize(
    ("words", "minutes", "fewest", "patience"),
    [
        ([], 1.6, 400, 2),
        (["--patience", "5"], 1.6, 400, 5),
        (["--parent", "none"], 5.5, 1000, 2),
        (["--minutes", "3"], 3.0, 0, 2),
    ],
)
def test_only_minutes_that_nobody_chose_are_stretched(
    target: Target, monkeypatch: pytest.MonkeyPatch, words: list[str], minutes: float, fewest: int, patience: float
) -> None:
    made: list[Recipe] = []
    monkeypatch.setattr("training.learning.trainer.Trainer", lambda target, recipe, *rest: made.append(recipe))
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    _trainer(parser.parse_args(["tone.wav", "-o", "tone.safetensors", *words]), target, "cpu")
    assert [(recipe.minutes, recipe.fewest, recipe.patience) for recipe in made] == [(minutes, fewest, patience)]


def test_elders_grow_old_and_are_never_started_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Tensor] = []
    started: list[list[bool]] = []

    def noted(*args: Any) -> Tensor:
        made.append(seeds(*args))
        return made[-1]

    def watched(rule: LiveRule, grids: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
        started.append([torch.equal(grid, made[-1]) for grid in grids])
        return rollout(rule, grids, *rest)

    monkeypatch.setattr("training.learning.trainer.seeds", noted)
    monkeypatch.setattr("training.learning.trainer.rollout", watched)
    recipe = replace(TINY, iterations=60, batch=2, pool=24, elders=2, restart_every=1, damage_from=1.0)
    trainer = Trainer(target, recipe)
    trainer.run(_silently)
    # One of every two is started again; where the first is an elder, it is the other.
    assert all(sum(batch) == 1 for batch in started)
    assert any(batch[0] for batch in started[::2]) and not any(batch[0] for batch in started[1::2])
    clocks = trainer.session.pool.clock
    assert clocks[:2].min() > 3 * clocks[2:].mean()


def test_an_interrupted_run_goes_on_to_the_same_result(target: Target, tmp_path: Path) -> None:
    straight = Trainer(target, TINY, seed=5)
    straight.run(_silently)

    stop, path = threading.Event(), tmp_path / "run.training"
    first = Trainer(target, TINY, seed=5)
    first.run(lambda p: stop.set() if p.iteration == 10 else None, stop, path)
    assert first.session.iteration == 10
    second = Trainer(target, TINY, seed=5)
    second.resume(path)
    second.run(_silently, state_path=path)

    for a, b in zip(straight.session.average.parameters(), second.session.average.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not path.exists()


def test_a_state_of_another_seed_or_recording_is_refused(target: Target, tmp_path: Path) -> None:
    stop, path = threading.Event(), tmp_path / "run.training"
    Trainer(target, TINY, seed=1).run(lambda p: stop.set(), stop, path)
    with pytest.raises(TrainingError, match="another recording"):
        Trainer(target, TINY, seed=2).resume(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TrainingError, match="damaged"):
        Trainer(target, TINY, seed=1).resume(path)
    with pytest.raises(TrainingError, match="no interrupted training"):
        Trainer(target, TINY, seed=1).resume(tmp_path / "none")


def _recording(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    sf.write(path, beating_tone(), 22050)
    return path


def test_the_command_makes_a_preset_that_carries_its_credit(tmp_path: Path) -> None:
    path = tmp_path / "out" / "tone.safetensors"
    arguments = ["train", str(_recording(tmp_path)), "-o", str(path), "--iterations", "120", "--parent", "none"]
    labels = {"--name": "Beating tone", "--tags": "test, tone", "--credit": "made here", "--author": "nobody"}
    arguments += [word for label in labels.items() for word in label] + ["--licence", "CC0-1.0"]
    with small_trainings(TINY):
        assert main(arguments) == 0
    preset = load_preset(path)
    assert (preset.name, preset.tags) == ("Beating tone", ("test", "tone"))
    assert (preset.credit.recording, preset.credit.licence) == ("made here", "CC0-1.0")
    assert preset.root_hz == pytest.approx(440, abs=2)
    assert preset.state.shape == (16, FMT.n_mels, 172)
    assert not list(path.parent.glob("*.part"))


def test_a_report_is_drawn_of_the_finished_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, recording = tmp_path / "tone.safetensors", _recording(tmp_path)

    def write_report(preset: Path, beside: Path, folder: Path, options: object) -> Path:
        assert load_preset(preset).name == "tone" and beside == recording
        return folder / "tone-report.png"

    monkeypatch.setattr(training.evaluation.report, "write_report", write_report)
    arguments = ["train", str(recording), "-o", str(path), "--iterations", "120", "--parent", "none"]
    with small_trainings(TINY):
        assert main([*arguments, "--report", str(tmp_path / "pages")]) == 0
    assert str(tmp_path / "pages" / "tone-report.png") in capsys.readouterr().out
    assert main([*arguments, "--report", str(tmp_path), "--recipe", "notebook"]) == 2
    assert "--report" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--minutes", "0"], "minutes"),
        (["--minutes", "nan"], "minutes"),
        (["--patience", "0.5"], "--patience of 0.5"),
        (["--patience", "3", "--minutes", "1"], "default minutes"),
        (["--iterations", "-3"], "iterations"),
        (["--start", "-1"], "region"),
        (["--start", "50"], "2.0 s long"),
        (["--device", "toaster"], "toaster"),
        (["--resume"], "no interrupted training"),
    ],
)
def test_absurd_arguments_are_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    path = tmp_path / "x.safetensors"
    assert main(["train", str(_recording(tmp_path)), "-o", str(path), *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
    assert not path.exists()


def test_another_suffix_and_an_unwritable_folder_are_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = str(_recording(tmp_path))
    assert main(["train", recording, "-o", str(tmp_path / "x.wav")]) == 2
    assert ".safetensors" in capsys.readouterr().err
    assert main(["train", recording, "-o", str(tmp_path / "tone.wav" / "x.safetensors")]) == 2
    assert "cannot be written" in capsys.readouterr().err
