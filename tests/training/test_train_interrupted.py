"""`petrichord train` that is interrupted, killed, or let down by a disk or a graphics card."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import training.cli
from synth.file_lock import Claim
from synth.presets.file import load_preset, save_preset
from tests.doubles.samples import live_preset
from tests.training.command import N, train
from training.learning.reporter import Reporter
from training.learning.trainer import Progress

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def straight(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preset of a training that nobody interrupted."""
    path = tmp_path_factory.mktemp("straight") / "hiss.safetensors"
    assert train(recording, path, "--iterations", str(N), "--seed", "3") == 0
    return path


def test_ctrl_c_leaves_a_preset_and_resume_ends_as_if_nothing_had_happened(
    recording: Path,
    straight: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "hiss.safetensors"
    state = tmp_path / "hiss.safetensors.training"
    hear = Reporter.hear

    def interrupting(self: Reporter, progress: Progress) -> None:
        hear(self, progress)
        if progress.iteration == N - 6:
            os.kill(os.getpid(), signal.SIGINT)

    arguments = ["--iterations", str(N), "--seed", "3"]
    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "hear", interrupting)
        assert train(recording, path, *arguments) == 0
    assert "--resume" in capsys.readouterr().out
    assert load_preset(path).metrics["ltas_db"] < 35
    assert state.exists()

    assert train(recording, path, *arguments, "--resume") == 0
    assert not state.exists()
    resumed, expected = load_preset(path), load_preset(straight)
    for name, weights in expected.rule.state_dict().items():
        assert torch.equal(resumed.rule.state_dict()[name], weights), name
    assert torch.equal(resumed.state, expected.state)
    assert resumed.metrics == expected.metrics


_KILLS = """
import os, signal, sys, time
from dataclasses import replace
from pathlib import Path
import torch
from synth.presets.file import load_preset, save_preset
from tests.doubles.samples import live_preset
from training.learning.state_file import read_state, write_state

torch.set_num_threads(1)  # a forked child has no other threads
folder = Path(sys.argv[1])
path, state_path = folder / "a.safetensors", folder / "a.safetensors.training"
presets = [replace(live_preset(n_frames=64), name=name) for name in ("old", "new")]
save_preset(presets[0], path)
write_state("run", {"x": torch.zeros(1)}, state_path)
hear, tell = os.pipe()
for moment in range(24):
    child = os.fork()
    if child == 0:
        while True:
            for preset in presets:
                save_preset(preset, path)
                write_state("run", {"x": torch.ones(300_000)}, state_path)
                os.write(tell, b".")
    os.read(hear, 1)
    time.sleep(0.0011 * moment)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert load_preset(path).name in ("old", "new")
    assert read_state("run", state_path)["x"].shape[0] in (1, 300_000)
"""


def test_killed_while_writing_the_old_file_or_the_new_one_is_there_whole(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLS, str(tmp_path)], cwd=ROOT, check=True, timeout=60)
    # Some kills did come in the middle of a file: what was being written then was left beside it.
    assert [left for left in tmp_path.iterdir() if left.name not in ("a.safetensors", "a.safetensors.training")]


def test_the_command_killed_after_a_checkpoint_leaves_its_preset(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "hiss.safetensors"
    command = [sys.executable, "-m", "tests.training.tiny", "train", str(recording), "-o", str(path), "--json-lines"]
    with subprocess.Popen(
        [*command, "--iterations", str(N), "--parent", "none"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        text=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if json.loads(line)["event"] == "checkpoint":
                break
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert load_preset(path).recipe["kept_iteration"] == N // 2


def test_one_preset_is_trained_by_one_process_at_a_time(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, lock = tmp_path / "hiss.safetensors", tmp_path / "hiss.safetensors.lock"
    first = Claim.of(lock)
    assert first is not None
    assert train(recording, path, "--iterations", str(N), "--resume") == 2
    said = capsys.readouterr().err
    assert f"hiss.safetensors is being trained by process {os.getpid()} already: wait for it" in said
    assert said.count("\n") == 1
    first.release()
    lock.write_text("4194305")  # by one that was killed
    assert train(recording, path, "--iterations", str(N)) == 0
    assert not lock.exists()


def test_a_full_disk_is_one_sentence_and_leaves_the_old_preset(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hiss.safetensors"
    save_preset(live_preset(n_frames=64), path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert train(recording, path, "--iterations", str(N)) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.endswith("could not be written to " + f"{path}: No space left on device; choose another folder.")
    assert load_preset(path).name == "Test tone"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."), "too little free memory"),
        (
            torch.AcceleratorError("CUDA error: unspecified launch failure\nand advice for programmers."),
            "launch failure",
        ),
    ],
)
def test_a_gpu_that_fails_is_said_and_the_cpu_trains_unless_it_was_forbidden(
    error: Exception,
    words: str,
    recording: Path,
    straight: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """There is no GPU here: what is made on “cuda” lives on the CPU and fails in mid-training."""
    made = training.cli._trainer

    def failing(args: Any, target: Any, device: str) -> Any:
        trainer = made(args, target, "cpu")
        if device == "cuda":
            iterate = trainer._iterate

            def stop_short(done: float) -> Any:
                if trainer.session.iteration == 3:
                    raise error
                return iterate(done)

            monkeypatch.setattr(trainer, "_iterate", stop_short)
        return trainer

    monkeypatch.setattr(training.cli, "_trainer", failing)
    monkeypatch.setattr(training.cli, "chosen_device", lambda name: "cuda")
    path = tmp_path / "hiss.safetensors"
    arguments = ["--iterations", str(N), "--seed", "3", "--json-lines"]
    assert train(recording, path, *arguments) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (said,) = [e["message"] for e in events if words in e["message"]]
    assert "the CPU trains from the beginning instead." in said
    for name, weights in load_preset(straight).rule.state_dict().items():
        assert torch.equal(load_preset(path).rule.state_dict()[name], weights), name

    path.unlink()
    assert train(recording, path, *arguments, "--device", "cuda") == 2
    said = capsys.readouterr().err.strip()
    assert words in said and said.endswith("train with --device cpu.") and "\n" not in said
    assert not path.exists()


def test_cuda_without_a_gpu_is_one_sentence_before_training(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = tmp_path / "hiss.safetensors"
    assert train(recording, path, "--iterations", "1", "--device", "cuda") == 2
    assert capsys.readouterr().err == ("petrichord: This PyTorch cannot use a CUDA device; train with --device cpu.\n")
