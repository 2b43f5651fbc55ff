"""What a user has stored comes back field by field, whatever became of the file meanwhile."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.device.outputs import BUFFER_RANGE_S, RATES_HZ, Output
from synth.midi.mpe import MPE_SETTINGS
from synth.storage import StoredObject, write_whole
from synth.takes.wav import SAMPLE_FORMATS
from ui.settings.store import Settings, SettingsFile, TuningChoice, as_json, settings_path


def json_values(floats: st.SearchStrategy[float]) -> st.SearchStrategy[object]:
    return st.recursive(
        st.none() | st.booleans() | st.integers() | floats | st.text(st.characters(), max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )


JSON = json_values(st.floats())
STORED = json_values(st.floats(allow_nan=False, allow_infinity=False))
"""What a program writes: NaN and infinity are no JSON, and are read as null."""
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            "output",
            "take_folder",
            "take_format",
            "midi_ports",
            "midi_channel",
            "midi_mpe",
            "tuning",
            "tuning_scale",
            "schema_version",
            "later",
        ]
    ),
    JSON | st.dictionaries(st.sampled_from(["device", "rate_hz", "buffer_s", "later"]), JSON),
)
SETTINGS = st.builds(
    Settings,
    output=st.builds(
        Output,
        device=st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        rate_hz=st.none() | st.sampled_from(RATES_HZ),
        buffer_s=st.floats(*BUFFER_RANGE_S),
    ),
    take_folder=st.none() | st.sampled_from([Path("/takes"), Path("/with blanks/Ärmel")]),
    take_format=st.sampled_from(SAMPLE_FORMATS),
    take_wait=st.booleans(),
    midi_ports=st.lists(st.sampled_from(["Keystation 61", "Tastatur Ä"]), unique=True).map(tuple),
    midi_virtual=st.booleans(),
    midi_channel=st.none() | st.integers(1, 16),
    midi_mpe=st.sampled_from(MPE_SETTINGS),
    tuning=st.sampled_from(get_args(TuningChoice)),
    tuning_scale=st.none() | st.sampled_from([Path("/scales/pelog.scl"), Path("/scales/ä ö.scl")]),
    tuning_map=st.none() | st.sampled_from([Path("/scales/keys.kbm")]),
)
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def stored(path: Path, content: object) -> SettingsFile:
    write_whole(path, content)
    return SettingsFile(path)


def is_usable(found: Settings) -> None:
    """Every value is one that the settings page could have stored."""
    output = found.output
    assert output.device is None or (isinstance(output.device, str) and "\0" not in output.device)
    assert output.rate_hz is None or output.rate_hz in RATES_HZ
    assert BUFFER_RANGE_S[0] <= output.buffer_s <= BUFFER_RANGE_S[1]
    assert found.take_folder is None or found.take_folder.is_absolute()
    assert found.take_format in SAMPLE_FORMATS
    assert all(isinstance(port, str) for port in found.midi_ports)
    assert found.midi_channel is None or found.midi_channel in range(1, 17)
    assert found.midi_mpe in MPE_SETTINGS
    json.dumps(as_json(found)).encode()


@SHARED
@given(SETTINGS)
def test_what_is_stored_comes_back(path: Path, wanted: Settings) -> None:
    SettingsFile(path).write(wanted)
    found = SettingsFile(path)
    assert (found.settings, found.problems) == (wanted, [])


@SHARED
@given(JSON | FIELDS)
def test_any_json_gives_usable_settings_and_sentences(path: Path, content: object) -> None:
    found = stored(path, content)
    is_usable(found.settings)
    for sentence in found.problems:
        assert str(path) in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence
        sentence.encode()
    if not isinstance(content, dict):
        assert found.settings == Settings()
        assert found.problems
    found.write(replace(found.settings, take_format="float32"))
    again = SettingsFile(path)
    assert again.settings == replace(found.settings, take_format="float32")
    assert again.problems == []


@SHARED
@given(st.binary(max_size=200))
def test_any_bytes_give_usable_settings_and_sentences(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    found = SettingsFile(path)
    is_usable(found.settings)
    SettingsFile(path)
    found.write(Settings(take_format="float32"))
    assert SettingsFile(path).settings.take_format == "float32"


@SHARED
@given(SETTINGS, st.sampled_from(["device", "rate_hz", "buffer_s", "take_folder", "take_format", "take_wait"]), JSON)
def test_a_damaged_field_costs_only_itself(path: Path, wanted: Settings, field: str, damage: object) -> None:
    content: dict[str, Any] = as_json(wanted)
    place = content["output"] if field in content["output"] else content
    place[field] = damage
    found = stored(path, content)
    default = as_json(Settings())
    for name, value in as_json(wanted)["output"].items():
        assert name == field or as_json(found.settings)["output"][name] == value
    for name in ("take_folder", "take_format", "take_wait"):
        assert name == field or as_json(found.settings)[name] == as_json(wanted)[name]
    if found.problems:
        (sentence,) = found.problems
        assert f"{field}”" in sentence
        kept = as_json(found.settings)
        assert (kept["output"] | kept)[field] == (default["output"] | default)[field]


@SHARED
@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name not in as_json(Settings())), STORED), STORED)
def test_what_a_newer_version_stored_is_kept(path: Path, unknown: dict[str, object], deeper: object) -> None:
    content = {**unknown, "schema_version": 7, "output": {"surround": deeper}}
    found = stored(path, content)
    found.write(Settings(output=Output(rate_hz=96000)))
    after = json.loads(path.read_text())
    assert after["output"]["surround"] == deeper
    for name, value in unknown.items():
        assert name == "schema_version" or after[name] == value
    assert after["schema_version"] == 7
    assert after["output"]["rate_hz"] == 96000


def test_a_file_that_nests_too_deeply_is_put_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("[" * 100_000)
    found = SettingsFile(path)
    assert found.settings == Settings()
    assert "damaged" in found.problems[0]
    assert path.with_suffix(".damaged.json").exists()


def test_unknown_fields_that_cannot_be_written_again_do_not_stop_the_others(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"later": ' + "[" * 900 + "]" * 900 + "}")
    SettingsFile(path).write(Settings(take_format="float32"))
    assert SettingsFile(path).settings.take_format == "float32"


def test_a_file_far_too_large_is_not_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"take_format": "float32", "x": "' + "y" * 2_000_000 + '"}')
    assert SettingsFile(path).settings == Settings()


def test_without_a_file_there_is_nothing_to_say(path: Path) -> None:
    assert SettingsFile(path).problems == []
    assert SettingsFile(path).settings == Settings()


def test_the_old_file_stays_whole_when_the_new_one_cannot_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SettingsFile(path).write(Settings(output=Output(rate_hz=48000)))
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        SettingsFile(path).write(Settings(output=Output(rate_hz=96000)))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_section_that_is_no_object_starts_anew_in_words(path: Path) -> None:
    write_whole(path, {"output": [1, 2]})
    found = StoredObject(path, "settings")
    assert found.fields({}, "output") == {}
    assert "a list" in found.problems[0]


def test_the_usual_place_is_the_users_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_path() == tmp_path / "petrichord" / "settings.json"
