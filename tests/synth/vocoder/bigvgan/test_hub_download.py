"""Checkpoints arrive whole, whatever the connection does, from a hub on 127.0.0.1."""

import threading
from pathlib import Path

import pytest

from synth.commands import doctor
from synth.commands.cli import main
from synth.mel import FORMATS
from synth.vocoder.bigvgan import hub
from synth.vocoder.bigvgan.catalogue import FOR_CPU
from synth.vocoder.bigvgan.fetch import Patience
from synth.vocoder.bigvgan.folders import installed, user_folder
from synth.vocoder.bigvgan.refusals import DownloadCancelled
from synth.vocoder.bigvgan.weights import find_weights, load_generator
from tests.doubles.hub_client import NAME, QUICK, WEIGHTS, get, refusal
from tests.doubles.hub_stand_in import COMMIT, HubStandIn

pytestmark = pytest.mark.usefixtures("own_folders")


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


def test_a_new_download_replaces_a_damaged_one(served: HubStandIn, files: dict[str, bytes]) -> None:
    folder = get()
    (folder / WEIGHTS).write_bytes(files[WEIGHTS][:1000])
    assert main(["vocoder", "get", NAME, "--yes"]) == 0
    assert (folder / WEIGHTS).read_bytes() == files[WEIGHTS]
    assert [path.name for path in user_folder().iterdir()] == [NAME]
