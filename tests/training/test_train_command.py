"""`petrichord train` as a person and as a program use it, on trainings of a few seconds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
import soundfile as sf
import torch

from synth.commands.cli import main
from synth.mel import FORMATS
from synth.presets.file import MAX_BYTES, load_preset
from tests.training.command import FIELDS, N, train
from tests.training.tiny import QUICK, small_trainings, write_hiss
from training.learning.trainer import Progress


def test_json_lines_have_exactly_the_documented_fields_and_mean_what_they_say(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, images = tmp_path / "hiss.safetensors", tmp_path / "images"
    assert train(recording, path, "--iterations", str(N), "--json-lines", "--progress-images", str(images)) == 0
    captured = capsys.readouterr()
    events: list[dict[str, Any]] = [json.loads(line) for line in captured.out.splitlines()]
    assert captured.err == ""
    assert all(list(event) == FIELDS for event in events)
    assert {event["preset_path"] for event in events} == {str(path)}

    first, last = events[0], events[-1]
    assert (first["event"], first["iteration"]) == ("progress", 1)
    assert first["message"].startswith("Learning 0.0")
    assert "nothing above 6 kHz" in first["message"]
    assert events[1]["message"] == ""
    assert first["eta_s"] > 0

    assert (last["event"], last["eta_s"]) == ("done", 0)
    metrics = load_preset(path).metrics
    assert last["ltas_db"] == pytest.approx(metrics["ltas_db"], abs=1e-3)
    checkpoints = [event for event in events if event["event"] == "checkpoint"]
    assert [event["iteration"] for event in checkpoints] == [N // 2, N]
    # A checkpoint tells its own error; the best by all metrics is kept.
    assert last["ltas_db"] in [pytest.approx(event["ltas_db"], abs=1e-3) for event in checkpoints]

    for image in images.iterdir():
        assert matplotlib.image.imread(image).shape[:2] == (600, 900)
    assert {image.name for image in images.iterdir()} >= {f"{N // 2:06d}.png"}


def test_an_iterations_ltas_error_is_that_of_its_batch_as_heard(recording: Path, tmp_path: Path) -> None:
    """Recomputed by hand from what the iteration left in the pool."""
    from dataclasses import replace

    from training.analysis.data import load_recording, prepare
    from training.learning.trainer import Trainer

    with small_trainings():
        target = prepare(load_recording(recording), FORMATS["22k80"])
        trainer = Trainer(target, replace(QUICK, iterations=1, checkpoints=()))
        told: list[Progress] = []
        trainer.run(told.append)
    visited = torch.from_numpy(trainer.session.pool.clock > 0)
    heard_db = 40 * trainer.session.pool.grids[visited][..., 0].double().clamp(-1, 1.1) - 40
    ltas_db = heard_db.mean(dim=(0, 2)) - (40 * target.grid.double() - 40).mean(dim=1)
    assert told[0].ltas_db == pytest.approx(float(ltas_db.abs().mean()), abs=1e-3)


def test_a_preset_of_the_wide_format_is_trained_loaded_and_rendered(recording: Path, tmp_path: Path) -> None:
    path, wav = tmp_path / "wide.safetensors", tmp_path / "wide.wav"
    once = replace(QUICK, checkpoints=(1.0,))
    assert train(recording, path, "--iterations", "12", "--format", "44k128", recipe=once) == 0
    preset = load_preset(path)
    assert preset.mel == FORMATS["44k128"]
    assert preset.state.shape == (16, 128, 172)
    assert path.stat().st_size < MAX_BYTES
    assert main(["render", str(path), "-o", str(wav), "--seconds", "0.5"]) == 0
    sound, rate_hz = sf.read(wav)
    assert (len(sound), rate_hz) == (22050, 44100)
    assert abs(sound[11025:]).max() > 0.01


def test_a_recording_that_was_cut_off_is_learned_from_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_hiss(tmp_path / "cut.wav")
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 3 // 4])
    assert train(source, tmp_path / "cut.safetensors", "--iterations", str(N)) == 0
    assert "cut.wav is cut off: 1.5 of 2.0 s are there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "FOLDER.safetensors"], "is a folder"),
        (["-o", "x.safetensors", "--progress-images", "hiss.wav"], "cannot be written"),
        (["-o", "x.safetensors", "--fixed"], "--recipe notebook"),
        (["-o", "x.safetensors", "--seconds", "7200"], "up to 120 s"),
        (["-o", "x.safetensors", "--start", "nan"], "second nan"),
        (["-o", "x.safetensors", "--iterations", "0"], "0 iterations"),
    ],
)
def test_what_cannot_be_done_is_said_before_training(
    arguments: list[str],
    words: str,
    recording: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FOLDER.safetensors").mkdir()
    (tmp_path / "hiss.wav").write_bytes(recording.read_bytes())
    assert main(["train", "hiss.wav", "--json-lines", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    (event,) = [json.loads(line) for line in captured.out.splitlines()]
    assert list(event) == FIELDS
    assert event["event"] == "error"
    assert f"petrichord: {event['message']}\n" == captured.err
