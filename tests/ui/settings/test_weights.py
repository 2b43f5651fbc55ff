"""BigVGAN's weights in the window, against a hub on 127.0.0.1: size first, progress, cancel, resume, words."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from synth.vocoder.bigvgan.catalogue import CHECKPOINTS, FOR_CPU, FOR_GPU
from synth.vocoder.bigvgan.fetch import Patience
from synth.vocoder.bigvgan.folders import installed, user_folder
from synth.vocoder.choice import Choice, read_choice, store_choice
from tests.doubles.engine import FakeEngine
from tests.doubles.hub_stand_in import HubStandIn
from tests.synth.vocoder.bigvgan.test_live import PUBLISHED, config_of, package_model, save
from ui.settings import checkpoints
from ui.settings.sheet import SettingsSheet
from ui.settings.vocoder import VocoderPage
from ui.shell.main_window import MainWindow

NAME = FOR_CPU.name
WEIGHTS = "bigvgan_generator.pt"
PATIENT_MS = 30_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    config = config_of(PUBLISHED[NAME], channels=32)
    folder = save(tmp_path_factory.mktemp("checkpoint"), config, package_model(config))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def served(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    from huggingface_hub import constants

    stand_in = HubStandIn(dict(files))
    for name in ("data", "config", "cache", "state"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in ("PETRICHORD_BIGVGAN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield stand_in
    stand_in.close()


@pytest.fixture
def page(served: HubStandIn, win: MainWindow, qtbot: QtBot) -> VocoderPage:
    """The vocoder's page, opened, with the small checkpoint chosen in the table."""
    win.settings_opener.toggle()
    sheet = win.settings_opener.sheet()
    assert isinstance(sheet, SettingsSheet)
    sheet.turn_to(sheet.vocoder)
    qtbot.waitUntil(lambda: sheet.vocoder.table.rowCount() == 9, timeout=PATIENT_MS)
    sheet.vocoder.keeper.patience = Patience(timeout_s=0.3, pause_s=0.01)
    sheet.vocoder.select(FOR_CPU)
    return sheet.vocoder


def press(button: QToolButton) -> None:
    """By the keyboard, as Enter works everywhere."""
    assert button.isVisible(), f"{button.text()} is not there"
    assert button.isEnabled(), f"{button.text()} cannot be pressed"
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)


def offer(page: VocoderPage, qtbot: QtBot) -> None:
    press(page.get)
    qtbot.waitUntil(page.download.isVisible, timeout=PATIENT_MS)


def download(page: VocoderPage, qtbot: QtBot) -> None:
    """Ask, see the size, take it, and wait for whatever comes of it."""
    offer(page, qtbot)
    press(page.download)
    qtbot.waitUntil(lambda: not page.keeper.busy and not page.cancel.isVisible(), timeout=PATIENT_MS)


def state(page: VocoderPage, name: str = NAME) -> str:
    row = [known.name for known in CHECKPOINTS].index(name)
    item = page.table.item(row, 4)
    assert item is not None
    return item.text()


def test_all_nine_are_shown_with_size_and_licence_and_the_recommended_are_marked(page: VocoderPage) -> None:
    rows = [[page.table.item(i, j).text() for j in range(5)] for i in range(9)]  # type: ignore[union-attr]
    assert [row[0] for row in rows] == [known.name for known in CHECKPOINTS]
    assert [row[1] for row in rows] == [f"{known.size_mb:.0f} MB" for known in CHECKPOINTS]
    assert {row[2] for row in rows} == {"MIT"}
    marked = {row[0]: row[3] for row in rows if row[3]}
    assert set(marked) == {FOR_GPU.name, FOR_CPU.name}
    assert "GPU" in marked[FOR_GPU.name]
    assert "processor" in marked[FOR_CPU.name]
    assert sum("yours" in mark for mark in marked.values()) == 1
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


def test_use_makes_it_the_choice_and_prepares_it(
    page: VocoderPage, win: MainWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[Choice] = []
    monkeypatch.setattr(win.loader, "request_vocoder", lambda *_: prepared.append(read_choice()[0]))
    download(page, qtbot)
    qtbot.waitUntil(page.use.isEnabled, timeout=PATIENT_MS)
    press(page.use)
    qtbot.waitUntil(lambda: prepared == [Choice("bigvgan", NAME)], timeout=PATIENT_MS)
    qtbot.waitUntil(lambda: state(page) == "your choice, installed", timeout=PATIENT_MS)
    assert page.radios["bigvgan"].isChecked()
    page.radios["spectral"].click()
    qtbot.waitUntil(lambda: prepared[1:] == [Choice("spectral")], timeout=PATIENT_MS)


def test_a_damaged_checkpoint_is_not_used(page: VocoderPage, qtbot: QtBot) -> None:
    download(page, qtbot)
    qtbot.waitUntil(page.use.isEnabled, timeout=PATIENT_MS)
    folder = installed(NAME)
    assert folder is not None
    (folder / WEIGHTS).write_bytes(b"no weights")
    press(page.use)
    qtbot.waitUntil(lambda: "damaged" in page.sentence.text(), timeout=PATIENT_MS)
    assert read_choice()[0] == Choice()


def test_remove_moves_it_to_the_trash_and_chooses_automatically_again(
    page: VocoderPage, qtbot: QtBot, tmp_path: Path
) -> None:
    download(page, qtbot)
    store_choice(Choice("bigvgan", NAME))
    qtbot.waitUntil(page.remove.isEnabled, timeout=PATIENT_MS)
    press(page.remove)
    qtbot.waitUntil(lambda: "is in the trash" in page.sentence.text(), timeout=PATIENT_MS)
    assert installed(NAME) is None
    assert read_choice()[0] == Choice()
    assert list(tmp_path.rglob(f"Trash/files/{NAME}*/{WEIGHTS}")), "deleted, not moved to the trash"
    qtbot.waitUntil(lambda: state(page) == "not here", timeout=PATIENT_MS)


def test_without_a_trash_it_is_kept_in_words(page: VocoderPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "move_to_trash", lambda path: False)
    download(page, qtbot)
    qtbot.waitUntil(page.remove.isEnabled, timeout=PATIENT_MS)
    press(page.remove)
    qtbot.waitUntil(lambda: "has no trash" in page.sentence.text(), timeout=PATIENT_MS)
    assert installed(NAME) is not None


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


def test_verify_shows_its_table_row_by_row_and_can_be_stopped(page: VocoderPage, qtbot: QtBot) -> None:
    download(page, qtbot)
    qtbot.waitUntil(page.verify.isEnabled, timeout=PATIENT_MS)
    press(page.verify)
    table = page.measurement.table
    qtbot.waitUntil(lambda: table.rowCount() >= 2, timeout=120_000)
    cells = [[table.item(i, j).text() for j in range(table.columnCount())] for i in range(2)]  # type: ignore[union-attr]
    assert cells[1][1] == "spectral"
    assert cells[1][5] == "+0.0"
    assert cells[0][0] == cells[1][0]
    assert float(cells[0][2]) > 0
    assert page.cancel.isVisible()
    press(page.cancel)
    qtbot.waitUntil(lambda: page.sentence.text().startswith("Stopped after"), timeout=PATIENT_MS)
    press(page.back)
    assert page.tables.currentWidget() is page.table
    assert page.verify.isVisible()


def test_what_verify_refuses_is_said(page: VocoderPage, qtbot: QtBot) -> None:
    download(page, qtbot)
    qtbot.waitUntil(page.verify.isEnabled, timeout=PATIENT_MS)
    folder = installed(NAME)
    assert folder is not None
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_mels": "many"}))
    press(page.verify)
    qtbot.waitUntil(lambda: "ended early" in page.sentence.text(), timeout=120_000)
    assert "config.json" in page.sentence.text()
    press(page.back)


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
