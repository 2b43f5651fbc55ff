"""Partials without noise."""

import numpy as np
import pytest

from synth.vocoder.arrays import Floats
from synth.vocoder.spectral.noise_shaper import NoiseShaper


@pytest.fixture
def without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partials alone: noise of several voices is drawn once, so it is no sum of theirs."""

    def nothing(self: NoiseShaper, rows: Floats, frame: int, spread: float, count: int) -> Floats:
        return np.zeros((self._n_heads, count), np.float32)

    monkeypatch.setattr(NoiseShaper, "advance", nothing)
