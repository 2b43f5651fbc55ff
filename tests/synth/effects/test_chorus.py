"""The chorus: its copies wander in pitch by what rate and depth say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.effects.chorus import Chorus
from tests.doubles.effects import RATE, impulse, noise, obeying

ONLY_COPIES = {"chorus_mix": 1.0}


def test_without_depth_it_is_three_copies_at_one_place() -> None:
    """6 ms at 48 kHz is a whole number of samples, so nothing is interpolated."""
    heard = obeying(Chorus(RATE), **ONLY_COPIES, chorus_depth=0.0).process(impulse(RATE // 10))
    assert np.flatnonzero(heard[0]).tolist() == [round(0.006 * RATE)]
    assert heard[0, round(0.006 * RATE)] == pytest.approx(np.sqrt(3), rel=1e-6)


def test_copies_are_where_a_sine_says() -> None:
    """A slow ramp, delayed by d samples, is lower by d of its steps: the three delays add up to 3 · (nearest + half the
    swing), whatever their phase."""
    n, step = RATE // 2, 1e-5
    ramp = np.tile(step * np.arange(n), (2, 1)).astype(np.float32)
    heard = obeying(Chorus(RATE), **ONLY_COPIES, chorus_depth=1.0, chorus_rate_hz=3.0).process(ramp)
    behind = (ramp[0, -5000:] - heard[0, -5000:].astype(np.float64) / np.sqrt(3)) / step
    # A ramp up to 0.24 in single precision: 1.5e-8 is 0.0015 of a step.
    assert np.abs(behind - (0.006 + 0.005) * RATE).max() < 0.02


def widest_detune_cents(x: NDArray[np.float32]) -> float:
    """Of the partials of a sine at 1 kHz, how far the strongest edge lies from it."""
    level = np.abs(np.fft.rfft(x[0].astype(np.float64) * np.blackman(x.shape[1])))
    hz = np.fft.rfftfreq(x.shape[1], 1 / RATE)
    strong = hz[level > 0.05 * level.max()]
    return float(1200 * np.log2(strong.max() / 1000))


def test_pitch_wanders_by_rate_times_depth() -> None:
    """A delay of swing/2 · sin(2πrt) shifts a tone by at most swing · π · r of its frequency."""
    x = np.tile(0.3 * np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE), (2, 1)).astype(np.float32)
    for rate_hz, depth in ((1.0, 1.0), (1.0, 0.5), (2.0, 0.5)):
        heard = obeying(Chorus(RATE), **ONLY_COPIES, chorus_depth=depth, chorus_rate_hz=rate_hz).process(x)
        wanted = 1200 * np.log2(1 + 0.010 * depth * np.pi * rate_hz)
        assert widest_detune_cents(heard[:, RATE:]) == pytest.approx(wanted, rel=0.25)


def test_without_width_both_sides_are_the_same() -> None:
    x = noise(RATE // 2)
    x[1] = x[0]
    narrow = obeying(Chorus(RATE), chorus_width=0.0).process(x)
    wide = obeying(Chorus(RATE), chorus_width=1.0).process(x)
    assert np.array_equal(narrow[0], narrow[1])
    assert np.abs(wide[0] - wide[1]).max() > 0.05
