"""The variations among the bundled presets, and making them again."""

from pathlib import Path

import pytest

import training.studies.variations
from synth.instrument.modulation.routes import trouble_with_all
from synth.instrument.parameters.effect_rows import EFFECTS, effects_order
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.values import from_settings
from synth.loudness import loudness_lufs
from synth.presets.file import SUFFIX, load_preset
from synth.presets.library import bundled_folder
from synth.presets.model import Preset
from synth.presets.variation import is_variation, variation_bytes
from training.studies.library import MANIFEST, read_manifest
from training.studies.variations import (
    Variation,
    description,
    levelled_gain_db,
    main,
    played,
    read_variations,
    settings_of,
    varied,
)

FOLDER = bundled_folder()
VARIATIONS = read_variations(FOLDER / MANIFEST)


@pytest.fixture(scope="module")
def presets() -> dict[str, Preset]:
    """All bundled presets by file."""
    return {path.stem: load_preset(path) for path in FOLDER.glob(f"*{SUFFIX}")}


def on(preset: Preset) -> tuple[str, ...]:
    """The effects that are on, in their order."""
    controls = from_settings(preset.settings)
    return tuple(effect for effect in effects_order(controls) if controls[f"{effect}_on"])


def test_the_library_has_48_presets_of_which_16_move_and_12_use_effects(presets: dict[str, Preset]) -> None:
    assert len(presets) >= 48
    assert len({preset.name for preset in presets.values()}) == len(presets)
    moving = [name for name, preset in presets.items() if preset.routes]
    with_effects = [name for name, preset in presets.items() if on(preset)]
    assert len(moving) >= 16 and len(with_effects) >= 12
    # What they show is what they are tagged with.
    assert set(moving) == {name for name, preset in presets.items() if "modulation" in preset.tags}
    assert set(with_effects) == {name for name, preset in presets.items() if "effects" in preset.tags}


def test_every_variation_is_its_base_to_the_byte_but_for_what_the_manifest_says(presets: dict[str, Preset]) -> None:
    trained = {entry.file for entry in read_manifest(FOLDER / MANIFEST)}
    assert {name for name in presets if is_variation(FOLDER / f"{name}{SUFFIX}")} == {v.file for v in VARIATIONS}
    for variation in VARIATIONS:
        assert variation.base in trained
        base, preset = presets[variation.base], presets[variation.file]
        again = variation_bytes(description(variation, base, preset.gain_db))
        assert again == (FOLDER / f"{variation.file}{SUFFIX}").read_bytes(), variation.file
        assert preset.credit == base.credit and preset.credit.licence
        assert (preset.mel, preset.parent, preset.recipe) == (base.mel, base.parent, base.recipe)


def test_every_variation_suggests_what_the_table_knows(presets: dict[str, Preset]) -> None:
    """Nothing is passed over when it is loaded: each setting is a control of the preset's, within its range."""
    for variation in VARIATIONS:
        preset = presets[variation.file]
        controls = from_settings(preset.settings)
        assert {id: controls[id] for id in preset.settings} == preset.settings
        assert {PARAMETERS[id].owner for id in preset.settings} <= {"preset"}
        assert on(preset) == variation.effects
        assert not trouble_with_all(preset.routes) and len(preset.routes) == len(variation.routes)
        assert preset.about.comment and preset.macro_names == variation.macros
        named = {f"macro{n}" for n in range(1, len(variation.macros) + 1)}
        assert {route.source for _, route in preset.routes if route.source.startswith("macro")} == named, variation.file


def test_a_variation_is_as_loud_as_every_preset(presets: dict[str, Preset]) -> None:
    """The library's bar, −18 ± 1.5 LUFS, here after 2 s of the 16 that it was levelled on."""
    assert loudness_lufs(played(presets["hall_piano"], 2.0), 44100) == pytest.approx(-18, abs=1.5)


def test_the_gain_is_corrected_until_it_is_right_also_where_the_sound_saturates(
    presets: dict[str, Preset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instrument whose loudness follows only three tenths of its gain, −24 LUFS at 0 dB."""
    monkeypatch.setattr(training.studies.variations, "played", lambda preset, seconds: preset)
    monkeypatch.setattr(training.studies.variations, "loudness_lufs", lambda preset, _: -24 + 0.3 * preset.gain_db)
    # To within 0.2 LU.
    assert levelled_gain_db(presets["violin"]) == pytest.approx(6 / 0.3, abs=0.2 / 0.3)


def test_making_writes_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.studies.variations, "levelled_gain_db", lambda preset: -1.5)
    assert main(["hall_piano", "-o", str(tmp_path)]) == 0
    (made,) = tmp_path.iterdir()
    assert made.name == f"hall_piano{SUFFIX}" and load_preset(made).gain_db == -1.5


def test_effects_that_are_off_come_after_those_that_are_on() -> None:
    settings = settings_of(Variation("a", "A", "harp", (), "", effects=("eq", "drive")))
    assert sorted(EFFECTS, key=lambda effect: settings[f"{effect}_place"]) == [
        "eq", "drive", "chorus", "delay", "reverb",
    ]  # fmt: skip
    assert {id for id in settings if id.endswith("_on")} == {"eq_on", "drive_on"}
    # One without effects leaves their places alone.
    assert settings_of(Variation("a", "A", "harp", (), "")) == {}


def test_what_a_variation_plays_has_the_settings_of_its_base(presets: dict[str, Preset]) -> None:
    variation = Variation("a", "A", "harp", (), "", settings={"width": "25 %"})
    assert varied(variation, presets["harp"]).settings == {**presets["harp"].settings, "width": 0.25}


_START = '[[variation]]\nfile = "x"\nname = "X"\nbase = "harp"\ntags = []\ncomment = ""\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[variation]\n", "cannot be read"),
        ('[[variation]]\nfile = "x"\n', "“x” lacks a field"),
        (_START + 'colour = "red"\n', "colour"),
        (_START + 'effects = ["phaser"]\n', "no effect phaser"),
        (_START + "settings = { ring_s = 3.0 }\n", "no control “ring_s”"),
        (_START + "settings = { width = 3.0 }\n", "outside its range"),
        (_START + 'settings = { lfo1_shape = "round" }\n', "“round”"),
        (_START + "settings = { arp_on = true }\n", "Arpeggiator is the player's"),
        (_START + 'routes = ["lfo9 > width 0.1"]\n', "no source “lfo9”"),
        (_START + 'macros = ["a", "b", "c", "d", "e"]\n', "more than 4 macros"),
        (_START.replace('comment = ""', f'comment = "{"x" * 501}"'), "500 characters"),
    ],
)
def test_a_faulty_manifest_is_one_sentence(
    tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    assert main(["--manifest", str(path), "-o", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1


def test_a_name_that_the_manifest_does_not_have_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "no variation nothing" in capsys.readouterr().err
