"""BigVGAN's weights in the window, against a hub on 127.0.0.1: size first, progress, cancel, resume, words."""

import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, FOR_CPU, FOR_GPU
from synth.vocoder.bigvgan.fetch import Patience
from synth.vocoder.bigvgan.folders import installed, user_folder
from tests.doubles.engine import FakeEngine
from tests.doubles.hub_stand_in import HubStandIn
from tests.ui.settings.weights.hands import NAME, PATIENT_MS, WEIGHTS, download, offer, press, state
from ui.settings.vocoder import VocoderPage
from ui.shell.main_window import MainWindow


def test_all_nine_are_shown_with_size_and_licence_and_the_recommended_are_marked(page: VocoderPage) -> None:
    rows = [[page.table.item(i, j).text() for j in range(5)] for i in range(9)]  # type: ignore[union-attr]
    assert [row[0] for row in rows] == [known.name for known in CHECKPOINTS]
    assert [row[1] for row in rows] == [f"{known.size_mb:.0f} MB" for known in CHECKPOINTS]
    assert {row[2] for row in rows} == {"MIT"}
    marked = {row[0]: row[3] for row in rows if row[3]}
    assert set(marked) == {FOR_GPU.name, FOR_CPU.name}
    assert "a GPU" in marked[FOR_GPU.name]
    assert "no GPU" in marked[FOR_CPU.name]
    assert sum("as here" in mark for mark in marked.values()) == 1
    assert {row[4] for row in rows} == {"not here"}
    assert not page.use.isEnabled()


def test_size_and_licence_come_first_and_nothing_is_downloaded_without_a_yes(
    page: VocoderPage, served: HubStandIn, files: dict[str, bytes], qtbot: QtBot
) -> None:
    offer(page, qtbot)
    assert f"{sum(map(len, files.values())) / 1e6:.1f} MB" in page.sentence.text()
    assert "licence MIT" in page.sentence.text()
    assert QApplication.focusWidget() is page.download
    press(page.decline)
    assert page.sentence.text() == "Nothing was downloaded."
    assert served.ranges() == []
    assert installed(NAME) is None


def test_a_checkpoint_arrives_with_progress_and_is_installed(
    page: VocoderPage, files: dict[str, bytes], qtbot: QtBot
) -> None:
    seen: list[tuple[int, int]] = []
    page.keeper.progressed.connect(lambda have, of: seen.append((have, of)))
    download(page, qtbot)
    folder = installed(NAME)
    assert folder is not None
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    total = sum(map(len, files.values()))
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)
    assert page.progress.text() == f"{total / 1e6:.1f} MB of {total / 1e6:.1f} MB"
    assert not page.progress.isVisible()
    assert QApplication.focusWidget() is not page.remove
    assert str(folder) in page.sentence.text()
    qtbot.waitUntil(lambda: state(page) == "installed", timeout=PATIENT_MS)
    assert not page.get.isEnabled()


def test_a_stalled_download_is_cancelled_and_goes_on_from_there(
    page: VocoderPage, served: HubStandIn, engine: FakeEngine, qtbot: QtBot, win: MainWindow
) -> None:
    served.stalls_after = 70_000
    page.keeper.patience = Patience(timeout_s=300)
    offer(page, qtbot)
    press(page.download)
    qtbot.waitUntil(lambda: page.progress.text().startswith("0.1 MB"), timeout=PATIENT_MS)
    assert page.cancel.isVisible()
    assert page.progress.isVisible()
    QTest.keyClick(win, Qt.Key.Key_Space)
    assert engine.calls == ["play"], "the instrument cannot be played meanwhile"
    press(page.cancel)
    qtbot.waitUntil(lambda: "goes on from there" in page.sentence.text(), timeout=PATIENT_MS)
    assert page.sentence.property("role") == "", "what was asked for is no problem"
    qtbot.waitUntil(lambda: state(page) == "0.1 MB arrived", timeout=PATIENT_MS)
    assert page.get.text() == "Continue…"
    served.stalls_after = None
    served.release()
    served.requests.clear()
    offer(page, qtbot)
    assert "still missing" in page.sentence.text()
    press(page.download)
    qtbot.waitUntil(lambda: installed(NAME) is not None, timeout=PATIENT_MS)
    (asked,) = served.ranges()
    assert asked.startswith("bytes=")
    assert int(asked.removeprefix("bytes=").rstrip("-")) >= 65_536


def test_a_broken_connection_is_taken_up_again_by_itself(page: VocoderPage, served: HubStandIn, qtbot: QtBot) -> None:
    served.breaks_after = 70_000
    download(page, qtbot)
    assert installed(NAME) is not None
    assert served.ranges() == ["", "bytes=70000-"]


def test_a_server_that_stays_away_is_a_sentence_and_the_next_try_goes_on(
    page: VocoderPage, served: HubStandIn, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.breaks_after = 70_000
    count = page.keeper._progress

    def leave(have: int, of: int) -> None:
        served.busy = served.busy or have >= 70_000
        count(have, of)

    monkeypatch.setattr(page.keeper, "_progress", leave)
    download(page, qtbot)
    assert "broke off after 0.1 MB" in page.sentence.text()
    assert "try again" in page.sentence.text()
    assert page.sentence.property("role") == "warn"
    assert installed(NAME) is None
    served.busy = False
    served.requests.clear()
    download(page, qtbot)
    assert installed(NAME) is not None
    assert served.ranges() == ["bytes=70000-"]


def test_a_wrong_checksum_is_a_sentence_and_nothing_is_installed(
    page: VocoderPage, served: HubStandIn, qtbot: QtBot
) -> None:
    served.said_checksum = "0" * 64
    download(page, qtbot)
    assert "checksum" in page.sentence.text()
    assert page.sentence.property("role") == "warn"
    assert installed(NAME) is None
    assert not list(user_folder().rglob(WEIGHTS))


def test_too_little_room_is_a_sentence_before_anything_is_downloaded(
    page: VocoderPage, served: HubStandIn, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    download(page, qtbot)
    assert "1.0 MB free" in page.sentence.text()
    assert served.ranges() == []


def test_a_hub_that_is_not_there_is_a_sentence(
    page: VocoderPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    press(page.get)
    qtbot.waitUntil(lambda: "cannot be reached" in page.sentence.text(), timeout=PATIENT_MS)
    assert page.get.isVisible()
    assert not page.download.isVisible()


def test_closing_the_window_ends_a_stalled_download_at_once(
    page: VocoderPage, served: HubStandIn, win: MainWindow, qtbot: QtBot
) -> None:
    import threading

    served.stalls_after = 70_000
    page.keeper.patience = Patience(timeout_s=300)
    offer(page, qtbot)
    press(page.download)
    qtbot.waitUntil(lambda: page.progress.text().startswith("0.1 MB"), timeout=PATIENT_MS)
    win.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name == "errand"]


def test_a_hub_that_says_to_wait_is_shown_and_waiting_is_cancelled(
    page: VocoderPage, served: HubStandIn, qtbot: QtBot
) -> None:
    served.metadata_answers = [(429, {"Retry-After": "600"})]
    press(page.get)
    qtbot.waitUntil(lambda: "says to wait 10 min" in page.sentence.text(), timeout=PATIENT_MS)
    press(page.cancel)
    qtbot.waitUntil(lambda: not page.keeper.busy and not page.cancel.isVisible(), timeout=PATIENT_MS)
    assert "Stopped while waiting" in page.sentence.text()
    offer(page, qtbot)
