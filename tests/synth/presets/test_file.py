"""Presets survive the disk unchanged, and whatever else is called a preset is refused in one sentence."""

import contextlib
import json
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import PresetError
from synth.mel import FORMATS
from synth.presets import file as preset_file
from synth.presets.file import load_preset, save_preset
from synth.presets.library import entries, load
from synth.presets.model import Preset
from synth.presets.tuning import Tuning
from tests.doubles.samples import live_preset, notebook_preset
from tests.synth.presets.files import full_preset, rewrite, set_field


@pytest.mark.parametrize("make", [live_preset, full_preset, notebook_preset])
def test_a_preset_comes_back_as_it_was(make: Callable[[], Preset], tmp_path: Path) -> None:
    preset = make()
    again = load_preset(save_preset(preset, tmp_path / "a.safetensors"))
    assert preset_file.describe(again) == preset_file.describe(preset)
    for name, tensor in preset.rule.state_dict().items():
        assert torch.equal(again.rule.state_dict()[name], tensor)
    assert torch.equal(again.state, preset.state)
    assert torch.equal(again.quantiles, preset.quantiles)
    if preset.high_band is not None and again.high_band is not None:
        assert torch.equal(again.high_band.weights, preset.high_band.weights)
        assert preset.high_band.noise_share is not None and again.high_band.noise_share is not None
        assert torch.equal(again.high_band.noise_share, preset.high_band.noise_share)
    for name in ("trim_db", "decay_db_per_s", "noise_share", "attack", "release_db_per_s"):
        stored, kept = getattr(again, name), getattr(preset, name)
        assert (stored is None) == (kept is None) and (stored is None or torch.equal(stored, kept))
    assert (again.partials is None) == (preset.partials is None)
    if preset.partials is not None and preset.partials.linewidth_hz is not None:
        assert again.partials is not None and again.partials.linewidth_hz is not None
        assert torch.equal(again.partials.linewidth_hz, preset.partials.linewidth_hz)
    if preset.partials is not None and preset.partials.shimmer is not None:
        assert again.partials is not None and again.partials.shimmer is not None
        assert torch.equal(again.partials.shimmer, preset.partials.shimmer)
        assert again.partials.shimmer_shared is not None and preset.partials.shimmer_shared is not None
        assert torch.equal(again.partials.shimmer_shared, preset.partials.shimmer_shared)
        assert again.partials.tremolo_db is not None and preset.partials.tremolo_db is not None
        assert torch.equal(again.partials.tremolo_db, preset.partials.tremolo_db)
    assert (tmp_path / "a.safetensors").stat().st_size <= 1_048_576
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (set_field("schema_version", 99), "schema_version"),
        (set_field("schema_version", 3), "schema_version"),
        (set_field("attack_frames", 64), "attack"),
        (set_field("attack_frames", 0), "attack"),
        (set_field("attack_frames", 10**9), "attack_frames"),
        (set_field("vibrato.depth_wander", -1), "vibrato.depth_wander"),
        (lambda h, d: h["noise_share"].update(shape=[40, 2]), "noise_share"),
        (lambda h, d: h["partials.linewidth_hz"].update(dtype="I32"), "partials.linewidth_hz"),
        (lambda h, d: h.pop("partials.shimmer_shared"), "partials.shimmer_shared"),
        (lambda h, d: h["partials.tremolo_db"].update(shape=[38]), "partials.tremolo_db"),
        (lambda h, d: h["high_band.noise_share"].update(shape=[3, 2]), "high_band.noise_share"),
        (lambda h, d: h["release_db_per_s"].update(dtype="I32"), "release_db_per_s"),
        (set_field("reference_db", "loud"), "reference_db"),
        (set_field("reference_db", float("nan")), "reference_db"),
        (set_field("mel.n_mels", 10**9), "mel.n_mels"),
        (set_field("mel.hop", 4000), "mel"),
        (set_field("mel.n_mels", 81), "state"),
        (set_field("rule.kind", "pickle"), "rule.kind"),
        (set_field("rule.hidden", 512), "rule."),
        (set_field("weather.time_frames", [3] * 65), "weather.time_frames"),
        (set_field("weather.patches", [[1]]), "weather.patches[0]"),
        (set_field("name", "x" * 10_000), "name"),
        (set_field("inharmonic", 1), "inharmonic"),
        (set_field("metrics", {"a": None}), "metrics.a"),
        (lambda h, d: h.update(surprise=h.pop("state")), "state"),
        (lambda h, d: h["rule.act.weight"].update(dtype="F16"), "rule.act.weight"),
    ],
)
def test_a_wrong_field_is_named(
    change: Callable[[dict[str, Any], dict[str, Any]], None], named: str, tmp_path: Path
) -> None:
    path = save_preset(full_preset(), tmp_path / "wrong.safetensors")
    rewrite(path, change)
    with pytest.raises(PresetError) as caught:
        load_preset(path)
    sentence = str(caught.value)
    assert "wrong.safetensors" in sentence
    assert named in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("where", ["state", "rule.act.weight", "partials.hz"])
def test_values_that_are_not_numbers_are_refused_and_named(where: str, tmp_path: Path) -> None:
    path = save_preset(full_preset(), tmp_path / "nan.safetensors")
    raw = bytearray(path.read_bytes())
    (n,) = struct.unpack("<Q", raw[:8])
    start, _ = json.loads(raw[8 : 8 + n])[where]["data_offsets"]
    wide = 2 if where == "state" else 4
    raw[8 + n + start : 8 + n + start + wide] = np.array([np.nan], "f2" if wide == 2 else "f4").tobytes()
    path.write_bytes(raw)
    with pytest.raises(PresetError, match=rf"nan.safetensors.*“{where}”"):
        load_preset(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_truncated_or_scrambled_files_are_refused_never_crash(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "damaged.safetensors"
    raw = bytearray(save_preset(live_preset(), path).read_bytes())
    if data.draw(st.booleans(), label="truncate"):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1), label="length")]
    else:
        header = 8 + struct.unpack("<Q", raw[:8])[0]
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, header - 1), label="position")] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    # A flipped digit inside a text or number can leave a valid preset; anything else must be refused by name.
    with contextlib.suppress(PresetError):
        load_preset(path)


def test_missing_oversized_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"no preset .*gone.safetensors"):
        load_preset(tmp_path / "gone.safetensors")
    big = tmp_path / "big.safetensors"
    big.write_bytes(b"\0" * 2_000_000)
    with pytest.raises(PresetError, match=r"big.safetensors is 2.0 MB"):
        load_preset(big)
    with pytest.raises(PresetError, match="is a folder"):
        load_preset(tmp_path)
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(PresetError, match=r"other.safetensors is a .safetensors file, but not a Petrichord preset"):
        load_preset(tmp_path / "other.safetensors")
    pickle = tmp_path / "evil.safetensors"
    torch.save({"state": torch.zeros(3)}, pickle)
    with pytest.raises(PresetError, match=r"evil.safetensors is not a preset"):
        load_preset(pickle)


def test_a_failed_save_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_preset(live_preset(), tmp_path / "kept.safetensors")
    before = path.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(PresetError, match="No space left on device"):
        save_preset(full_preset(), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["kept.safetensors"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"noise_share": torch.full((80,), 1.5)}, "noise_share"),
        ({"attack": torch.full((9, 80), 500.0)}, "attack"),
        ({"release_db_per_s": torch.full((80,), 3.0)}, "release_db_per_s"),
    ],
)
def test_values_no_recording_can_have_are_refused_and_named(
    changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    path = save_preset(replace(full_preset(), **changed), tmp_path / "loud.safetensors")
    with pytest.raises(PresetError, match=rf"loud.safetensors: “{named}” holds values outside"):
        load_preset(path)


def test_the_largest_contour_fits_into_a_preset(tmp_path: Path) -> None:
    fmt = FORMATS["44k128"]
    preset = replace(live_preset(fmt=fmt), attack=torch.randn(65, fmt.n_mels), noise_share=torch.rand(fmt.n_mels))
    assert save_preset(preset, tmp_path / "wide.safetensors").stat().st_size <= 1_048_576


def test_every_bundled_preset_loads_and_credits_its_recording() -> None:
    found = [entry for entry in entries() if entry.bundled]
    assert len(found) >= 3
    for entry in found:
        preset = load_preset(entry.path)
        assert preset.credit.licence
        assert preset.credit.recording
        assert preset.n_frames == 172


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(PresetError, match="no preset “accordion”: choose one of"):
        load("accordion")


def test_a_suggested_tuning_survives_the_disk_and_plays(tmp_path: Path) -> None:
    hz = tuple(math.nan if key < 12 else 8.2 * 2 ** (key / 13) for key in range(128))
    path = save_preset(replace(live_preset(), tuning=Tuning("thirteen", hz)), tmp_path / "a.safetensors")
    loaded = load_preset(path)
    assert loaded.tuning is not None and loaded.tuning.name == "thirteen"
    assert np.array_equal(loaded.tuning.key_hz, hz, equal_nan=True)
    assert loaded.tuning.silent_keys == frozenset(range(12))


def test_a_preset_without_one_is_written_as_it_was_before_there_were_any() -> None:
    assert "tuning" not in preset_file.describe(live_preset())
    assert "tuning" not in preset_file.describe(load(entries()[0].name))


@pytest.mark.parametrize(
    ("tuning", "field"),
    [
        (5, "tuning"),
        ({"name": "a"}, "tuning.key_hz"),
        ({"name": "a", "key_hz": [440.0] * 127}, "tuning.key_hz"),
        ({"name": "a", "key_hz": [440.0] * 127 + ["loud"]}, "tuning.key_hz.hz"),
        ({"name": "a", "key_hz": [440.0] * 127 + [-1.0]}, "tuning.key_hz.hz"),
        ({"key_hz": [440.0] * 128}, "tuning.name"),
    ],
)
def test_a_damaged_tuning_is_named(tuning: object, field: str, tmp_path: Path) -> None:
    raw = preset_file.preset_bytes(live_preset())
    header = json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])
    description = json.loads(header["__metadata__"]["petrichord"]) | {"tuning": tuning}
    header["__metadata__"]["petrichord"] = json.dumps(description)
    packed = json.dumps(header).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(packed)) + packed + raw[8 + struct.unpack("<Q", raw[:8])[0] :])
    with pytest.raises(PresetError, match=f"a.safetensors: field “{field}”"):
        load_preset(path)
