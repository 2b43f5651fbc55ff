"""A variation is read from a small file and its base, and is a whole preset wherever it goes from there."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from synth.errors import PresetError
from synth.presets.bank import Import, export_bank, import_bank
from synth.presets.card import read_card
from synth.presets.credits import read_credit
from synth.presets.file import SUFFIX, describe, load_preset, preset_bytes, save_preset
from synth.presets.library import bundled_folder
from synth.presets.routes import Route, Routes, told_of_routes
from synth.presets.user_folder import duplicate
from synth.presets.variation import is_variation, variation_bytes

BASE = bundled_folder() / f"harp{SUFFIX}"
ROUTES = Routes(((1, Route("random", "voice_pan", 0.3, "bipolar")),))
OWN: dict[str, Any] = {
    "schema_version": 2,
    "base": "harp",
    "name": "Varied",
    "tags": ["plucked", "modulation"],
    "comment": "What it shows.",
    "gain_db": -3.25,
    "settings": {"reverb_on": 1.0, "release_s": 2.0},
    "routes": told_of_routes(ROUTES),
    "macro_names": ["Room"],
}


@pytest.fixture
def varied(tmp_path: Path) -> Path:
    path = tmp_path / f"varied{SUFFIX}"
    path.write_bytes(variation_bytes(OWN))
    return path


def written(path: Path, **changed: object) -> Path:
    path.write_bytes(variation_bytes({**OWN, **changed}))
    return path


def test_a_variation_has_its_own_words_and_controls_and_everything_else_of_its_base(varied: Path) -> None:
    base, preset = load_preset(BASE), load_preset(varied)
    told, own = (json.loads(json.dumps(describe(each))) for each in (base, preset))
    names = {"name", "tags", "comment", "gain_db", "settings", "routes", "macro_names"}
    assert {name: own.pop(name) for name in names} == {name: OWN[name] for name in names}
    assert own == {name: value for name, value in told.items() if name not in names}
    assert torch.equal(preset.state, base.state)
    weights = base.rule.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in preset.rule.state_dict().items())
    assert preset.source_path == str(varied)
    assert varied.stat().st_size < 2000 and is_variation(varied) and not is_variation(BASE)


def test_what_is_the_bases_a_variation_cannot_say_otherwise(tmp_path: Path) -> None:
    """Neither who made the recording nor how it was trained."""
    changed = {"credit": {"recording": "x", "author": "me", "licence": "none"}, "root_hz": 1.0, "recipe": {}}
    path = written(tmp_path / f"a{SUFFIX}", **changed)
    base, preset = load_preset(BASE), load_preset(path)
    assert (preset.credit, preset.root_hz, preset.recipe) == (base.credit, base.root_hz, base.recipe)
    assert read_credit(path) == ("Varied", base.credit)


def test_a_browser_shows_its_own_words_and_its_bases_culture(varied: Path) -> None:
    base, card = read_card(BASE), read_card(varied)
    assert (card.name, card.tags, card.about.comment) == ("Varied", ("plucked", "modulation"), "What it shows.")
    assert card.category.label == "Plucked"
    assert (card.grid == base.grid).all()
    assert (card.root_hz, card.author, card.liveliness_db) == (base.root_hz, base.author, base.liveliness_db)


def test_what_is_saved_is_a_whole_preset(varied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    copy = duplicate(varied, folder)
    assert not is_variation(copy) and copy.stat().st_size > 500_000
    assert copy.read_bytes() == save_preset(load_preset(varied), tmp_path / f"b{SUFFIX}").read_bytes()
    assert describe(load_preset(copy)) == describe(load_preset(varied))


def test_a_bank_holds_it_whole_and_it_is_known_again(varied: Path, tmp_path: Path) -> None:
    bank, shelf, own = tmp_path / "bank.zip", tmp_path / "shelf", tmp_path / "own"
    export_bank([varied], bank)
    with zipfile.ZipFile(bank) as archive:
        assert archive.read(f"Varied{SUFFIX}") == preset_bytes(load_preset(varied))
    shelf.mkdir()
    varied.rename(shelf / varied.name)
    assert import_bank(bank, own, shelf) == Import((), ("Varied",))
    assert len(import_bank(bank, own).added) == 1


@pytest.mark.parametrize("name", ["../harp", "harp.safetensors", "", "/etc/passwd", 3, None, ["harp"]])
def test_a_base_is_named_and_never_a_path(name: object, tmp_path: Path) -> None:
    path = written(tmp_path / f"a{SUFFIX}", base=name)
    for read in (load_preset, read_card):
        with pytest.raises(PresetError, match=r"a\.safetensors: field “base” must be the name of a bundled preset"):
            read(path)
    assert read_credit(path) is None


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / f"a{SUFFIX}", base="theremin")
    with pytest.raises(PresetError, match=r"a\.safetensors is a variation of “theremin”, which this Petrichord"):
        load_preset(path)


def test_no_variation_varies_a_variation(varied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.presets.variation.bundled_folder", lambda: tmp_path)
    path = written(tmp_path / f"a{SUFFIX}", base="varied")
    for read in (load_preset, read_card):
        with pytest.raises(PresetError, match=r"a\.safetensors is a variation of a variation"):
            read(path)


@pytest.mark.parametrize(("field", "value"), [("gain_db", "loud"), ("settings", []), ("name", 3)])
def test_a_damaged_field_of_its_own_is_named(field: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=rf"a\.safetensors: field “{field}” must be"):
        load_preset(written(tmp_path / f"a{SUFFIX}", **{field: value}))
