"""A recording to train on."""

from pathlib import Path

import pytest

from tests.training.tiny import write_hiss


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_hiss(tmp_path_factory.mktemp("in") / "hiss.wav", rate_hz=12000)
