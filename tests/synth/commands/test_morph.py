"""`petrichord render A --morph B`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from synth.commands.cli import main
from synth.mel import FORMATS
from synth.presets.file import save_preset
from tests.doubles.samples import live_preset
from tests.doubles.siblings import siblings, strangers


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    first, second = siblings(n_frames=24)
    return save_preset(first, tmp_path / "first.safetensors"), save_preset(second, tmp_path / "second.safetensors")


def rendered(first: Path, *options: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    out = first.with_name("out.wav")
    assert main(["render", str(first), "-o", str(out), "--seconds", "0.4", *options]) == 0
    return np.asarray(sf.read(out)[0])


def test_a_second_preset_is_heard_as_far_as_the_control_says(files: tuple[Path, Path]) -> None:
    first, second = files
    plain = rendered(first)
    assert np.array_equal(rendered(first, "--morph", str(second)), plain)
    half = rendered(first, "--morph", str(second), "--set", "morph=50%")
    assert np.array_equal(half, rendered(first, "--morph", str(second), "--set", "morph=0.5"))
    assert np.abs(half - plain).max() > 0.01
    assert not np.array_equal(
        half, rendered(first, "--morph", str(second), "--set", "morph=50%", "--set", "morph_map=2")
    )


def test_a_preset_of_another_parent_is_heard_as_well(files: tuple[Path, Path], tmp_path: Path) -> None:
    other = save_preset(strangers(n_frames=24)[1], tmp_path / "stranger.safetensors")
    plain = rendered(files[0])
    assert np.array_equal(rendered(files[0], "--morph", str(other)), plain)
    assert np.abs(rendered(files[0], "--morph", str(other), "--set", "morph=50%") - plain).max() > 0.01


def test_a_preset_that_does_not_fit_is_one_sentence_before_anything_is_written(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = replace(live_preset(fmt=FORMATS["44k128"], n_frames=24), name="Large")
    other, out = save_preset(second, tmp_path / "other.safetensors"), tmp_path / "out.wav"
    assert main(["render", str(files[0]), "--morph", str(other), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert "“Large” 44k128: choose" in told
    assert told.count("\n") == 1
    assert not out.exists()
