"""Presets of older schemas open, and sound as they did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from synth.mel import log_mel_from_grid
from synth.presets import file as preset_file
from synth.presets.file import load_preset, save_preset
from synth.presets.model import LOOP_FRAMES, HighBand, Vibrato
from tests.doubles.samples import live_preset
from tests.doubles.sounds import spectral
from tests.synth.presets.files import rewrite


def test_an_older_schema_migrates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_preset(live_preset(), tmp_path / "old.safetensors")
    rewrite(path, lambda _, d: d.update(schema_version=0, title=d.pop("name")))
    monkeypatch.setitem(preset_file.MIGRATIONS, 0, lambda d: {**d, "name": d["title"], "schema_version": 1})
    assert load_preset(path).name == "Test tone"


def as_schema_1(_: dict[str, Any], description: dict[str, Any]) -> None:
    """The description as it was written before there were noise shares and contours."""
    del description["attack_frames"]
    description["vibrato"] = {k: description["vibrato"][k] for k in ("rate_hz", "depth_cents", "jitter_cents")}
    description["schema_version"] = 1


def test_a_preset_of_schema_1_opens_without_noise_share_and_contour(tmp_path: Path) -> None:
    preset = replace(live_preset(), vibrato=Vibrato(5.0, 20.0, 3.0), trim_db=torch.randn(80))
    path = save_preset(preset, tmp_path / "old.safetensors")
    rewrite(path, as_schema_1)
    again = load_preset(path)
    assert (again.noise_share, again.attack, again.release_db_per_s) == (None, None, None)
    assert again.vibrato == Vibrato(5.0, 20.0, 3.0, rate_wander_hz=0.0, depth_wander=0.0)
    assert preset_file.describe(again) == preset_file.describe(preset)
    assert torch.equal(again.state, preset.state)


def test_a_preset_of_schema_1_sounds_as_it_did(tmp_path: Path) -> None:
    """Samples kept from the version before; other processors' products differ in the last bits."""
    air = torch.cat([torch.full((3, 80), 1 / 80), torch.tensor([[-4.0], [-5.0], [-6.0]])], 1)
    preset = replace(
        live_preset(n_frames=LOOP_FRAMES),
        vibrato=Vibrato(5.0, 20.0, 3.0),
        high_band=HighBand(torch.linspace(8000, 11000, 4), air),
        trim_db=torch.linspace(-2, 2, 80),
    )
    path = save_preset(preset, tmp_path / "old.safetensors")
    rewrite(path, as_schema_1)
    columns = log_mel_from_grid(preset.state[0][:, :40], preset.reference_db)
    moving = -5 + torch.sin(0.7 * torch.arange(40)[None] + torch.arange(80)[:, None] * 1.9)
    frames = torch.maximum(columns, moving)[None].repeat(2, 1, 1)
    pitch = torch.cat([torch.ones(20), torch.full((20,), 1.25)])[None].repeat(2, 1)
    sound = spectral(load_preset(path), 22050, n_heads=2, seed=3).process(frames, pitch, 0.5).numpy()
    kept = np.load(Path(__file__).parents[2] / "data" / "schema_1.npy")
    assert np.abs(sound[:, : kept.shape[1]] - kept).max() < 10 ** (-90 / 20)


def test_migrating_leaves_the_old_description_alone() -> None:
    old = {"schema_version": 1, "vibrato": {"rate_hz": 5.0}}
    new = preset_file.MIGRATIONS[1](old)
    assert old == {"schema_version": 1, "vibrato": {"rate_hz": 5.0}}
    assert new["schema_version"] == 2
