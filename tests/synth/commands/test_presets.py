"""`petrichord presets`: many presets as one file, and back, as its user meets it."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from synth.commands.cli import main
from synth.presets.file import load_preset, save_preset
from tests.doubles.samples import live_preset


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, with two presets of their own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    folder = tmp_path / "share" / "petrichord" / "presets"
    for name in ("Mine", "Yours"):
        save_preset(replace(live_preset(), name=name), folder / f"{name}.safetensors")
    return folder


def test_all_of_ones_own_go_into_a_bank_and_come_back(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = str(tmp_path / "bank.zip")
    assert main(["presets", "export", bank]) == 0
    assert capsys.readouterr().out == f"2 presets in {bank}: Mine, Yours\n"
    with zipfile.ZipFile(bank) as archive:
        assert set(archive.namelist()) == {"bank.json", "Mine.safetensors", "Yours.safetensors"}
    (own / "Mine.safetensors").unlink()
    assert main(["presets", "import", bank]) == 0
    assert capsys.readouterr().out == f"1 preset added to {own}: Mine\n1 preset there already: Yours\n"
    assert load_preset(own / "Mine.safetensors").name == "Mine"


def test_without_presets_of_ones_own_it_asks_for_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "empty"))
    assert main(["presets", "export", str(tmp_path / "bank.zip")]) == 2
    assert "There are no presets of your own: name those to put into" in capsys.readouterr().err
    assert not (tmp_path / "bank.zip").exists()


def test_named_ones_go_into_a_bank_bundled_ones_too(own: Path, tmp_path: Path) -> None:
    assert main(["presets", "export", str(tmp_path / "bank.zip"), "Mine", "violin"]) == 0
    with zipfile.ZipFile(tmp_path / "bank.zip") as archive:
        assert [each["name"] for each in json.loads(archive.read("bank.json"))["presets"]] == ["Mine", "Violin"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "{}/bank.zip", "nobody"], "There is no preset “nobody”"),
        (["export", "{}/presets/x/y/../../../no/where", "{}/gone.safetensors"], "There is no preset"),
        (["import", "{}/gone.zip"], "gone.zip is not there"),
        (["import", "{}/bad.zip"], "not a zip file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    own: Path, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.zip").write_bytes(b"no")
    assert main(["presets", *(argument.format(tmp_path) for argument in arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and words in told.err


def test_files_that_are_no_presets_are_named_one_a_line_and_the_others_taken(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "bank.zip", "w") as archive:
        archive.writestr("a.txt", "x")
        archive.writestr("b.safetensors", "x")
        archive.writestr("new.safetensors", (own / "Mine.safetensors").read_bytes().replace(b"Mine", b"Wine"))
    assert main(["presets", "import", str(tmp_path / "bank.zip")]) == 2
    told = capsys.readouterr()
    assert told.out == f"1 preset added to {own}: Wine\n"
    assert ["a.txt" in line or "b.safetensors" in line for line in told.err.splitlines()] == [True, True]


def test_the_list_is_as_it_was(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "--json"]) == 0
    assert {"Mine", "Yours", "violin"} <= {row["name"] for row in json.loads(capsys.readouterr().out)}
