"""`petrichord evaluate`, from a preset and a recording to a table, JSON and a page."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from synth.commands.cli import main
from synth.mel import FORMATS
from synth.presets.file import save_preset
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import live_preset, notebook_preset
from training.evaluation.endurance import Drift, Survival
from training.evaluation.evaluate import Evaluation, Options, evaluate_preset
from training.evaluation.figures import Bar, Figure, table
from training.evaluation.grid import life_figures
from training.evaluation.rendering import render
from training.evaluation.report import draw

CLARINET = Path(__file__).parents[2] / "data" / "clarinet.flac"
SHORT = Options(survival=True, render_s=5.5, still_s=5.5, long_steps=960, wound_steps=80, survivors=(2, 64))


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("presets") / "steady.safetensors"
    save_preset(replace(steady_preset(), region_s=(0.2, 1.7)), path)
    return path


@pytest.fixture(scope="module")
def evaluation(steady: Path) -> Evaluation:
    """Of the two renderings the still one is made by a process of its own, as both are usually."""

    def rendered(preset: str, out: Path, seconds: float, *options: str) -> Path:
        if options:
            return render(preset, out, seconds, *options)
        command = ["render", preset, "-o", str(out), "--seconds", str(seconds), "--width", "0", "--vocoder", "spectral"]
        assert main(command) == 0
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.evaluation.evaluate.render", rendered)
        return evaluate_preset(steady, CLARINET, replace(SHORT, among=CLARINET.parent))


def test_every_metric_is_measured_in_its_domain(evaluation: Evaluation) -> None:
    keys = [f.key for f in evaluation.figures]
    assert len(keys) == len(set(keys))
    for metric in ("ltas_db", "row_w1_db", "modulation_db", "std_ratio", "motion_ratio", "loop", "silent_rows_db"):
        for domain in ("grid", "sound"):
            value = evaluation.figure(f"{domain}_{metric}").value
            assert value is not None and math.isfinite(value)
    # To a frame of 11.6 ms.
    assert evaluation.region_s == pytest.approx((0.2, 1.7), abs=0.012)


def test_a_preset_that_hardly_moves_and_is_not_the_clarinet_misses_its_bars(evaluation: Evaluation) -> None:
    missed = {f.key for f in evaluation.missed}
    assert {"grid_ltas_db", "sound_ltas_db", "grid_std_ratio"} <= missed
    assert evaluation.figure("lost_cultures").value == 0


def test_figures_survive_json(evaluation: Evaluation) -> None:
    loaded = json.loads(json.dumps(evaluation.as_dict(), allow_nan=False))
    assert set(loaded["figures"]) == {f.key for f in evaluation.figures}
    assert loaded["bars_missed"] == [f.key for f in evaluation.missed]


def test_the_table_names_every_figure_and_its_verdict(evaluation: Evaluation) -> None:
    text = evaluation.as_text()
    for figure in evaluation.figures:
        line = next(line for line in text.splitlines() if line.strip().startswith(figure.label))
        assert ("MISSED" in line) is (figure.ok is False)


def test_the_command_prints_the_table_writes_figures_and_draws_the_page(
    evaluation: Evaluation, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.image import imread

    asked: list[Options] = []

    def remembered(preset: str, recording: Path, options: Options) -> Evaluation:
        asked.append(options)
        return evaluation

    def drawn(evaluation: Evaluation, folder: Path) -> Path:
        # The command makes the folder to see whether it can; whoever else draws relies on `draw` for that.
        folder.rmdir()
        return draw(evaluation, folder)

    monkeypatch.setattr("training.evaluation.evaluate.evaluate_preset", remembered)
    monkeypatch.setattr("training.evaluation.report.draw", drawn)
    figures, report = tmp_path / "made" / "figures.json", tmp_path / "new folder"
    command = ["evaluate", str(evaluation.preset), str(CLARINET), "--json", str(figures), "--report", str(report)]
    assert main([*command, "--quick", "--start", "0.5", "--seconds", "1"]) == 0
    assert asked == [Options(start_s=0.5, seconds=1.0, quick=True)]
    assert evaluation.as_text() in capsys.readouterr().out
    assert json.loads(figures.read_text()) == evaluation.as_dict()
    assert (report / "steady-report.png").stat().st_size > 50_000
    pixels = imread(report / "steady-report.png")
    assert pixels.shape[1] > 1500
    assert np.std(pixels[..., :3]) > 0.05


def test_long_runs_are_judged_by_drift_and_losses_and_short_ones_say_they_were_not_run(evaluation: Evaluation) -> None:
    short = {f.key: f for f in life_figures(evaluation.grid, 0.5)}
    assert short["drift_db_per_decade"].value is None and "--quick" in short["drift_db_per_decade"].note
    late = tuple(replace(m, std_ratio=0.5) for m in evaluation.grid.early)
    sick = replace(evaluation.grid, late=late, drift=Drift(0.4, 0.05), survival=Survival(20, 10_000, 1, 2, 3))
    figures = {f.key: f for f in life_figures(sick, 0.5)}
    assert figures["drift_db_per_decade"].ok is False and figures["drift_db_per_decade"].floor == 0.05
    assert figures["late_std_ratio"].ok is False
    assert figures["lost_cultures"].value == 6 and figures["lost_cultures"].ok is False


def test_bars_and_values_that_are_not_numbers() -> None:
    assert Figure("a", "a", "grid", 0.7, bar=Bar(high=0.7)).ok is True
    assert Figure("a", "a", "grid", math.nan, bar=Bar(high=0.7)).ok is False
    assert Figure("a", "a", "grid", math.inf, bar=Bar(high=0.7)).ok is False
    assert Figure("a", "a", "grid", 1.3, bar=Bar(0.8, 1.25)).ok is False
    assert Figure("a", "a", "grid", None, bar=Bar(0.8)).ok is None
    never = Figure("a", "label", "life", math.inf, "steps", bar=Bar(high=150.0))
    assert never.as_dict()["value"] is None and never.as_dict()["ok"] is False
    assert "never" in table([never]) and "MISSED" in table([never])


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["evaluate", *map(str, arguments)]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("petrichord: ")]
    assert len(said) == 1
    return said[0]


def test_bad_input_is_one_sentence(steady: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    brief = tmp_path / "brief.wav"
    sf.write(brief, np.sin(np.arange(22050)) * 0.3, 22050)
    assert "no preset “nothing”" in _refusal(capsys, "nothing", CLARINET)
    assert "gone.flac" in _refusal(capsys, steady, tmp_path / "gone.flac")
    assert "trained on 0.20 to 1.70 s" in _refusal(capsys, steady, brief)
    assert "at least 0.5 s" in _refusal(capsys, steady, CLARINET, "--start", 1.9)
    assert "--start of 0 or more" in _refusal(capsys, steady, CLARINET, "--start", -1)
    assert "no folder" in _refusal(capsys, steady, CLARINET, "--among", tmp_path / "none")
    (tmp_path / "alone").mkdir()
    assert "no other recordings" in _refusal(capsys, steady, CLARINET, "--among", tmp_path / "alone")
    assert "cannot be written" in _refusal(capsys, steady, CLARINET, "--report", brief / "inside")
    brief.write_bytes(b"not audio")
    assert "cannot be read as audio" in _refusal(capsys, steady, brief)


def test_presets_that_cannot_be_measured_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, notebook = tmp_path / "other.safetensors", tmp_path / "notebook.safetensors"
    save_preset(live_preset(fmt=replace(FORMATS["22k80"], n_mels=64)), other)
    save_preset(notebook_preset(), notebook)
    assert "only 22k80 and 44k128" in _refusal(capsys, other, CLARINET)
    assert "notebook" in _refusal(capsys, notebook, CLARINET)
