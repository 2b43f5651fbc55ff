"""A preset that nobody has loaded, as `Audition` plays it: as loud as the others, and the same each time."""

import time
from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray

from synth.output.preview import HELD_S, PREVIEW_S, Cancelled, _loudness_lufs, at_volume, preview
from synth.presets.model import Preset
from tests.doubles.samples import live_preset

RATE = 22050
CEILING = 10 ** (-1 / 20)


@pytest.fixture(scope="module")
def heard() -> NDArray[np.float32]:
    return preview(live_preset(), RATE)


def test_it_is_a_note_that_ends(heard: NDArray[np.float32]) -> None:
    assert heard.shape == (round(PREVIEW_S * RATE), 2) and heard.dtype == np.float32
    held, last = heard[: round(HELD_S * RATE)], heard[-round(0.05 * RATE) :]
    assert np.abs(held).max() > 20 * np.abs(last).max()


@pytest.mark.parametrize("louder_db", [-15.0, 0.0, 9.0])
def test_it_is_as_loud_as_presets_are_whatever_its_own_gain(louder_db: float) -> None:
    """−18 LUFS by another meter; 0.3 LU for a filter that is applied to the spectrum here."""
    preset = live_preset()
    sound = preview(replace(preset, gain_db=preset.gain_db + louder_db), RATE)
    assert np.abs(sound).max() <= CEILING + 1e-6
    # The limiter works where the preset is too loud: then it is as loud as that leaves it, by the same meter.
    assert pyloudnorm.Meter(RATE).integrated_loudness(sound.astype(np.float64)) == pytest.approx(-18, abs=0.3)


@pytest.mark.parametrize(("low_hz", "high_hz"), [(20, 60), (200, 1000), (3000, 10_000)])
@pytest.mark.parametrize("decay_db_per_s", [0.0, 20.0])
def test_loudness_is_that_of_another_meter(low_hz: float, high_hz: float, decay_db_per_s: float) -> None:
    """Below 60 Hz the meter holds back some 10 dB, above 3 kHz it adds 4; a decay is gated."""
    n = 3 * RATE
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal((2, n)), axis=1)
    hz = np.fft.rfftfreq(n, 1 / RATE)
    noise = 0.1 * np.fft.irfft(spectrum * ((hz > low_hz) & (hz < high_hz)), axis=1)
    noise *= 10 ** (-decay_db_per_s * np.arange(n) / RATE / 20)
    expected = pyloudnorm.Meter(RATE).integrated_loudness(noise.T)
    assert _loudness_lufs(noise.astype(np.float32), RATE) == pytest.approx(expected, abs=0.15)


def test_it_follows_the_volume_and_never_passes_the_ceiling(heard: NDArray[np.float32]) -> None:
    assert np.allclose(at_volume(heard, -6.0), heard * 10 ** (-6 / 20), rtol=1e-5)
    assert not at_volume(heard, -60.0).any()
    assert np.abs(at_volume(heard, 12.0)).max() <= CEILING + 1e-6
    assert np.array_equal(at_volume(np.zeros((4, 2), np.float32), 3.0), np.zeros((4, 2), np.float32))


def test_it_is_the_same_each_time_and_leaves_the_preset_as_it_was(heard: NDArray[np.float32]) -> None:
    preset = live_preset()
    state = preset.state.clone()
    assert np.array_equal(preview(preset, RATE), heard)
    assert (preset.state == state).all()


def test_a_volume_that_the_preset_suggests_does_not_change_it(heard: NDArray[np.float32]) -> None:
    quiet = replace(live_preset(), settings={"volume_db": -60.0})
    assert np.array_equal(preview(quiet, RATE), heard)


def silent_preset() -> Preset:
    preset = live_preset()
    state = preset.state.clone()
    state[0] = -1.0
    return replace(preset, state=state)


def test_of_a_silent_culture_it_is_no_louder_than_any(heard: NDArray[np.float32]) -> None:
    sound = preview(silent_preset(), RATE)
    assert np.isfinite(sound).all() and np.abs(sound).max() <= CEILING + 1e-6


def test_it_ends_soon_once_nobody_waits() -> None:
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.perf_counter())
        return len(asked) == 2

    with pytest.raises(Cancelled):
        preview(live_preset(), RATE, cancelled)
    assert len(asked) == 2
