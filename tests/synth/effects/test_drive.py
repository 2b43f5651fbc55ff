"""Drive: what it adds are harmonics, and next to nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.effects.drive import Drive
from synth.effects.halfband import half_band
from tests.doubles.effects import RATE, noise, obeying

N = RATE


def sine(hz: float, level: float) -> NDArray[np.float32]:
    return np.tile(level * np.sin(2 * np.pi * hz * np.arange(2 * N) / RATE), (2, 1)).astype(np.float32)


def spectrum(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Amplitudes by hertz, (N / 2 + 1,), of the last second."""
    return np.asarray(np.abs(np.fft.rfft(x[0, -N:].astype(np.float64))) * 2 / N)


@pytest.mark.parametrize("level", [0.25, 1.0])
@pytest.mark.parametrize("given", [{"drive_db": 36.0}, {"drive_db": 36.0, "drive_bias": 1.0}, {"drive_db": 18.0}])
def test_aliases_of_5_khz_are_60_db_below_it(given: dict[str, float], level: float) -> None:
    """Whole numbers of hertz, so each partial is one bin: harmonics, and what is none is an alias."""
    heard = spectrum(obeying(Drive(RATE), **given, drive_tone_hz=20000.0).process(sine(5003, level)))
    harmonics = np.arange(5003, RATE // 2, 5003)
    aliases = heard.copy()
    aliases[harmonics] = 0
    aliases[:30] = 0
    assert 20 * np.log10(aliases.max() / heard[5003]) < -60
    assert heard[3 * 5003] > 0.01 * heard[5003]


def test_it_is_the_curve_itself_for_slow_sound() -> None:
    """At 20 Hz neither filters nor the mean between samples matter; what the DC filter turns is taken out by level."""
    gain, makeup = 10 ** (24 / 20), 0.18 * np.sqrt(1 + (10 ** (24 / 20) * 0.18) ** 2) / (10 ** (24 / 20) * 0.18)
    x = sine(110, 0.3)
    u = gain * x[0, -N:].astype(np.float64)
    wanted = np.abs(np.fft.rfft(makeup * u / np.sqrt(1 + u * u))) * 2 / N
    heard = spectrum(obeying(Drive(RATE), drive_db=24.0, drive_tone_hz=20000.0).process(x))
    for harmonic in (1, 3, 5):
        at = harmonic * 110
        assert heard[at] == pytest.approx(wanted[at], rel=0.01)
    assert heard[220] < 1e-5


def test_bias_adds_even_harmonics_and_no_constant() -> None:
    heard = spectrum(obeying(Drive(RATE), drive_db=18.0, drive_bias=0.6).process(sine(200, 0.2)))
    assert heard[400] > 0.05 * heard[200]
    assert heard[0] < 1e-3 * heard[200]


@pytest.mark.parametrize("drive_db", [0.0, 12.0, 36.0])
def test_usual_sound_keeps_its_level(drive_db: float) -> None:
    """A sine of −18 dBFS; a driven one has less of its fundamental in its height, so loudness may differ a little."""
    heard = obeying(Drive(RATE), drive_db=drive_db, drive_tone_hz=20000.0).process(sine(500, 0.18))[:, N:]
    assert abs(20 * np.log10(np.sqrt(np.mean(heard**2)) / (0.18 / np.sqrt(2)))) < 3.1


def test_a_half_band_filter_stops_what_it_says() -> None:
    z = np.exp(-4j * np.pi * (f := np.linspace(0, 0.5, 4001)))
    coefficients = half_band(8, 0.01)
    branches = [np.prod([(a + z) / (1 + a * z) for a in coefficients[i::2]], axis=0) for i in (0, 1)]
    level_db = 20 * np.log10(np.abs(branches[0] + np.exp(-2j * np.pi * f) * branches[1]) / 2 + 1e-12)
    assert level_db[f >= 0.26].max() < -80
    assert level_db[f <= 0.24].min() > -1e-6


def test_silence_stays_silence() -> None:
    """From the first sample on, so that one that begins or wakes does not click."""
    drive = obeying(Drive(RATE), drive_db=36.0, drive_bias=1.0)
    assert np.abs(drive.process(np.zeros((2, 2000), np.float32))).max() < 2**-26
    drive.process(noise(2000))
    drive.reset()
    assert np.abs(drive.process(np.zeros((2, 2000), np.float32))).max() < 2**-26
    drive.process(noise(2000))
    assert np.abs(drive.process(np.zeros((2, RATE), np.float32))[:, -100:]).max() < 2**-26
