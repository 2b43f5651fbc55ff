"""Banks: what is written is a plain zip file; what is taken in goes to the folder, whole or not at all."""

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import PresetError
from synth.presets.about import About
from synth.presets.bank import INDEX, Import, export_bank, import_bank
from synth.presets.file import load_preset, preset_bytes, save_preset
from tests.doubles.samples import live_preset
from tests.synth.presets.banks import MB, OTHER, RAW, STEM, zipped
from tests.synth.presets.files import rewrite, set_field


def test_a_bank_is_a_plain_zip_of_the_files_with_an_index(tmp_path: Path) -> None:
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, raw in zip(paths, (RAW, OTHER), strict=True):
        path.write_bytes(raw)
    done = export_bank(paths, tmp_path / "deep" / "bank.zip")
    assert (done.written, done.left) == (("Wind/2: äé", "Wind/2: äé"), ())
    with zipfile.ZipFile(tmp_path / "deep" / "bank.zip") as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
        # Whenever it is made, it is the same.
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    index = json.loads(contents.pop(INDEX))
    assert contents == {f"{STEM}.safetensors": RAW, f"{STEM} 2.safetensors": OTHER}
    assert index["petrichord_bank"] == 1 and [each["file"] for each in index["presets"]] == list(contents)
    assert (index["presets"][0]["category"], index["presets"][0]["tags"]) == ("pads", ["dark"])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["bank.zip"]


def test_the_same_presets_make_the_same_bank_and_it_comes_back_to_the_byte(tmp_path: Path, home: Path) -> None:
    banks = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for bank in banks:
        export_bank([home / "mine.safetensors"], bank)
    assert banks[0].read_bytes() == banks[1].read_bytes()
    (home / "mine.safetensors").unlink()
    done = import_bank(banks[0], home)
    assert done == Import((home / f"{STEM}.safetensors",))
    assert done.added[0].read_bytes() == OTHER
    # A second time there is nothing to do, whatever the file is called.
    done.added[0].rename(home / "renamed.safetensors")
    assert import_bank(banks[0], home) == Import((), ("Wind/2: äé",))


def test_a_name_that_is_taken_is_given_a_number_and_nothing_is_replaced(tmp_path: Path, home: Path) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (bundled / f"{STEM} 2.safetensors").write_bytes(b"something else")
    (home / f"{STEM}.safetensors").write_bytes(b"mine")
    done = import_bank(zipped(tmp_path / "bank.zip", {"x/y.safetensors": RAW}), home, bundled)
    assert done.added == (home / f"{STEM} 3.safetensors",)
    again = load_preset(done.added[0])
    assert (again.name, again.about) == ("Wind/2: äé 3", About("pads", ("dark",), "for later"))
    assert (home / f"{STEM}.safetensors").read_bytes() == b"mine"


def test_what_comes_with_petrichord_is_not_taken_in_again(tmp_path: Path, home: Path) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (bundled / "wind.safetensors").write_bytes(RAW)
    bank = zipped(tmp_path / "bank.zip", {"a.safetensors": RAW})
    assert import_bank(bank, home, bundled).there == ("Wind/2: äé",)


def test_each_file_that_is_no_preset_is_left_out_and_named_and_the_others_are_taken(tmp_path: Path, home: Path) -> None:
    later = tmp_path / "later.safetensors"
    save_preset(live_preset(), later)
    rewrite(later, set_field("schema_version", 99))
    long_name = preset_bytes(replace(live_preset(), name="x" * 99))
    files = {
        "readme.txt": b"hello",
        "half.safetensors": RAW[: len(RAW) // 2],
        "later.safetensors": later.read_bytes(),
        "empty.safetensors": b"",
        "large.safetensors": os.urandom(MB + 1),
        "long.safetensors": long_name,
        "good.safetensors": RAW,
        "__MACOSX/._good.safetensors": b"what a Mac puts there",
        ".DS_Store": b"and this",
    }
    done = import_bank(zipped(tmp_path / "bank.zip", files), home)
    assert [path.name for path in done.added] == [f"{STEM}.safetensors"]
    left = dict(zip(list(files)[:6], done.left, strict=True))
    assert all(name in sentence and "\n" not in sentence for name, sentence in left.items())
    assert "update Petrichord" in left["later.safetensors"]
    assert "is not a preset" in left["readme.txt"] and "1.0 MB" in left["large.safetensors"]
    assert "99 characters" in left["long.safetensors"]


def test_each_preset_is_there_whole_or_not_at_all(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full while the second of three is written."""
    bank = zipped(tmp_path / "bank.zip", {f"{i}.safetensors": preset_of(f"p{i}") for i in range(3)})
    replaced = os.replace
    calls: list[object] = []

    def full(source: str, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        replaced(source, target)

    monkeypatch.setattr("os.replace", full)
    done = import_bank(bank, home)
    assert [path.name for path in done.added] == ["p0.safetensors", "p2.safetensors"]
    assert "p1.safetensors: No space left" in done.left[0]
    assert sorted(path.name for path in home.iterdir()) == ["mine.safetensors", "p0.safetensors", "p2.safetensors"]


def preset_of(name: str) -> bytes:
    return preset_bytes(replace(live_preset(), name=name))


def test_it_ends_between_two_presets_once_nobody_waits(tmp_path: Path, home: Path) -> None:
    bank = zipped(tmp_path / "bank.zip", {f"{i}.safetensors": preset_of(f"p{i}") for i in range(3)})
    asked = iter([False, True])
    assert len(import_bank(bank, home, given_up=lambda: next(asked)).added) == 1


def test_a_bank_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, home: Path) -> None:
    bank = tmp_path / "bank.zip"
    bank.write_bytes(b"old")
    broken = home / "broken.safetensors"
    broken.write_bytes(b"no")
    with pytest.raises(PresetError, match=r"broken\.safetensors is not a preset"):
        export_bank([broken], bank)
    with pytest.raises(PresetError, match="no preset to put into a bank"):
        export_bank([], bank)
    with pytest.raises(PresetError, match="cannot be written"):
        export_bank([home / "mine.safetensors"], bank / "inside.zip")
    assert bank.read_bytes() == b"old" and sorted(p.name for p in tmp_path.iterdir()) == [
        "bank.zip", "neighbour", "presets",
    ]  # fmt: skip
    done = export_bank([broken, home / "mine.safetensors"], bank)
    assert len(done.written) == 1 and "broken.safetensors" in done.left[0]
