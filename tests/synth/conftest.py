"""Fixtures for tests of the hub: a checkpoint, a stand-in that serves it, and folders nobody else uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.hub_client import NAME
from tests.doubles.hub_stand_in import HubStandIn
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED[NAME], channels=32)
    return save(tmp_path_factory.mktemp("checkpoint"), config, package_model(config))


@pytest.fixture(scope="module")
def files(checkpoint: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in checkpoint.iterdir()}


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in ("PETRICHORD_BIGVGAN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served(own_folders: None, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    stand_in = HubStandIn(dict(files))
    monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
    yield stand_in
    stand_in.close()
