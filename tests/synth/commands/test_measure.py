"""`petrichord measure`, from a preset and its recording to a preset that holds more of it."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from synth.commands.cli import main
from synth.presets.file import load_preset, save_preset
from synth.presets.model import Preset
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import notebook_preset
from tests.training.tiny import rough_trims

DATA = Path(__file__).parents[2] / "data"
CLARINET = DATA / "clarinet.flac"


def rule_sha(preset: Preset) -> str:
    digest = hashlib.sha256()
    for weight in preset.rule.state_dict().values():
        digest.update(weight.numpy().tobytes())
    digest.update(preset.state.numpy().tobytes())
    return digest.hexdigest()


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return save_preset(replace(steady_preset(), region_s=(0.3, 1.8), reference_db=20.0), tmp_path / "plain.safetensors")


def test_a_preset_gains_what_its_recording_says_and_keeps_its_rule(
    plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.safetensors"
    before = plain.read_bytes()
    with rough_trims():
        assert main(["measure", str(plain), str(CLARINET), "-o", str(new)]) == 0
    assert "noise" in capsys.readouterr().out
    old, measured = load_preset(plain), load_preset(new)
    assert old.noise_share is None and old.attack is None
    assert rule_sha(measured) == rule_sha(old)
    assert measured.noise_share is not None and float(measured.noise_share.min()) > 0.0
    # A clarinet is silent between its lowest partials and breathes above: C4 and its third partial, rows 6 and 20.
    assert float(measured.noise_share[[6, 20]].max()) < 0.1
    assert measured.high_band is not None and measured.high_band.noise_share is not None
    assert measured.root_hz == pytest.approx(261.6, rel=0.01)
    assert measured.trim_db is not None and bool(torch.isfinite(measured.trim_db).all())
    assert (measured.name, measured.region_s, measured.credit) == (old.name, old.region_s, old.credit)
    assert plain.read_bytes() == before


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["measure", *map(str, arguments)]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("petrichord: ")]
    assert len(said) == 1
    return said[0]


def test_bad_input_is_one_sentence(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.safetensors"
    assert "no preset “nothing”" in _refusal(capsys, "nothing", CLARINET, "-o", new)
    assert "gone.flac" in _refusal(capsys, plain, tmp_path / "gone.flac", "-o", new)
    assert "end it with .safetensors" in _refusal(capsys, plain, CLARINET, "-o", tmp_path / "new.wav")
    assert "no folder" in _refusal(capsys, plain, CLARINET, "-o", tmp_path / "none" / "new.safetensors")
    late = save_preset(replace(load_preset(plain), region_s=(5.0, 8.0)), tmp_path / "late.safetensors")
    assert "give the recording it grew from" in _refusal(capsys, late, CLARINET, "-o", new)
    notebook = save_preset(notebook_preset(), tmp_path / "notebook.safetensors")
    assert "notebook" in _refusal(capsys, notebook, CLARINET, "-o", new)
    noise = tmp_path / "noise.flac"
    noise.write_bytes(b"not audio")
    assert "cannot be read as audio" in _refusal(capsys, plain, noise, "-o", new)
    assert not new.exists()
