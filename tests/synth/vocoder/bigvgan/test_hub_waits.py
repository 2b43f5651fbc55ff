"""A hub that says to wait, to ask or to go away, at its metadata and in the middle of a file; and proxies."""

import email.utils
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from synth.commands.cli import main
from synth.errors import VocoderUnavailable
from synth.vocoder.bigvgan import hub
from synth.vocoder.bigvgan.catalogue import FOR_CPU
from synth.vocoder.bigvgan.folders import installed, user_folder
from synth.vocoder.bigvgan.refusals import DownloadCancelled, Waits, asked_wait_s, socks_proxy
from tests.doubles.hub_client import NAME, QUICK, WEIGHTS, get, refusal
from tests.doubles.hub_stand_in import HubStandIn

pytestmark = pytest.mark.usefixtures("own_folders")


def _in(seconds: float) -> str:
    return email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": _in(-100)}, 0.0),
        ({"RateLimit": '"api";r=0;t=55'}, 55.0),
        ({"Retry-After": "5", "RateLimit": '"api";r=0;t=55'}, 5.0),
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "9" * 400}, None),
    ],
)
def test_what_is_told_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait_s(headers) == seconds


def test_a_date_is_waited_for() -> None:
    seconds = asked_wait_s({"Retry-After": _in(100)})
    assert seconds is not None and 97 < seconds <= 100


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("times", [1, 5])
def test_at_the_metadata_the_hub_is_waited_for_as_told(status: int, times: int, served: HubStandIn) -> None:
    served.metadata_answers = [(status, {"Retry-After": "1"})] * times if times == 1 else [
        (status, {"Retry-After": "0"})
    ] * times  # fmt: skip
    said: list[str] = []
    began = time.monotonic()
    offer = hub.ask(FOR_CPU, 5, None, said.append)
    assert offer.size_bytes > 0
    assert time.monotonic() - began >= (1.0 if times == 1 else 0.0)
    assert len(said) == times and "says to wait" in said[0] and served.url in said[0]


@pytest.mark.parametrize("status", [429, 503])
def test_in_mid_file_the_hub_is_waited_for_and_the_download_goes_on(status: int, served: HubStandIn) -> None:
    """Four times in a row, where three tries without a byte were the end before."""
    served.breaks_after = 70_000
    served.answers = [(status, {"Retry-After": "1"})] + [(status, {"Retry-After": "0"})] * 3
    said: list[str] = []
    began = time.monotonic()
    folder = hub.install(hub.ask(FOR_CPU, 5), None, None, QUICK, said.append)
    assert folder == installed(NAME)
    assert time.monotonic() - began >= 1.0
    assert served.ranges() == ["", *["bytes=70000-"] * 5]
    assert len(said) == 4


@pytest.mark.parametrize("where", ["metadata", "mid-file"])
def test_waiting_is_cancelled_at_once(where: str, served: HubStandIn) -> None:
    told = (429, {"Retry-After": "600"})
    offer = hub.ask(FOR_CPU, 5)
    served.breaks_after = 70_000
    (served.metadata_answers if where == "metadata" else served.answers).append(told)
    cancel = threading.Event()

    def stop(_: str) -> None:
        threading.Timer(0.2, cancel.set).start()

    def begin() -> None:
        if where == "metadata":
            hub.ask(FOR_CPU, 5, cancel, stop)
        else:
            hub.install(offer, None, cancel, QUICK, stop)

    began = time.monotonic()
    with pytest.raises(DownloadCancelled, match="Stopped while waiting"):
        begin()
    assert time.monotonic() - began < 5
    if where == "mid-file":
        (part,) = user_folder().rglob(WEIGHTS)
        assert part.stat().st_size == 70_000


def test_a_wait_that_is_too_long_is_said_and_not_waited_for(served: HubStandIn) -> None:
    served.metadata_answers = [(429, {"Retry-After": "7200"})]
    assert "says to wait 2.0 h: try again then" in refusal()


def test_a_hub_that_says_to_wait_for_ever_is_given_up() -> None:
    waits = Waits()
    for _ in range(20):
        waits.wait(0.0, "the hub")
    with pytest.raises(VocoderUnavailable, match="20 times"):
        waits.wait(0.0, "the hub")


def test_a_hub_that_is_asked_too_much_and_says_nothing_is_a_sentence(served: HubStandIn) -> None:
    served.status = 429
    assert "asked too much (429)" in refusal()


MID_FILE = [
    (401, "not given away (401)", "hf auth login"),
    (403, "not given away (403)", "hf auth login"),
    (404, "not there any more (404)", "withdrawn"),
    (410, "not there any more (410)", "withdrawn"),
    (407, "proxy asks for a password (407)", "HTTPS_PROXY"),
    (451, "where you are (451)", "by hand"),
    (418, "refused by the server (418", "HF_ENDPOINT"),
]


@pytest.mark.parametrize(("status", "words", "remedy"), MID_FILE)
def test_each_refusal_in_mid_file_has_its_sentence_and_keeps_what_is_there(
    status: int, words: str, remedy: str, served: HubStandIn
) -> None:
    served.breaks_after = 70_000
    served.answers = [(status, {})]
    text = refusal()
    assert words in text and remedy in text
    (part,) = user_folder().rglob(WEIGHTS)
    assert part.stat().st_size == 70_000
    get()


def test_a_range_that_is_not_there_begins_the_file_anew(served: HubStandIn, files: dict[str, bytes]) -> None:
    served.breaks_after = 70_000
    served.answers = [(416, {})]
    assert (get() / WEIGHTS).read_bytes() == files[WEIGHTS]
    assert served.ranges() == ["", "bytes=70000-", ""]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9", "socks5://127.0.0.1:9"),
        ("all_proxy", "socks5h://me:secret@proxy.example:1080", "socks5h://proxy.example:1080"),
        ("HTTPS_PROXY", "socks4://127.0.0.1:9", "socks4://127.0.0.1:9"),
        ("https_proxy", "socks://127.0.0.1:9/", "socks://127.0.0.1:9"),
    ],
)
def test_a_socks_proxy_is_named_and_the_way_by_hand(
    name: str, value: str, shown: str, served: HubStandIn, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv(name, value)
    assert socks_proxy() == shown
    assert main(["vocoder", "get", NAME, "--yes"]) == 2
    said = capsys.readouterr().err
    assert shown in said and "SOCKS" in said and "by hand" in said and said.count("\n") == 1
    assert "secret" not in said and "ImportError" not in said
    assert not served.requests


def test_an_http_proxy_is_no_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert socks_proxy() == ""
