"""The library's page, from figures."""

import json
from pathlib import Path

import pytest

from synth.library import bundled_folder, load
from training.library import read_manifest
from training.library_page import COLUMNS, main, page

VIOLIN = next(entry for entry in read_manifest(bundled_folder() / "manifest.toml") if entry.file == "violin")


def _figures(ltas_db: float) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {
        key: {"value": 1.0, "floor": 0.5, "ok": None, "note": ""} for key, _, _ in COLUMNS
    }
    found["sound_ltas_db"] = {"value": ltas_db, "floor": 0.5, "ok": ltas_db <= 0.7, "note": ""}
    return found


def test_a_missed_bar_is_bold_and_counted() -> None:
    other = next(entry for entry in read_manifest(bundled_folder() / "manifest.toml") if entry.file == "ocean")
    presets = {"violin": load("violin"), "ocean": load("ocean")}
    text = page([VIOLIN, other], presets, {"violin": _figures(0.4), "ocean": _figures(1.4)})
    assert "| **1.40** |" in text and "| 0.40 |" in text
    assert "* LTAS: median 0.90; 1 of 2 meet the bar" in text
    assert "* W1: median 1.00, 2.00 of the noise floor" in text
    rows = [line for line in text.splitlines() if line.startswith("| `violin`")]
    assert len(rows) == 2 and VIOLIN.author in rows[0]
    heads = [line for line in text.splitlines() if line.startswith("| preset")]
    assert [row.count("|") for row in rows] == [head.count("|") for head in heads]


def test_a_figure_that_was_not_measured_is_a_dash() -> None:
    found = _figures(0.4)
    del found["sound_identity_rank"]
    found["sound_partials_cents"]["value"] = None
    row = next(r for r in page([VIOLIN], {"violin": load("violin")}, {"violin": found}).splitlines() if "0.40" in r)
    assert row.count("| – |") >= 1 and row.count("–") == 2


def test_damaged_figures_and_unknown_presets_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "manifest.toml"
    manifest.write_text((bundled_folder() / "manifest.toml").read_text())
    assert main(["nothing", "--manifest", str(manifest)]) == 2
    assert "nothing" in capsys.readouterr().err
    (tmp_path / "figures.json").write_text("{")
    assert main(["--manifest", str(manifest)]) == 2
    assert "figures.json" in capsys.readouterr().err


def test_the_bundled_page_is_that_of_the_bundled_figures() -> None:
    folder = bundled_folder()
    entries = read_manifest(folder / "manifest.toml")
    figures = json.loads((folder / "figures.json").read_text())
    presets = {entry.file: load(entry.file) for entry in entries}
    assert (folder / "README.md").read_text() == page(entries, presets, figures)
