"""A partial's line is as wide as its phase wanders; noise, vibrato and fading are something else."""

import numpy as np
import pytest
import torch

from synth.mel import FORMATS
from synth.presets.model import Vibrato
from tests.doubles.sounds import Doubles
from training.analysis.movement.linewidth import linewidths_hz
from training.analysis.noise_share import between_partials

F22 = FORMATS["22k80"]
RATE_HZ, F0_HZ, N = 22050, 400.0, 12
HZ = torch.arange(1, N + 1) * F0_HZ


def wandering(widths_hz: Doubles, seconds: float = 6.0, swing_cents: float = 0.0, seed: int = 0) -> Doubles:
    """Multiples of 400 Hz whose phases are random walks, so that each line is a Lorentzian of its width, (N,)."""
    rng, n = np.random.default_rng(seed), round(seconds * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    swing = 2 ** (swing_cents / 1200 * np.sin(2 * np.pi * 5.5 * t))
    phase = 2 * np.pi * np.cumsum(F0_HZ * swing) / RATE_HZ
    wave = np.zeros(n)
    for k, width in enumerate(widths_hz, 1):
        walk = np.cumsum(rng.standard_normal(n)) * np.sqrt(2 * np.pi * width / RATE_HZ)
        wave += 0.1 / k * np.cos(k * phase + walk)
    return wave


def measured(wave: Doubles, vibrato: Vibrato | None = None, slopes: torch.Tensor | None = None) -> Doubles:
    between = between_partials(wave.astype(np.float32), RATE_HZ, F0_HZ, vibrato)
    return linewidths_hz(between, HZ, slopes, F22).double().numpy()


@pytest.mark.parametrize("width_hz", [1.0, 3.0, 8.0])
def test_a_wandering_phase_has_its_width(width_hz: float) -> None:
    """Six seconds hold some six independent looks at each of twelve lines: their median is known to a fifth."""
    found = measured(wandering(np.full(N, width_hz)))
    assert np.median(found) == pytest.approx(width_hz, rel=0.25, abs=0.2)


def test_a_pure_tone_has_none() -> None:
    assert (measured(wandering(np.zeros(N))) == 0).all()


def test_noise_between_the_partials_is_no_width() -> None:
    noise = 0.004 * np.random.default_rng(1).standard_normal(6 * RATE_HZ)
    assert np.median(measured(wandering(np.zeros(N)) + noise)) < 0.5


def test_a_vibrato_is_no_width() -> None:
    found = measured(wandering(np.zeros(N), swing_cents=15.0), Vibrato(5.5, 15.0, 0.0))
    assert np.median(found) < 1.0
    assert np.median(measured(wandering(np.zeros(N), swing_cents=15.0))) > 3 * max(np.median(found), 0.5)


def test_fading_is_no_width() -> None:
    """40 dB per second make a line 1.5 Hz wide."""
    fade = 10 ** (-40 * np.arange(3 * RATE_HZ) / RATE_HZ / 20)
    wave = wandering(np.zeros(N), 3.0) * fade
    assert np.median(measured(wave)) > 0.2
    assert np.median(measured(wave, slopes=torch.full((80,), -40.0))) == 0.0


def test_none_is_wider_than_what_a_partial_can_be() -> None:
    found = measured(0.1 * np.random.default_rng(0).standard_normal(3 * RATE_HZ))
    assert np.isfinite(found).all() and found.max() <= 20.0


def test_lines_may_be_wider_where_no_rows_are() -> None:
    """Two lines 80 Hz wide, below the mel's fmax and above it."""
    rng, n = np.random.default_rng(0), 6 * RATE_HZ
    hz, t = torch.tensor([5000.0, 9000.0]), np.arange(n) / RATE_HZ
    walks = np.cumsum(rng.standard_normal((2, n)), axis=1) * np.sqrt(2 * np.pi * 80.0 / RATE_HZ)
    wave = sum(0.1 * np.cos(2 * np.pi * each * t + walk) for each, walk in zip(hz.tolist(), walks, strict=True))
    between = between_partials(np.asarray(wave, np.float32), RATE_HZ, 4000.0)
    below, above = linewidths_hz(between, hz, None, F22).tolist()
    assert below == 20.0
    # What is farther than 60 Hz from a line's middle is not seen of it.
    assert 24.0 < above <= 40.0
