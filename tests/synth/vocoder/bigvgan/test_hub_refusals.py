"""What a hub on 127.0.0.1 serves badly or maliciously is refused in a sentence, and nothing is installed."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.errors import VocoderUnavailable
from synth.vocoder.bigvgan.fetch import RemoteFile, fetch
from synth.vocoder.bigvgan.folders import user_folder
from tests.doubles.hub_client import QUICK, WEIGHTS, refusal
from tests.doubles.hub_stand_in import HubStandIn

pytestmark = pytest.mark.usefixtures("own_folders")


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
