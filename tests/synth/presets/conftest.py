"""A folder of presets that a bank is taken into."""

from pathlib import Path

import pytest

from tests.synth.presets.banks import OTHER


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with one preset in it, and a neighbour that nobody may touch."""
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.safetensors").write_bytes(OTHER)
    (tmp_path / "neighbour").write_text("untouched")
    return tmp_path / "presets"
