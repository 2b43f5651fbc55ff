"""The manifest of the bundled presets, and making them again."""

import argparse
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import training.learning.build
import training.studies.library
from synth.errors import TrainingError
from synth.mel import FORMATS
from synth.presets.file import load_preset, save_preset
from synth.presets.library import bundled_folder
from synth.presets.model import Preset
from tests.doubles.cultures import steady_preset
from training.analysis.data import region_of
from training.cli import add_arguments
from training.learning.build import measure_recording
from training.studies.library import MANIFEST, Entry, main, read_manifest, remeasure
from training.studies.soundfont import midi_file
from training.studies.variations import read_variations

MANIFEST_PATH = bundled_folder() / MANIFEST


def test_the_manifest_and_the_bundled_presets_are_the_same_library() -> None:
    entries = {entry.file: entry for entry in read_manifest(MANIFEST_PATH)}
    variations = {variation.file for variation in read_variations(MANIFEST_PATH)}
    assert {path.stem for path in bundled_folder().glob("*.safetensors")} == set(entries) | variations
    assert not variations & set(entries)
    assert len(entries) >= 16
    for name, entry in entries.items():
        preset = load_preset(bundled_folder() / f"{name}.safetensors")
        assert (preset.name, preset.tags) == (entry.name, entry.tags)
        assert (preset.credit.author, preset.credit.licence) == (entry.author, entry.licence)
        assert preset.mel == FORMATS[entry.format]
        assert preset.metrics, f"{name} carries no metrics"
        assert preset.settings == pytest.approx(entry.settings)
    assert sum(entry.format == "44k128" for entry in entries.values()) >= 3


def test_every_family_of_the_library_is_there() -> None:
    tags = {tag for entry in read_manifest(MANIFEST_PATH) for tag in entry.tags}
    assert {"strings", "winds", "voice", "organ", "bell", "bowl", "glass", "pad", "water", "wind"} <= tags


def test_a_midi_note_is_what_its_specification_says() -> None:
    raw = midi_file(40, 69, 115)
    assert raw[:4] == b"MThd" and raw[14:18] == b"MTrk"
    assert int.from_bytes(raw[18:22], "big") == len(raw) - 22
    assert raw[22:] == bytes([0, 0xC0, 40, 0, 0x90, 69, 115, 0x96, 0x40, 0x80, 69, 0, 0, 0xFF, 0x2F, 0])


def test_a_preset_is_trained_as_the_manifest_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run_child(command: list[str]) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(training.studies.library, "run_child", run_child)
    sf.write(tmp_path / "tone.wav", np.zeros(100), 22050)
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(
        '[[preset]]\nfile = "tone"\nname = "A tone"\ntags = ["a", "b"]\nrecording = "tone.wav"\ncredit = "made here"\n'
        'author = "nobody"\nlicence = "CC0-1.0"\niterations = 3\nparent = "none"\nformat = "44k128"\n'
        "audio_loss = true\n"
    )
    assert main(["--manifest", str(manifest), "--recordings", str(tmp_path), "-o", str(tmp_path)]) == 0
    ((_, *module), arguments) = commands[0][:3], commands[0][3:]
    assert module == ["-m", "training"]
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(arguments)
    assert (args.recording, args.output) == (tmp_path / "tone.wav", tmp_path / "tone.safetensors")
    assert (args.name, args.tags, args.credit, args.licence) == ("A tone", "a,b", "made here", "CC0-1.0")
    assert (args.iterations, args.parent, args.format, args.seed) == (3, "none", "44k128", 0)
    assert args.audio_loss


def test_a_preset_suggests_what_its_manifest_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "wind.safetensors"

    def run_child(command: list[str]) -> subprocess.CompletedProcess[str]:
        shutil.copy(bundled_folder() / "wind.safetensors", out)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(training.studies.library, "run_child", run_child)
    entry = Entry("wind", "Wind", (), "", "", "", settings={"release_s": 4.0})
    training.studies.library.train(entry, tmp_path, tmp_path, 3)
    assert load_preset(out).settings == {"release_s": 4.0}
    assert torch.equal(load_preset(out).state, load_preset(bundled_folder() / "wind.safetensors").state)


def test_rows_may_be_filled_with_noise_unless_the_manifest_forbids_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most_noise: list[torch.Tensor | None] = []

    def levelled(preset: Preset, heard: torch.Tensor, most: torch.Tensor | None = None) -> Preset:
        most_noise.append(most)
        return preset

    monkeypatch.setattr(training.learning.build, "levelled", levelled)
    steady = replace(steady_preset(), region_s=(0.3, 1.8), reference_db=20.0)
    recording = Path(__file__).parents[2] / "data" / "clarinet.flac"
    target = region_of(steady, recording)
    measured = measure_recording(target)
    monkeypatch.setattr(training.learning.build, "region_of", lambda *_: target)
    monkeypatch.setattr(training.learning.build, "measure_recording", lambda *_: measured)
    for name in ("SETTLING_STEPS", "GAIN_FRAMES"):
        monkeypatch.setattr(training.learning.build, name, 1)
    for fills_rows in (True, False):
        save_preset(steady, tmp_path / "a.safetensors")
        remeasure(Entry("a", "A", (), "a clarinet", "nobody", "CC0", fills_rows=fills_rows), recording, tmp_path)
    assert most_noise[0] is not None and float(most_noise[0].max()) > 0.1 and most_noise[1] is None


def test_a_training_that_fails_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail = subprocess.CompletedProcess([], 2, "", "petrichord: it is silent\n")
    monkeypatch.setattr(training.studies.library, "run_child", lambda command: fail)
    monkeypatch.setattr(training.studies.library, "recording_of", lambda *_: tmp_path)
    assert main(["violin", "ocean", "-o", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "“violin” was not trained: petrichord: it is silent" in said and "“ocean”" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[preset]\n", "cannot be read"),
        ('[[preset]]\nfile = "x"\n', "“x” lacks name, tags"),
        (
            '[[preset]]\nfile = "x"\nname = "x"\ntags = []\ncredit = ""\nauthor = ""\nlicence = ""\n',
            "one of recording and note",
        ),
        (
            '[[preset]]\nfile = "x"\nname = "x"\ntags = []\ncredit = ""\nauthor = ""\nlicence = ""\nrecording = "r"\n'
            'colour = "red"\n',
            "colour",
        ),
        (
            '[[preset]]\nfile = "x"\nname = "x"\ntags = []\ncredit = ""\nauthor = ""\nlicence = ""\nrecording = "r"\n'
            "settings = { ring_s = 3.0 }\n",
            "“x” sets ring_s",
        ),
    ],
)
def test_a_faulty_manifest_is_one_sentence(
    tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    assert main(["--manifest", str(path)]) == 2
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1


def test_a_missing_recording_or_soundfont_is_said_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training.studies.library, "train", lambda *_: pytest.fail("trained"))
    assert main(["violin", "-o", str(tmp_path)]) == 2
    assert "violin.flac" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda _: None)
    entry = Entry("x", "x", (), "", "", "", note={"soundfont": "S.sf2", "program": 1, "key": 60, "velocity": 90})
    with pytest.raises(TrainingError, match=r"S\.sf2"):
        training.studies.library.recording_of(entry, None, tmp_path)
    assert main(["nothing", "-o", str(tmp_path)]) == 2
