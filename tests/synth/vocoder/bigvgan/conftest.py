"""A small checkpoint."""

from pathlib import Path

import pytest

from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, package_model, save


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=32)
    folder = tmp_path_factory.mktemp("bigvgan") / "base"
    folder.mkdir()
    return save(folder, config, package_model(config))
