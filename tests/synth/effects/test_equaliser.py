"""The equaliser against filters that scipy designs from analogue prototypes."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from synth.effects.equaliser import HIGH_HZ, LOW_HZ, MID_Q, Equaliser
from tests.doubles.effects import RATE, impulse, noise, obeying, values

N = 2**15
HZ = np.fft.rfftfreq(N, 1 / RATE)
HEARD = (HZ > 20) & (HZ < 20000)


def response_db(**given: float) -> NDArray[np.float64]:
    """Levels at HZ, (N / 2 + 1,), of both sides."""
    heard = obeying(Equaliser(RATE), **given).process(impulse(N))
    assert np.array_equal(heard[0], heard[1])
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(heard[0].astype(np.float64)))))


def analogue_db(numerator: list[float], denominator: list[float], middle_hz: float) -> NDArray[np.float64]:
    """A prototype for 1 rad/s as the bilinear transform puts it at a frequency."""
    with np.errstate(divide="ignore"):
        warped = np.tan(np.pi * HZ / RATE) / np.tan(np.pi * middle_hz / RATE)
    return np.asarray(20 * np.log10(np.abs(signal.freqs(numerator, denominator, warped[HEARD])[1])))


@pytest.mark.parametrize("gain_db", [-15.0, -4.0, 9.0, 15.0])
def test_each_band_is_its_prototype(gain_db: float) -> None:
    a, q = 10 ** (gain_db / 40), np.sqrt(0.5)
    shelf = [a, a * np.sqrt(a) / q, a * a], [a, np.sqrt(a) / q, 1]
    bands = {
        "eq_low_db": analogue_db(*shelf, LOW_HZ),
        "eq_high_db": analogue_db(shelf[0][::-1], shelf[1][::-1], HIGH_HZ),
        "eq_mid_db": analogue_db([1, a / MID_Q, 1], [1, 1 / (a * MID_Q), 1], 1000.0),
    }
    for id, wanted in bands.items():
        # Single precision of an impulse response of 0.7 s: 1e-4 dB.
        assert np.abs(response_db(**{id: gain_db})[HEARD] - wanted).max() < 1e-3, id


@pytest.mark.parametrize(("id", "hz", "kind"), [("eq_low_cut_hz", 300.0, "high"), ("eq_high_cut_hz", 4000.0, "low")])
def test_the_cuts_are_butterworth_filters(id: str, hz: float, kind: str) -> None:
    sos = signal.butter(2, hz, kind, fs=RATE, output="sos")
    wanted = 20 * np.log10(np.abs(signal.sosfreqz(sos, HZ[HEARD], fs=RATE)[1]))
    loud = wanted > -90
    assert np.abs(response_db(**{id: hz})[HEARD] - wanted)[loud].max() < 5e-3


def test_at_its_defaults_it_changes_nothing() -> None:
    x = noise(5000)
    assert np.array_equal(obeying(Equaliser(RATE)).process(x), x)


@pytest.mark.parametrize("rate_hz", [8000, 22050, 192000])
def test_every_setting_is_stable_at_every_rate(rate_hz: int) -> None:
    eq = Equaliser(rate_hz)
    extremes = {"eq_low_db": 15, "eq_mid_db": -15, "eq_high_db": 15, "eq_mid_hz": 8000, "eq_high_cut_hz": 19000}
    eq.obey(values(**extremes, eq_low_cut_hz=1000), at_once=True)
    heard = eq.process(noise(rate_hz))
    assert np.abs(heard).max() < 5


def test_a_gain_moves_without_a_step() -> None:
    """A steady sine of 50 Hz: what a jump would add lies far above it."""
    t = np.arange(RATE // 2) / RATE
    x = np.tile(0.25 * np.sin(2 * np.pi * 50 * t), (2, 1)).astype(np.float32)
    eq = obeying(Equaliser(RATE))
    before, after = (np.ascontiguousarray(part) for part in np.split(x, [8000], axis=1))
    heard_before = eq.process(before)
    eq.obey(values(eq_low_db=15.0))
    heard = np.concatenate([heard_before, eq.process(after)], axis=1)[0].astype(np.float64)
    clicks = signal.sosfilt(signal.butter(8, 3000, "high", fs=RATE, output="sos"), heard)
    assert np.abs(clicks[2000:]).max() < 10 ** (-80 / 20)
    assert np.abs(heard[20000:]).max() > 0.25 * 10 ** (12 / 20)
