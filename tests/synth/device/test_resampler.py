"""The live rate converter against sines: where they fall, how they are kept, what is left of images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.device.resampler import Resampler

RATES = [(44100, 48000), (48000, 44100), (44100, 96000), (44100, 32000)]


def sine(hz: float, rate: int, n: int, delay_s: float = 0.0) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * hz * (np.arange(n) / rate - delay_s))


@pytest.mark.parametrize(("source", "target"), RATES)
@pytest.mark.parametrize("hz", [100.0, 1000.0, 12000.0])
def test_a_sine_comes_out_at_its_pitch_level_and_known_delay(source: int, target: int, hz: float) -> None:
    resampler = Resampler(source, target)
    x = np.tile(0.5 * sine(hz, source, source)[:, None], (1, 2)).astype(np.float32)
    y = resampler.process(x)[:, 0]
    assert abs(len(y) - target) <= 1
    expected = 0.5 * sine(hz, target, len(y), resampler.delay_samples / source)
    # 80 dB of stop band leaves images of a ten-thousandth.
    assert np.abs(y - expected)[200:-200].max() < 1e-3


def test_what_a_lower_rate_cannot_hold_is_removed() -> None:
    x = np.tile(sine(21000.0, 48000, 48000)[:, None], (1, 2)).astype(np.float32)
    assert np.abs(Resampler(48000, 32000).process(x)[200:]).max() < 1e-3


@given(st.lists(st.integers(0, 3000), max_size=10), st.sampled_from(RATES))
@settings(max_examples=20)
def test_any_partition_gives_the_same_sound(cuts: list[int], rates: tuple[int, int]) -> None:
    x = np.random.default_rng(0).standard_normal((3000, 2)).astype(np.float32)
    whole = Resampler(*rates).process(x)
    resampler = Resampler(*rates)
    parts = np.concatenate([resampler.process(part) for part in np.split(x, sorted(cuts))])
    assert parts.shape == whole.shape
    # Sums of 32 products may be rounded in another order.
    np.testing.assert_allclose(parts, whole, atol=2e-6)


def test_delay_is_below_two_milliseconds() -> None:
    assert Resampler(44100, 48000).delay_samples / 44100 < 0.002
