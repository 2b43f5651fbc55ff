"""Training on recordings nobody tuned on: what is kept, what is made again, and the page."""

import json
import shutil
from pathlib import Path

import pytest

import training.studies.unseen
from synth.presets.library import bundled_folder, load
from training.studies.figure_tables import COLUMNS, METHOD, Found, rule_name
from training.studies.library import MANIFEST, Entry, read_manifest
from training.studies.unseen import UNSEEN, main, page

MANIFEST_OF_TWO = "".join(
    f'[[preset]]\nfile = "{name}"\nname = "{name}"\ntags = []\nrecording = "{name}.flac"\ncredit = "a {name}"\n'
    f'author = "somebody"\nlicence = "CC0-1.0"\n'
    for name in ("bell", "gong")
)


def _figures(ltas_db: float) -> Found:
    found: Found = {key: {"value": 1.0, "floor": 0.5, "ok": None, "note": ""} for key, _, _ in COLUMNS}
    found["measured"] = {"method": METHOD, "rule": "aa"}
    found["sound_ltas_db"] = {"value": ltas_db, "floor": 0.5, "ok": ltas_db <= 0.7, "note": ""}
    return found


def test_no_preset_of_the_library_grew_from_any_of_them() -> None:
    unseen, library = read_manifest(bundled_folder() / UNSEEN), read_manifest(bundled_folder() / MANIFEST)
    assert len(unseen) >= 6

    def sources(entries: list[Entry]) -> set[str]:
        return {str(entry.note) if entry.note else entry.recording for entry in entries}

    assert not sources(unseen) & sources(library)
    assert not {entry.file for entry in unseen} & {entry.file for entry in library}


@pytest.fixture
def lists(tmp_path: Path) -> list[str]:
    """Arguments for two recordings, and a library of one."""
    (tmp_path / "unseen.toml").write_text(MANIFEST_OF_TWO)
    library = MANIFEST_OF_TWO.replace("bell", "violin").split("[[preset]]")[1]
    (tmp_path / "manifest.toml").write_text(f"[[preset]]{library}")
    for name in ("bell", "gong", "violin"):
        (tmp_path / f"{name}.flac").touch()
    lists = ["--manifest", str(tmp_path / "unseen.toml"), "--library", str(tmp_path / "manifest.toml")]
    return [*lists, "--recordings", str(tmp_path)]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in order, by stand-ins for training and measuring; the second measurement fails once."""
    done: list[str] = []

    def train(entry: Entry, recording: Path, folder: Path, iterations: int) -> Path:
        assert recording.is_file()
        done.append(f"train {entry.file} {iterations}")
        return Path(shutil.copy(bundled_folder() / "ocean.safetensors", folder / f"{entry.file}.safetensors"))

    def measure(entry: Entry, recording: Path, folder: Path, among: Path) -> Found:
        done.append(f"measure {entry.file}")
        assert {path.stem for path in among.iterdir()} == {"bell", "gong", "violin"}
        assert (folder / f"{entry.file}.safetensors").is_file()
        if done.count("measure gong") == 1 and entry.file == "gong":
            raise KeyboardInterrupt
        return _figures(0.4 if entry.file == "bell" else 0.9)

    monkeypatch.setattr(training.studies.unseen, "train", train)
    monkeypatch.setattr(training.studies.unseen, "measure", measure)
    return done


def test_an_interrupted_run_goes_on_where_it_was(lists: list[str], work: list[str], tmp_path: Path) -> None:
    arguments = [*lists, "-o", str(tmp_path / "presets"), "--iterations", "400"]
    with pytest.raises(KeyboardInterrupt):
        main(arguments)
    assert work == ["train bell 400", "measure bell", "train gong 400", "measure gong"]
    assert main([*lists, "--write-only"]) == 0
    assert "Not measured yet: `gong`." in (tmp_path / "unseen.md").read_text()
    assert main(arguments) == 0
    assert work[4:] == ["measure gong"]
    assert main(lists) == 0
    assert len(work) == 5

    text = (tmp_path / "unseen.md").read_text()
    assert "Not measured yet" not in text
    assert "Over these 2:" in text and "* LTAS: median 0.65; 1 of 2 meet the bar" in text
    rows = [line for line in text.splitlines() if line.startswith("| `bell`")]
    assert len(rows) == 2 and "| a bell | somebody | CC0-1.0 |" in rows[0]


def test_another_preset_of_that_name_is_trained_again(lists: list[str], work: list[str], tmp_path: Path) -> None:
    arguments = ["bell", *lists, "-o", str(tmp_path)]
    assert main(arguments) == 0
    assert main(arguments) == 0
    assert work == ["train bell 0", "measure bell", "measure bell"]
    shutil.copy(bundled_folder() / "violin.safetensors", tmp_path / "bell.safetensors")
    assert main(arguments) == 0
    assert work[3:] == ["train bell 0", "measure bell"]
    assert json.loads((tmp_path / "unseen.json").read_text())["bell"]["training"]["rule"] != rule_name(load("violin"))


def test_what_is_missing_is_said_in_one_sentence(lists: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(lists) == 2
    assert "-o" in capsys.readouterr().err
    assert main(["nothing", *lists]) == 2
    assert "nothing" in capsys.readouterr().err


def test_figures_of_an_older_method_stay_on_the_page_and_are_marked() -> None:
    entry = read_manifest(bundled_folder() / UNSEEN)[0]
    took = {"region_s": [0.1, 2.0], "decay_removed": False, "iterations": 400, "kept_iteration": 400, "cpu_s": 90.0}
    for method, mark in ((METHOD, ""), (METHOD - 1, " †")):
        found = {**_figures(0.4), "measured": {"method": method, "rule": "aa"}, "training": took}
        text = page([entry], {entry.file: found})
        assert f"| `{entry.file}`{mark} | 0.40 |" in text
        assert ("† measured by an older method" in text) is bool(mark)


def test_the_page_is_that_of_the_figures() -> None:
    folder = bundled_folder()
    figures = json.loads((folder / "unseen.json").read_text())
    assert (folder / "unseen.md").read_text() == page(read_manifest(folder / UNSEEN), figures)
