"""What the window asks of the command: the plan, the pictures, and an end when it is left alone."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from synth.commands.cli import main
from tests.training.tiny import FMT, small_trainings, write_hiss
from training.analysis.data import load_recording, prepare

CLARINET = Path(__file__).parents[2] / "data" / "clarinet.flac"


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_plan_is_the_region_that_is_trained_on_and_what_librosa_hears_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from synth.mel import FORMATS
    from training.analysis.librosa_loops import librosa

    assert main(["train", str(CLARINET), "--plan", "--json-lines"]) == 0
    first, second = lines(capsys.readouterr().out)
    target = prepare(load_recording(CLARINET), FORMATS["22k80"])
    assert first["region_s"] == second["region_s"] == pytest.approx(target.region_s, abs=1e-4)
    assert (first["event"], first["root_hz"], first["partials"]) == ("plan", None, None)
    assert first["duration_s"] == pytest.approx(2.0)
    f0 = np.median(librosa.yin(target.wave, fmin=100, fmax=600, sr=target.rate_hz))
    assert second["root_hz"] == pytest.approx(f0, rel=0.01)
    assert int(str(second["partials"])) > 5


def test_a_plan_of_a_part_chosen_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hiss = write_hiss(tmp_path / "hiss.wav", rate_hz=12000)
    assert main(["train", str(hiss), "--plan", "--json-lines", "--start", "0.5", "--seconds", "1"]) == 0
    said = lines(capsys.readouterr().out)[-1]
    # Cut to whole frames of 11.6 ms.
    assert said["region_s"] == pytest.approx([0.5, 1.5], abs=0.0117)
    assert said["root_hz"] == 0
    assert "nothing above 6 kHz" in str(said["remarks"])


def test_a_plan_that_cannot_be_made_is_the_trainers_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import soundfile as sf

    sf.write(tmp_path / "silence.wav", np.zeros(22050), 22050)
    assert main(["train", str(tmp_path / "silence.wav"), "--plan", "--json-lines"]) == 2
    (said,) = lines(capsys.readouterr().out)
    assert said["event"] == "error"
    assert "silence.wav is silent" in str(said["message"])


def test_without_json_a_plan_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(write_hiss(tmp_path / "hiss.wav")), "--plan"]) == 0
    assert capsys.readouterr().out.startswith("Learning 0.")


def test_without_an_output_nothing_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(write_hiss(tmp_path / "hiss.wav"))]) == 2
    assert "-o" in capsys.readouterr().err


def test_watched_trainings_show_the_target_and_their_cultures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hiss = write_hiss(tmp_path / "hiss.wav")
    with small_trainings():
        options = ["--parent", "none", "--iterations", "36", "--json-lines", "--watch"]
        assert main(["train", str(hiss), "-o", str(tmp_path / "x.safetensors"), *options]) == 0
    said = lines(capsys.readouterr().out)
    pictures = [line for line in said if line["event"] in ("target", "culture")]
    assert [line["event"] for line in pictures][:2] == ["target", "culture"]

    def grid(line: dict[str, object]) -> np.ndarray:  # type: ignore[type-arg]
        cells = np.frombuffer(base64.b64decode(str(line["cells"])), np.uint8)
        return cells.reshape(line["shape"]) / 255 * 2.1 - 1  # type: ignore[call-overload,no-any-return]

    target = prepare(load_recording(hiss), FMT).grid.numpy()
    # Half of one of 255 steps.
    assert np.abs(grid(pictures[0]) - target).max() <= 2.1 / 255 / 2 + 1e-6
    assert grid(pictures[1]).shape == (12, 24)
    assert grid(pictures[-1]).std() > 0.01
    progress = [line for line in said if line["event"] in ("progress", "checkpoint")]
    assert [line["share"] for line in progress] == [round(line["iteration"] / 36, 4) for line in progress]


@pytest.mark.skipif(sys.platform == "win32", reason="the same path, another signal")
def test_an_attached_training_whose_owner_has_gone_ends_by_itself_and_can_be_resumed(tmp_path: Path) -> None:
    hiss, output = write_hiss(tmp_path / "hiss.wav"), tmp_path / "hiss.safetensors"
    options = ["--parent", "none", "--iterations", "100000", "--json-lines", "--attached"]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.training.tiny", "train", str(hiss), "-o", str(output), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    try:
        assert json.loads(child.stdout.readline())["event"] == "progress"
        # As when its owner is killed: nobody reads, nobody writes.
        child.stdout.close()
        child.stdin.close()
        assert child.wait(60) == 0, child.stderr.read().decode()
        assert output.with_name("hiss.safetensors.training").is_file()
    finally:
        child.kill()
        child.stderr.close()
        child.wait()


def test_a_training_that_is_left_alone_while_it_measures_ends_too() -> None:
    child = subprocess.run(
        [sys.executable, "-m", "synth.commands.cli", "train", str(CLARINET), "--plan", "--json-lines", "--attached"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 130
    assert b"Traceback" not in child.stderr
