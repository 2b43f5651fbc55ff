"""The window trains while it plays: the training costs it no sample."""

from pathlib import Path

import pytest

from tests.benchmarks.train_while_playing import failures, train_while_playing
from tests.training.tiny import write_hiss


@pytest.mark.device
def test_a_real_training_from_the_sheet_leaves_the_sound_alone(tmp_path: Path) -> None:
    result = train_while_playing(write_hiss(tmp_path / "hiss.wav"), 0.1, tmp_path, tiny=True)
    assert failures(result) == [], result
    assert result["playing"] and result["preset"] == "hiss", result
    assert result["iterations"] == 36, result
