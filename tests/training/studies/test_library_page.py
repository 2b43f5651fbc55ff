"""The library's page, from figures."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import training.studies.library_page
from synth.presets.library import bundled_folder, load
from training.studies.figure_tables import COLUMNS, METHOD, Found, rule_name
from training.studies.library import Entry, read_manifest
from training.studies.library_page import main, page
from training.studies.variations import Variation, read_variations

VIOLIN = next(entry for entry in read_manifest(bundled_folder() / "manifest.toml") if entry.file == "violin")


def _figures(ltas_db: float, method: int = METHOD) -> Found:
    found: Found = {key: {"value": 1.0, "floor": 0.5, "ok": None, "note": ""} for key, _, _ in COLUMNS}
    found["measured"] = {"method": method, "rule": "aa"}
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


def test_presets_of_an_older_recipe_are_named() -> None:
    preset, second = load("violin"), next(e for e in read_manifest(bundled_folder() / "manifest.toml") if e != VIOLIN)
    new, old = (replace(preset, recipe=recipe) for recipe in ({"elders": 4}, {}))
    figures = {"violin": _figures(0.4), second.file: _figures(0.4)}
    text = page([VIOLIN, second], {"violin": old, second.file: new}, figures)
    assert "Made again these will differ a little: `violin`\n" in text
    assert "Made again" not in page([VIOLIN], {"violin": new}, figures)


@pytest.mark.parametrize(("iterations", "kept", "told"), [(400, 280, "400"), (0, 444, "444")])
def test_iterations_of_a_training_that_ended_by_the_clock_are_those_it_took(
    iterations: int, kept: int, told: str
) -> None:
    preset = replace(load("violin"), recipe={"elders": 4, "iterations": iterations, "kept_iteration": kept})
    row = next(r for r in page([VIOLIN], {"violin": preset}, {}).splitlines() if r.startswith("| `violin`"))
    assert row.endswith(f"| {told} |")


def test_a_figure_that_was_not_measured_is_a_dash() -> None:
    found = _figures(0.4)
    del found["sound_identity_rank"]
    found["sound_partials_cents"]["value"] = None
    row = next(r for r in page([VIOLIN], {"violin": load("violin")}, {"violin": found}).splitlines() if "0.40" in r)
    assert row.count("| – |") >= 1 and row.count("–") == 2


def test_the_page_counts_the_presets_whose_survival_nobody_measured() -> None:
    measured, other = _figures(0.4), _figures(0.5)
    measured["lost_cultures"] = {"value": 0.0, "floor": None, "ok": True, "note": ""}
    other["lost_cultures"]["value"] = None
    preset, second = load("violin"), next(e for e in read_manifest(bundled_folder() / "manifest.toml") if e != VIOLIN)
    presets = {"violin": preset, second.file: preset}
    text = page([VIOLIN, second], presets, {"violin": measured, second.file: other})
    assert "* lost of 20: median 0; 1 of 1 meet the bar; 1 of 2 not measured" in text
    assert "not measured" not in "".join(
        line for line in page([VIOLIN], presets, {"violin": measured}).splitlines() if line.startswith("* ")
    )


def test_the_page_tells_the_median_and_the_furthest_of_the_grain() -> None:
    second, third = [e for e in read_manifest(bundled_folder() / "manifest.toml") if e != VIOLIN][:2]
    figures = {"violin": _figures(0.4), second.file: _figures(0.4), third.file: _figures(0.4, METHOD - 1)}
    for name, fine, valley in (("violin", 0.6, 1.0), (second.file, 1.4, -6.5), (third.file, 9.0, 9.0)):
        figures[name]["sound_fine_db"]["value"] = fine
        figures[name]["sound_valley_4000"] = {"value": valley, "floor": 0.2, "ok": None, "note": ""}
    presets = dict.fromkeys(figures, load("violin"))
    text = page([VIOLIN, second, third], presets, figures)
    # 1.2 and 2.8 of their floors; what was measured by an older method counts nowhere.
    assert f"| fine spectrum | **2.00 ×** | 1.5 | **2.80 ×** | `{second.file}` | 2.5 |" in text
    assert f"| valleys, 4000 to 8000 Hz | **3.8 dB** | 3 | **-6.5 dB** | `{second.file}` | 6 |" in text
    older = {name: {**found, "measured": {"method": METHOD - 1, "rule": "aa"}} for name, found in figures.items()}
    assert "| furthest off |" not in page([VIOLIN, second, third], presets, older)


def test_figures_of_an_older_method_are_marked_and_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ({"violin": _figures(0.4, method)} for method in (METHOD - 1, METHOD))
    marked = page([VIOLIN], {"violin": load("violin")}, old)
    assert "| `violin` † |" in marked and "† measured by an older method" in marked
    assert "†" not in page([VIOLIN], {"violin": load("violin")}, new)
    assert _measured_by_the_command(tmp_path, monkeypatch, old) == ["violin"]
    assert _measured_by_the_command(tmp_path, monkeypatch, new) == []


def test_drift_and_losses_stay_with_the_rule_they_were_measured_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = rule_name(load("violin"))
    for known, stays in ((rule, True), ("another", False)):
        figures = {"violin": _figures(0.4, METHOD - 1)}
        figures["violin"]["measured"]["rule"] = known
        figures["violin"]["lost_cultures"]["value"] = 3
        _measured_by_the_command(tmp_path, monkeypatch, figures)
        found = json.loads((tmp_path / "figures.json").read_text())["violin"]
        assert (found["lost_cultures"]["value"] == 3) is stays
        assert found["measured"] == {"method": METHOD, "rule": rule}


def test_another_rule_has_another_name() -> None:
    preset = load("violin")
    before = rule_name(preset)
    assert before == rule_name(load("violin")) != rule_name(load("ocean"))
    with torch.no_grad():
        next(preset.rule.parameters()).view(-1)[0] += 1e-3
    assert rule_name(preset) != before


def test_survival_is_measured_where_it_is_not_known_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"violin": _figures(0.4)}
    lived = {"value": 0.0, "floor": None, "ok": True, "note": ""}
    monkeypatch.setattr(training.studies.library_page, "endure", lambda *_: {"lost_cultures": lived})
    assert _measured_by_the_command(tmp_path, monkeypatch, figures, "--survival") == []
    figures["violin"]["lost_cultures"]["value"] = None
    _measured_by_the_command(tmp_path, monkeypatch, figures, "--survival")
    found = json.loads((tmp_path / "figures.json").read_text())["violin"]
    assert found["lost_cultures"] == lived
    assert found["sound_ltas_db"] == figures["violin"]["sound_ltas_db"]


def _measured_by_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, figures: dict[str, Found], *options: str
) -> list[str]:
    """Run it over a library of the violin alone: which presets it measured anew."""
    asked: list[str] = []

    def measure(entry: Entry, recording: Path, where: Path, among: Path | None) -> Found:
        asked.append(entry.file)
        found = _figures(0.5)
        found["measured"]["rule"] = rule_name(load("violin"))
        found["lost_cultures"]["value"] = None
        return found

    monkeypatch.setattr(training.studies.library_page, "measure", measure)
    (folder / "manifest.toml").write_text(
        '[[preset]]\nfile = "violin"\nname = "Violin"\ntags = []\nrecording = "violin.flac"\ncredit = ""\nauthor = ""\n'
        'licence = ""\n'
    )
    shutil.copy(bundled_folder() / "violin.safetensors", folder)
    (folder / "violin.flac").touch()
    (folder / "figures.json").write_text(json.dumps(figures))
    assert main(["--manifest", str(folder / "manifest.toml"), "--recordings", str(folder), *options]) == 0
    return asked


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
    variations = read_variations(folder / "manifest.toml")
    assert (folder / "README.md").read_text() == page(entries, presets, figures, variations)


def test_a_variation_is_told_with_its_base_its_effects_and_what_moves_it() -> None:
    variation = Variation(
        "a", "A", "violin", (), "Shows it.", effects=("eq", "drive"), routes=("lfo1 > width 0.1", "lfo1 > tilt_db 0.2",
        "macro2 > width 0.1"), macros=("Age", "Dust"),
    )  # fmt: skip
    text = page([VIOLIN], {"violin": load("violin")}, {"violin": _figures(0.4)}, [variation])
    assert "| `a` | `violin` | eq, drive | LFO 1, “Dust” | Shows it. |" in text
    assert "## Variations" not in page([VIOLIN], {"violin": load("violin")}, {"violin": _figures(0.4)})
