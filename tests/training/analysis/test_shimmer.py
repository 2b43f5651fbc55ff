"""The shimmer of partials is measured: how much in which band, and how much of it they share."""

import numpy as np
import pytest
import torch

from synth.mel import FORMATS
from synth.presets.model import SHIMMER_BANDS, shimmer_edges_hz
from tests.doubles.sounds import Doubles
from training.analysis.movement.shimmer import shimmer
from training.analysis.noise_share import between_partials

F22 = FORMATS["22k80"]
RATE_HZ, SECONDS = 22050, 5.0
EDGES_HZ = shimmer_edges_hz(F22)
HZ = 500.0 * np.arange(1.0, 9.0, dtype=np.float64)


def movement(band: int, rng: np.random.Generator) -> Doubles:
    """Gaussian noise of variance 1 with rates in one band, (N,)."""
    n = round(SECONDS * RATE_HZ)
    rates = np.fft.rfftfreq(n, 1 / RATE_HZ)
    inside = (rates >= EDGES_HZ[band] * 1.05) & (rates < EDGES_HZ[band + 1] * 0.95)
    wave = np.fft.irfft((rng.standard_normal(len(rates)) + 1j * rng.standard_normal(len(rates))) * inside, n)
    return np.asarray(wave / wave.std())


def measured(band: int, depth: float, shared: float = 0.0, noise: float = 0.0) -> tuple[Doubles, Doubles]:
    """Of eight partials that move in one band, with white noise beside them."""
    rng = np.random.default_rng(band)
    common, t = movement(band, rng), np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    wave = noise * rng.standard_normal(len(t))
    for k, hz in enumerate(HZ):
        own = np.sqrt(1 - shared) * movement(band, rng) + np.sqrt(shared) * common
        wave += 0.1 * (1 + depth * own) * np.cos(2 * np.pi * hz * t + k)
    found = shimmer(between_partials(wave.astype(np.float32), RATE_HZ, 500.0), torch.from_numpy(HZ), F22)
    return found[0].double().numpy(), found[1].double().numpy()


@pytest.mark.parametrize("band", range(SHIMMER_BANDS))
def test_movement_is_found_in_its_band(band: int) -> None:
    depth, _ = measured(band, 0.1)
    # The octave to 172 Hz is seen up to four fifths of 200 Hz; of slow movement five seconds hold few swings.
    assert np.sqrt(np.mean(depth[:, band] ** 2)) == pytest.approx(0.1, rel=0.2 if band == 0 else 0.1)
    others = [at for at in range(SHIMMER_BANDS) if at != band]
    assert depth[:, others].max() < 0.03


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_what_partials_share_is_found(shared: float) -> None:
    assert measured(3, 0.1, shared)[1][3] == pytest.approx(shared, abs=0.1)


def test_noise_beside_a_partial_is_not_its_movement() -> None:
    """Noise that moves still partials by as much as a shimmer of 0.02 would; and it hides none that is larger."""
    still, _ = measured(3, 0.0, noise=0.02)
    assert np.median(still) == 0
    assert still.max() < 0.02
    moving, shared = measured(3, 0.08, 1.0, noise=0.02)
    assert np.median(moving[:, 3]) == pytest.approx(0.08, rel=0.1)
    assert shared[3] > 0.85


def test_a_short_sound_says_nothing() -> None:
    between = between_partials(np.zeros(4000, np.float32), RATE_HZ, 500.0)
    depth, shared = shimmer(between, torch.from_numpy(HZ), F22)
    assert not depth.any() and not shared.any()
