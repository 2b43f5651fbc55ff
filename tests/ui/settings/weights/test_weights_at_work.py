"""BigVGAN's weights once they are there: used, verified, removed, or found to be damaged."""

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from synth.vocoder.bigvgan.folders import installed
from synth.vocoder.choice import Choice, read_choice, store_choice
from tests.doubles.engine import FakeEngine
from tests.ui.settings.weights.hands import NAME, PATIENT_MS, WEIGHTS, download, press, state
from ui.settings import checkpoints
from ui.settings.vocoder import VocoderPage
from ui.shell.main_window import MainWindow


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
