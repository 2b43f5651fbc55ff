"""Training runs small enough for a test: twelve bands, a pool of eight, a few iterations."""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from synth.cli import main
from synth.errors import TrainingError
from synth.mel import FORMATS, MelFormat
from synth.preset_file import load_preset
from training.data import Recording, Target, prepare
from training.recipe import Recipe
from training.trainer import Progress, Trainer

FMT = MelFormat(22050, 1024, 256, 1024, 12, 0.0, 8000.0)
TINY = Recipe(
    iterations=24,
    batch=4,
    frames=36,
    hidden=48,
    pool=4,
    pooled=0,
    min_steps=8,
    max_steps=24,
    restart_every=6,
    averaging=0.8,
    rollout_steps=950,
    checkpoints=(1.0,),
)
"""A pool no larger than its batch ages fast, so even a few iterations see old cultures."""


def _wave(seconds: float = 2.0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A tone that beats, over a little noise."""
    time = np.arange(round(seconds * 22050)) / 22050
    beat = 1 + 0.3 * np.sin(2 * np.pi * 4 * time)
    noise = 0.02 * np.random.default_rng(0).standard_normal(len(time))
    return (0.4 * np.sin(2 * np.pi * 440 * time) * beat + noise).astype(np.float32)


@pytest.fixture(scope="module")
def target() -> Target:
    return prepare(Recording(_wave(), 22050, "tone"), FMT)


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
    sf.write(path, _wave(), 22050)
    return path


def test_ctrl_c_leaves_a_state_to_resume_and_says_so_in_json(tmp_path: Path) -> None:
    preset = tmp_path / "tone.safetensors"
    command = [sys.executable, "-m", "training", str(_recording(tmp_path)), "-o", str(preset), "--json-lines"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [*command, "--iterations", "4000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    assert child.stdout is not None
    events = [json.loads(child.stdout.readline())]
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate(timeout=60)
    events += [json.loads(line) for line in rest.splitlines()]
    assert events[0]["event"] == "progress"
    assert {"iteration", "eta_s", "loss", "ltas_db", "preset_path"} <= events[0].keys()
    # After a single iteration there is nothing to keep yet: it says so, and that --resume goes on.
    assert events[-1]["event"] == "error"
    assert "--resume" in events[-1]["message"]
    assert child.returncode == 2
    assert (tmp_path / "tone.safetensors.training").exists()


def test_the_command_makes_a_preset_that_carries_its_credit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import training.recipe

    monkeypatch.setattr(training.recipe, "Recipe", lambda: TINY)
    monkeypatch.setitem(FORMATS, "22k80", FMT)
    path = tmp_path / "out" / "tone.safetensors"
    arguments = ["train", str(_recording(tmp_path)), "-o", str(path), "--iterations", "120", "--name", "Beating tone"]
    arguments += ["--tags", "test, tone", "--credit", "made here", "--author", "nobody", "--licence", "CC0-1.0"]
    assert main(arguments) == 0
    preset = load_preset(path)
    assert (preset.name, preset.tags) == ("Beating tone", ("test", "tone"))
    assert (preset.credit.recording, preset.credit.licence) == ("made here", "CC0-1.0")
    assert preset.root_hz == pytest.approx(440, abs=2)
    assert preset.state.shape == (16, FMT.n_mels, 172)
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--minutes", "0"], "minutes"),
        (["--minutes", "nan"], "minutes"),
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
