"""The loudness that follows a vibrato is measured, partial by partial, and chance is not taken for it."""

import numpy as np
import pytest
import torch

from synth.presets.model import Vibrato
from training.analysis.movement.tremolo import tremolo_db

RATE_HZ, SECONDS, ROOT_HZ, SWINGS_HZ = 22050, 5.0, 440.0, 5.5
VIBRATO = Vibrato(SWINGS_HZ, 15.0, 0.0)
HZ = torch.tensor([ROOT_HZ * k for k in range(1, 7)])


def measured(swings_db: list[tuple[float, float]], at_random_db: float = 0.0) -> torch.Tensor | None:
    """Of a tone whose partials' levels go with the sine of the vibrato, with its cosine, and with nothing."""
    t, rng = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ, np.random.default_rng(0)
    sway = 2 * np.pi * SWINGS_HZ * t
    phase = 2 * np.pi * np.cumsum(ROOT_HZ * 2 ** (15 / 1200 * np.sin(sway))) / RATE_HZ
    wave = 0.0005 * rng.standard_normal(len(t))
    rates = np.fft.rfftfreq(len(t), 1 / RATE_HZ)
    for k, (with_it, ahead) in enumerate(swings_db, start=1):
        chance = np.fft.irfft(np.exp(2j * np.pi * rng.random(len(rates))) * (np.abs(rates - SWINGS_HZ) < 2), len(t))
        level_db = with_it * np.sin(sway) + ahead * np.cos(sway) + at_random_db * chance / chance.std()
        wave += 0.1 * 10 ** (level_db / 20) * np.cos(k * phase)
    return tremolo_db(wave.astype(np.float32), RATE_HZ, HZ, VIBRATO, ROOT_HZ)


def test_each_partials_swing_is_found_with_its_sides() -> None:
    wanted = [(2.0, 0.0), (-2.0, 0.0), (0.0, 3.0), (1.0, -1.0), (4.0, 2.0), (0.0, 0.0)]
    found = measured(wanted)
    assert found is not None
    # What the pitch does not go along with is lost, up to a tenth.
    assert found.numpy() == pytest.approx(np.array(wanted), abs=0.35)


def test_levels_that_move_by_chance_follow_nothing() -> None:
    assert measured([(0.0, 0.0)] * 6, at_random_db=2.0) is None
