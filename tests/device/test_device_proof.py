"""A minute through a real PortAudio stream: what the sink's monitor heard is what the engine sent, to the sample."""

from pathlib import Path

import pytest

from synth.presets.file import save_preset
from tests.benchmarks.soak import LIMIT_DB, MEMORY_GROWTH, soak
from tests.doubles.cultures import steady_preset

MINUTES = 1.0


@pytest.mark.device
def test_capture_equals_take_for_a_minute_with_gestures_and_a_busy_machine(tmp_path: Path) -> None:
    save_preset(steady_preset(), tmp_path / "steady.safetensors")
    # A busy start may find bfloat16 the faster, whose products are kept compiled for every number of awake cells.
    options = ("--precision", "float32")
    result = soak(str(tmp_path / "steady.safetensors"), MINUTES, True, tmp_path, *options)
    assert result["difference_db"] <= LIMIT_DB, result  # type: ignore[operator]
    assert result["underruns"] == 0, result
    assert result["take_s"] >= 60 * MINUTES, result  # type: ignore[operator]
    assert result["gestures"] >= 60 * MINUTES - 2, result  # type: ignore[operator]
    assert result["memory_largest_mb"] <= (1 + MEMORY_GROWTH) * result["memory_settled_mb"], result  # type: ignore[operator]
