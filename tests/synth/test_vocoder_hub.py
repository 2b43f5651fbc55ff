"""Getting, finding and choosing checkpoints, against a hub on 127.0.0.1 that serves them well and badly."""

import hashlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synth import doctor
from synth.cli import main
from synth.errors import VocoderUnavailable
from synth.mel import FORMATS
from synth.vocoder import hub
from synth.vocoder.catalogue import CHECKPOINTS, FOR_CPU, FOR_GPU, recommended
from synth.vocoder.choice import Choice, choice_path, read_choice, store_choice
from synth.vocoder.choose import choose_vocoder
from synth.vocoder.fetch import DownloadCancelled, Patience, RemoteFile, fetch
from synth.vocoder.places import installed, user_folder
from synth.vocoder.weights import find_weights, load_generator
from tests.hub_stand_in import COMMIT, HubStandIn
from tests.sounds import preset_for
from tests.synth.test_bigvgan_vocoder import PUBLISHED, config_of, package_model, save

NAME = FOR_CPU.name
QUICK = Patience(timeout_s=0.3, pause_s=0.01)
WEIGHTS = "bigvgan_generator.pt"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED[NAME], channels=32)
    return save(tmp_path_factory.mktemp("checkpoint"), config, package_model(config))


@pytest.fixture(scope="module")
def files(checkpoint: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in checkpoint.iterdir()}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in ("PETRICHORD_BIGVGAN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    stand_in = HubStandIn(dict(files))
    monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
    yield stand_in
    stand_in.close()


def get(progress: Callable[[int, int], None] | None = None, cancel: threading.Event | None = None) -> Path:
    return hub.install(hub.ask(FOR_CPU, timeout_s=5), progress, cancel, QUICK)


def refusal(of: Callable[[], object] = get) -> str:
    """The sentence with which it is refused; nothing is installed then."""
    with pytest.raises(VocoderUnavailable) as caught:
        of()
    assert "\n" not in str(caught.value)
    assert installed(NAME) is None
    return str(caught.value)


def test_a_checkpoint_arrives_whole_and_plays(served: HubStandIn, checkpoint: Path, files: dict[str, bytes]) -> None:
    offer = hub.ask(FOR_CPU)
    assert offer.size_bytes == offer.missing_bytes == sum(len(content) for content in files.values())
    assert offer.commit == COMMIT
    assert not served.ranges(), "bytes were asked for before the user saw the size"
    steps: list[tuple[int, int]] = []
    folder = hub.install(offer, lambda have, of: steps.append((have, of)), None, QUICK)
    assert folder == user_folder() / NAME == installed(NAME)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert [path.name for path in user_folder().iterdir()] == [NAME]
    assert steps == sorted(steps)
    assert steps[-1] == (offer.size_bytes, offer.size_bytes)
    assert find_weights(FORMATS["22k80"]) == folder
    assert load_generator(folder)[1] == load_generator(checkpoint)[1]


def test_a_small_file_of_unstated_length_arrives_too(served: HubStandIn, files: dict[str, bytes]) -> None:
    served.hides_small_size = True
    assert hub.ask(FOR_CPU).size_bytes == sum(len(content) for content in files.values())
    assert (get() / "config.json").read_bytes() == files["config.json"]


def test_doctor_names_what_is_installed_and_how_to_get_it(served: HubStandIn) -> None:
    before = doctor._bigvgan_weights()
    assert not before.good
    assert "petrichord vocoder get bigvgan_" in before.remedy
    get()
    after = doctor._bigvgan_weights()
    assert after.good
    assert NAME in after.text


def test_parts_of_what_is_no_longer_published_are_cleared_away(served: HubStandIn) -> None:
    old = user_folder() / f".{NAME}-0123456789abcdef.part"
    old.mkdir(parents=True)
    (old / WEIGHTS).write_bytes(b"half of last year's file")
    get()
    assert [path.name for path in user_folder().iterdir()] == [NAME]


def test_both_files_are_of_the_commit_that_was_shown(served: HubStandIn) -> None:
    get()
    asked = [r.path for r in served.requests if "/resolve/" in r.path]
    assert asked[0] == f"/nvidia/{NAME}/resolve/main/config.json"
    assert all(f"/resolve/{COMMIT}/" in path for path in asked[1:])


def test_a_token_stays_with_the_hub(served: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    get()
    at_hub = {r.authorization for r in served.requests if "/resolve/" in r.path and r.method == "GET"}
    elsewhere = {r.authorization for r in served.requests if r.path.startswith("/bytes/")}
    assert (at_hub, elsewhere) == ({"Bearer hf_secret"}, {""})


def test_a_broken_connection_is_taken_up_where_it_ended(served: HubStandIn) -> None:
    served.breaks_after = 70_000
    get()
    assert served.ranges() == ["", "bytes=70000-"]


def test_a_download_given_up_is_taken_up_by_the_next_command(served: HubStandIn) -> None:
    served.breaks_after = 70_000

    def dies(have: int, of: int) -> None:
        served.busy = served.busy or have >= 70_000

    assert "503" in refusal(lambda: get(dies))
    served.busy = False
    served.requests.clear()
    offer = hub.ask(FOR_CPU)
    assert offer.size_bytes - offer.missing_bytes >= 70_000
    hub.install(offer, None, None, QUICK)
    assert served.ranges() == ["bytes=70000-"]


def test_a_server_without_ranges_starts_over(served: HubStandIn, files: dict[str, bytes]) -> None:
    served.breaks_after, served.ignores_ranges = 70_000, True
    assert (get() / WEIGHTS).read_bytes() == files[WEIGHTS]


def test_a_silent_server_is_left_in_words_and_what_came_is_kept(served: HubStandIn) -> None:
    served.stalls_after = 70_000
    sentence = refusal()
    assert "fell silent" in sentence
    assert "0.1 MB" in sentence
    served.stalls_after = None
    served.requests.clear()
    get()
    assert served.ranges() == ["bytes=70000-"]


def test_cancel_keeps_what_came_and_the_next_call_goes_on(served: HubStandIn, files: dict[str, bytes]) -> None:
    cancel, seen = threading.Event(), []

    def progress(have: int, of: int) -> None:
        seen.append(have)
        if have > len(files["config.json"]):
            cancel.set()

    with pytest.raises(DownloadCancelled, match="goes on from there"):
        get(progress, cancel)
    assert installed(NAME) is None
    have = seen[-1] - len(files["config.json"])
    assert 0 < have < len(files[WEIGHTS])
    get()
    assert served.ranges() == ["", f"bytes={have}-"]


def test_a_download_from_a_silent_server_is_cancelled_at_once(served: HubStandIn) -> None:
    served.stalls_after = 70_000
    cancel, offer, came = threading.Event(), hub.ask(FOR_CPU), threading.Event()

    def progress(have: int, of: int) -> None:
        if have >= 70_000:
            came.set()

    def hand() -> None:
        if came.wait(60) and served.stalled.wait(60):
            cancel.set()

    threading.Thread(target=hand, daemon=True).start()
    with pytest.raises(DownloadCancelled, match="goes on from there"):
        # Its patience is longer than this test may take.
        hub.install(offer, progress, cancel, Patience(timeout_s=300))
    assert offer.size_bytes - offer.missing_bytes >= 70_000


@pytest.mark.parametrize("lie", ["content length", "endless body"])
def test_more_bytes_than_the_hub_names_are_not_taken(lie: str, served: HubStandIn, files: dict[str, bytes]) -> None:
    if lie == "content length":
        served.content_length = len(files[WEIGHTS]) + 1
    else:
        served.extra = bytes(1000)
        served.said_size = len(files[WEIGHTS]) + 10
    assert "longer than" in refusal()


def test_fewer_bytes_than_the_hub_names_are_not_enough(served: HubStandIn, files: dict[str, bytes]) -> None:
    served.said_size = len(files[WEIGHTS]) + 10
    assert "broke off" in refusal()


def test_another_checksum_is_not_installed_and_not_continued(served: HubStandIn) -> None:
    served.said_checksum = hashlib.sha256(b"something else").hexdigest()
    assert "checksum" in refusal()
    assert not list(user_folder().rglob(WEIGHTS))


def test_a_server_that_names_no_checksum_is_refused(served: HubStandIn) -> None:
    served.said_checksum = "weak"
    assert "checksum" in refusal()
    assert not served.ranges()


class Bomb:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_bomb_is_neither_run_nor_installed(served: HubStandIn, tmp_path: Path) -> None:
    served.files[WEIGHTS] = pickle.dumps({"generator": Bomb(tmp_path / "ran")})
    assert "nothing in it was run" in refusal()
    assert not (tmp_path / "ran").exists()
    assert not list(user_folder().iterdir())
    pickle.loads(served.files[WEIGHTS])
    assert (tmp_path / "ran").exists(), "the bomb was a dud"


def test_another_models_weights_are_not_installed(served: HubStandIn) -> None:
    config = json.loads(served.files["config.json"])
    served.files["config.json"] = json.dumps(config | {"upsample_initial_channel": 64}).encode()
    assert "does not fit" in refusal()


def test_another_format_is_not_installed(served: HubStandIn) -> None:
    config = json.loads(served.files["config.json"])
    served.files["config.json"] = json.dumps(config | {"fmax": 11025}).encode()
    assert "11025" in refusal()


@pytest.mark.parametrize(
    ("status", "code", "names"),
    [
        (404, "RepoNotFound", "is not at"),
        (404, "EntryNotFound", "is not at"),
        (403, "GatedRepo", "asks for permission"),
        (401, "", "asks for permission"),
        (500, "", "answered 500"),
    ],
)
def test_refusals_of_the_hub_are_sentences(status: int, code: str, names: str, served: HubStandIn) -> None:
    served.status, served.error_code = status, code
    assert names in refusal()


def test_a_hub_that_is_not_there_is_a_sentence(served: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in refusal()


def test_offline_nothing_is_asked(served: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refusal()
    assert not served.requests


def test_too_little_room_is_said_before_anything_is_downloaded(
    served: HubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(user_folder().parents[2])._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "1.0 MB free" in refusal()
    assert not served.ranges()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_is_a_sentence(served: HubStandIn, tmp_path: Path, files: dict[str, bytes]) -> None:
    part = tmp_path / "part"
    part.symlink_to("/dev/full")
    remote = RemoteFile(WEIGHTS, f"{served.url}/bytes/{WEIGHTS}", len(files[WEIGHTS]), "0" * 64)
    with pytest.raises(VocoderUnavailable, match="The disk is full"):
        fetch(remote, part, patience=QUICK)


def test_a_new_download_replaces_a_damaged_one(served: HubStandIn, files: dict[str, bytes]) -> None:
    folder = get()
    (folder / WEIGHTS).write_bytes(files[WEIGHTS][:1000])
    assert main(["vocoder", "get", NAME, "--yes"]) == 0
    assert (folder / WEIGHTS).read_bytes() == files[WEIGHTS]
    assert [path.name for path in user_folder().iterdir()] == [NAME]


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
    command = [sys.executable, "-m", "synth.cli", "vocoder", "get", NAME, "--yes"]
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
