"""What its owner says of a preset travels in its file, and older versions of Petrichord open such a file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from synth.errors import PresetError
from synth.presets.about import CATEGORIES, MAX_TAGS, OTHER, About, category_of, tags_from
from synth.presets.card import liveliness_db, read_card
from synth.presets.file import describe, load_preset, save_preset
from synth.presets.library import bundled_folder
from synth.presets.user_folder import rename
from tests.doubles.samples import live_preset
from tests.synth.presets.files import rewrite, set_field

SAID = About("pads", ("dark", "bowed"), "For the second verse: ↯ <b>slowly</b>")


def told(path: Path) -> dict[str, object]:
    """The description in a file, read without our own reader."""
    with safe_open(path, framework="np") as file:
        description = json.loads(file.metadata()["petrichord"])
    assert isinstance(description, dict)
    return description


def test_what_is_said_is_in_the_file_and_comes_back(tmp_path: Path) -> None:
    path = save_preset(live_preset().with_about(SAID), tmp_path / "a.safetensors")
    assert {name: told(path)[name] for name in ("category", "tags", "comment")} == {
        "category": "pads", "tags": ["dark", "bowed"], "comment": SAID.comment,
    }  # fmt: skip
    assert load_preset(path).about == SAID == read_card(path).about
    assert read_card(path).category.label == "Pads"


def test_a_preset_of_which_nothing_is_said_is_written_as_before(tmp_path: Path) -> None:
    assert not {"category", "comment"} & set(describe(live_preset()))


def test_a_field_that_is_not_known_is_passed_over_as_older_versions_pass_over_these(tmp_path: Path) -> None:
    """They read what they know of the description of schema 2, as this one does: no field is looked for but by name."""
    path = save_preset(live_preset(), tmp_path / "a.safetensors")
    rewrite(path, set_field("said_by_a_later_version", {"anything": [1]}))
    assert told(path)["schema_version"] == 2
    assert describe(load_preset(path)) == describe(live_preset())


@pytest.mark.parametrize(("field", "value"), [("comment", 3), ("comment", "x" * 501), ("category", ["pads"])])
def test_a_damaged_field_is_named(field: str, value: object, tmp_path: Path) -> None:
    path = save_preset(live_preset(), tmp_path / "a.safetensors")
    rewrite(path, set_field(field, value))
    with pytest.raises(PresetError, match=f"a.safetensors: field “{field}” must be a text"):
        load_preset(path)


def test_something_else_is_said_in_the_same_file(tmp_path: Path) -> None:
    """Also where the file is not called as the preset is."""
    path = save_preset(replace(live_preset(), name="Low strings"), tmp_path / "low_strings.safetensors")
    assert rename(path, "Low strings", tmp_path, SAID) == path
    assert (load_preset(path).name, load_preset(path).about) == ("Low strings", SAID)
    moved = rename(path, "Lower", tmp_path, About())
    assert [file.name for file in tmp_path.iterdir()] == ["Lower.safetensors"]
    assert load_preset(moved).about == About()


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("", ()),
        (" , ,", ()),
        ("Dark,  very   slow ,dark", ("dark", "very slow")),
        ("x" * 99, ("x" * 30,)),
        (",".join(map(str, range(99))), tuple(map(str, range(MAX_TAGS)))),
    ],
)
def test_typed_tags_are_each_there_once(typed: str, tags: tuple[str, ...]) -> None:
    assert tags_from(typed) == tags
    assert tags_from(", ".join(tags)) == tags


def test_every_bundled_preset_belongs_to_a_group_that_suits_it() -> None:
    groups = {path.stem: read_card(path).category.label for path in bundled_folder().glob("*.safetensors")}
    assert OTHER.label not in groups.values()
    expected = {
        "harp": "Plucked", "violin": "Strings", "choir_male": "Voices", "clarinet": "Winds", "bowed_glass": "Glass",
        "vibraphone": "Bells", "singing_bowl": "Bells", "church_organ": "Keys", "piano": "Keys", "wind": "Nature",
        "lunar_pad": "Pads",
    }  # fmt: skip
    assert {name: groups[name] for name in expected} == expected


def test_a_stated_category_comes_before_the_tags_and_one_that_is_not_known_does_not() -> None:
    assert category_of("keys", ("bowed",)).label == "Keys"
    assert category_of("of-a-later-version", ("bowed",)).label == "Strings"
    assert len({category.id for category in CATEGORIES}) == len(CATEGORIES)


def test_liveliness_is_the_change_of_level_in_93_ms() -> None:
    """A row that swings by ±10 dB with a period of 16 frames is 10·2·mean|cos| away after half of it: 40/π dB."""
    still = np.full((4, 160), -1.0, dtype=np.float32)
    assert liveliness_db(still) == 0
    still[2] = 0.3
    assert liveliness_db(still) == 0
    swinging = still.copy()
    swinging[2] = 0.25 * np.sin(2 * np.pi * (np.arange(160) + 0.5) / 16)
    # Sixteen points of |sin| instead of its integral: 0.3 % more.
    assert liveliness_db(swinging) == pytest.approx(40 / np.pi, rel=0.01)
