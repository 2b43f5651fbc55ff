"""Finding and choosing checkpoints, and `petrichord vocoder`, against a hub on 127.0.0.1."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from synth.commands.cli import main
from synth.loading.choose_vocoder import choose_vocoder
from synth.mel import FORMATS
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, FOR_CPU, FOR_GPU, recommended
from synth.vocoder.bigvgan.folders import installed, user_folder
from synth.vocoder.bigvgan.weights import find_weights
from synth.vocoder.choice import Choice, choice_path, read_choice, store_choice
from tests.doubles.hub_client import NAME, WEIGHTS, get
from tests.doubles.hub_stand_in import COMMIT, HubStandIn
from tests.doubles.sounds import preset_for
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED

pytestmark = pytest.mark.usefixtures("own_folders")


def in_cache(cache: Path, files: dict[str, bytes]) -> Path:
    """The files as the hub's own library caches them."""
    snapshot = cache / f"models--nvidia--{NAME}" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for name, content in files.items():
        (snapshot / name).write_bytes(content)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text(COMMIT)
    return snapshot


def test_what_is_in_the_hubs_cache_is_not_downloaded(
    served: HubStandIn, tmp_path: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = in_cache(tmp_path / "cache", files)
    assert main(["vocoder", "get", NAME]) == 0
    assert str(snapshot) in capsys.readouterr().out
    assert not served.requests
    assert main(["vocoder", "use", NAME]) == 0
    assert find_weights(FORMATS["22k80"]) == snapshot


def test_get_shows_size_and_licence_and_downloads_only_when_told(
    served: HubStandIn, files: dict[str, bytes], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["vocoder", "get", NAME]) == 2
    shown = capsys.readouterr()
    assert f"{sum(map(len, files.values())) / 1e6:.1f} MB" in shown.out
    assert "MIT" in shown.out
    assert "--yes" in shown.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "")
    assert main(["vocoder", "get", NAME]) == 0
    assert not served.ranges()
    monkeypatch.setattr("builtins.input", lambda prompt: "y")
    assert main(["vocoder", "get", NAME]) == 0
    assert installed(NAME)


def test_ctrl_c_ends_at_once_and_keeps_what_came(served: HubStandIn, tmp_path: Path) -> None:
    served.stalls_after = 70_000
    command = [sys.executable, "-m", "synth.commands.cli", "vocoder", "get", NAME, "--yes"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert served.stalled.wait(60)
    parts = tmp_path / "data" / "petrichord" / "vocoders"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on from there" in error
    assert "Traceback" not in error
    (part,) = parts.rglob(WEIGHTS)
    assert part.stat().st_size <= 70_000
    assert installed(NAME) is None


def test_list_says_what_is_here_and_what_is_chosen(served: HubStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    get()
    assert main(["vocoder", "use", NAME]) == 0
    capsys.readouterr()
    assert main(["vocoder", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == set(PUBLISHED)
    assert [n for n, row in rows.items() if row["state"] == "installed"] == [NAME]
    assert [n for n, row in rows.items() if row["chosen"]] == [NAME]
    assert sum(row["recommended"] for row in rows.values()) == 1
    assert main(["vocoder", "list"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in PUBLISHED)
    shutil.rmtree(user_folder())
    assert main(["vocoder", "list"]) == 0
    assert "not here any more" in capsys.readouterr().out


def test_the_catalogue_agrees_with_the_published_configurations() -> None:
    assert {known.name: known.format for known in CHECKPOINTS} == {n: facts.format for n, facts in PUBLISHED.items()}
    assert recommended(gpu=True) == FOR_GPU
    assert (FOR_GPU.parameters, FOR_GPU.format) == (112_000_000, FORMATS["22k80"])
    assert recommended(gpu=False) == FOR_CPU
    assert "base" in FOR_CPU.name


def test_the_choice_is_honoured_before_other_checkpoints(served: HubStandIn, checkpoint: Path) -> None:
    folder = get()
    assert str(folder) in choose_vocoder("bigvgan", preset_for())[1]
    assert main(["vocoder", "use", str(checkpoint)]) == 0
    assert read_choice() == (Choice("bigvgan", str(checkpoint)), "")
    assert str(checkpoint) in choose_vocoder("bigvgan", preset_for())[1]
    assert str(folder) in choose_vocoder("bigvgan", preset_for(), folder)[1]
    for name in ("spectral", "auto"):
        assert main(["vocoder", "use", name]) == 0
        assert read_choice() == (Choice(name), "")  # type: ignore[arg-type]
        vocoder, reason = choose_vocoder("auto", preset_for())
        assert vocoder.name == "spectral"
        assert ("your choice" in reason) == (name == "spectral")


def test_a_choice_that_is_gone_is_said_and_another_plays(served: HubStandIn, tmp_path: Path) -> None:
    folder = get()
    store_choice(Choice("bigvgan", str(tmp_path / "gone")))
    reason = choose_vocoder("bigvgan", preset_for())[1]
    assert str(folder) in reason
    assert "gone is missing" in reason


@pytest.mark.parametrize("content", ["", "[]", "{", '{"vocoder": "organ", "checkpoint": ""}', '{"vocoder": "auto"}'])
def test_a_damaged_choice_costs_only_itself(
    content: str, served: HubStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    choice_path().parent.mkdir(parents=True)
    choice_path().write_text(content)
    choice, sentence = read_choice()
    assert choice == Choice()
    assert str(choice_path()) in sentence
    assert main(["vocoder", "list"]) == 0
    assert sentence in capsys.readouterr().err
    store_choice(Choice("spectral"))
    assert read_choice() == (Choice("spectral"), "")
    assert [path.name for path in choice_path().parent.iterdir()] == [choice_path().name]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["use", "nothing"], "nothing"),
        (["use", NAME], f"get {NAME}"),
        (["get", "bigvgan_9000"], "bigvgan_9000"),
    ],
)
def test_what_is_not_there_is_a_sentence(arguments: list[str], names: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vocoder", *arguments]) == 2
    error = capsys.readouterr().err
    assert names in error
    assert error.count("\n") == 1
