"""A small checkpoint, a hub on 127.0.0.1 that serves it, and the page that downloads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from synth.vocoder.bigvgan.catalogue import FOR_CPU
from synth.vocoder.bigvgan.fetch import Patience
from tests.doubles.hub_stand_in import HubStandIn
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save
from tests.ui.settings.weights.hands import NAME, PATIENT_MS
from ui.settings.sheet import SettingsSheet
from ui.settings.vocoder import VocoderPage
from ui.shell.main_window import MainWindow


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
