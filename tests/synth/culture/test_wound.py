"""A default wound is heard wherever it is made, and what was not touched is not heard."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.automaton.gestures import Gesture
from synth.output.render import Job, render
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.benchmarks.wound import RATE_HZ, audible
from tests.doubles.samples import live_preset

PRESET = live_preset()


@pytest.fixture(scope="module")
def plain() -> NDArray[np.float32]:
    """The same sound without a wound, (2, N)."""
    return render(PRESET, SpectralVocoder(PRESET.mel), Job(seconds=3.0, rate_hz=RATE_HZ))


@pytest.mark.parametrize("column", [0.0, 60.5, 171.0])
def test_a_default_wound_is_heard_for_300_ms_at_any_column(column: float, plain: NDArray[np.float32]) -> None:
    length_ms, peak_db = audible(PRESET, Gesture("erase", column, 14), 20, plain)
    assert length_ms >= 300
    assert peak_db >= 12


def test_a_wound_without_strength_is_not_heard(plain: NDArray[np.float32]) -> None:
    length_ms, _ = audible(PRESET, Gesture("erase", 60, 14, strength=0.0), 20, plain)
    assert length_ms < 100
