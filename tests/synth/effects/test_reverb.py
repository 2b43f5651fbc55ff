"""The reverb: it decays as its knob says in every octave, rings nowhere, and holds its sound when frozen."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from synth.effects.reverb import Reverb, absorbing, line_lengths
from tests.doubles.effects import RATE, impulse, noise, obeying, values

WET = {"reverb_mix": 1.0, "reverb_predelay_s": 0.001}


def decay_s(response: NDArray[np.float64], rate_hz: int) -> float:
    """Schroeder's backward integration: the slope from −5 to −35 dB, as seconds for 60 dB."""
    left = np.cumsum(response[::-1] ** 2)[::-1]
    level_db = 10 * np.log10(left / left[0] + 1e-30)
    begin, end = int(np.argmax(level_db < -5)), int(np.argmax(level_db < -35))
    slope = np.polyfit(np.arange(begin, end) / rate_hz, level_db[begin:end], 1)[0]
    return float(-60 / slope)


def octave(x: NDArray[np.float64], middle_hz: float, rate_hz: int) -> NDArray[np.float64]:
    edges = (middle_hz / np.sqrt(2), middle_hz * np.sqrt(2))
    return np.asarray(signal.sosfilt(signal.butter(3, edges, "band", fs=rate_hz, output="sos"), x))


@pytest.mark.parametrize(("decay", "damping_hz"), [(0.6, 20000.0), (2.5, 20000.0), (2.5, 5000.0), (12.0, 20000.0)])
def test_the_decay_is_what_its_knob_says_in_every_octave_below_the_damping(decay: float, damping_hz: float) -> None:
    """Both sides and two starts of the slow turning averaged: a single octave of noise varies by itself."""
    reverb = obeying(Reverb(RATE), **WET, reverb_decay_s=decay, reverb_damping_hz=damping_hz)
    n = round(0.8 * decay * RATE)
    responses = [side for _ in range(2) for side in reverb.process(impulse(n)).astype(np.float64)]
    for middle_hz in (125, 250, 500, 1000, 2000, 4000, 8000):
        if middle_hz * 8 <= damping_hz or (damping_hz == 20000 and middle_hz <= 4000):
            found = np.mean([decay_s(octave(x, middle_hz, RATE), RATE) for x in responses])
            assert found == pytest.approx(decay, rel=0.1), middle_hz


def test_far_above_the_damping_it_decays_four_times_as_fast() -> None:
    response = obeying(Reverb(RATE), **WET, reverb_decay_s=4.0, reverb_damping_hz=625.0).process(impulse(2 * RATE))[0]
    assert decay_s(octave(response.astype(np.float64), 8000, RATE), RATE) == pytest.approx(1.0, rel=0.1)


def test_the_absorbing_filter_is_its_shelf() -> None:
    b0, b1, a1 = absorbing(3000, 2.0, 4000.0, RATE)
    level_db = 20 * np.log10(np.abs(signal.freqz([b0, b1], [1, a1], [0, 2 * np.pi * 4000 / RATE, np.pi])[1]))
    per_pass_db = -60 * 3000 / (2.0 * RATE)
    # Of the mean of both at the damping the shelf is a little off, because it is one in power and not in dB.
    assert level_db[[0, 2]] == pytest.approx([per_pass_db, 4 * per_pass_db], rel=1e-6)
    assert level_db[1] == pytest.approx(2.5 * per_pass_db, rel=1e-6)


def test_no_twenty_fourth_of_an_octave_rings() -> None:
    """The tail of bursts of noise, each second of it counted alike, against its mean over an octave.

    Four bursts: from 200 Hz on that leaves a standard error of 0.5 dB per band and less above.
    """
    decay, n = 2.5, 2 * RATE
    reverb = obeying(Reverb(RATE), **WET, reverb_decay_s=decay, reverb_damping_hz=20000.0)
    power = np.zeros(n // 2 + 1)
    louder = 10 ** (3 * np.arange(n) / RATE / decay) * np.hanning(n)
    for seed in range(4):
        reverb.process(noise(RATE // 3 + 997 * seed, seed=seed))
        tail = reverb.process(np.zeros((2, n), np.float32))
        power += (np.abs(np.fft.rfft(tail * louder)) ** 2).sum(axis=0)
    edges = 200 * 2 ** (np.arange(24 * 6 + 1) / 24)
    places = np.searchsorted(np.fft.rfftfreq(n, 1 / RATE), edges)
    band = np.add.reduceat(power, places)[:-1] / np.diff(places)
    smooth = np.array([band[max(0, i - 12) : i + 13].mean() for i in range(len(band))])
    assert 10 * np.log10((band / smooth).max()) < 3.0


def test_frozen_it_neither_grows_nor_fades_and_takes_no_more_in() -> None:
    reverb = obeying(Reverb(RATE), **WET, reverb_decay_s=3.0)
    reverb.process(noise(RATE))
    reverb.obey(values(**WET, reverb_decay_s=3.0, reverb_freeze=True))
    reverb.process(noise(RATE // 2))
    first = reverb.process(noise(2 * RATE, 0.5))
    for _ in range(4):
        reverb.process(np.zeros((2, 4 * RATE), np.float32))
    last = reverb.process(np.zeros((2, 2 * RATE), np.float32))
    change_db = 20 * np.log10(last.std() / first.std())
    # The network holds its energy to 1e-6; what is heard of it, two sums of sixteen lines, varies.
    assert abs(change_db) < 0.5
    reverb.obey(values(**WET, reverb_decay_s=0.3))
    assert np.abs(reverb.process(np.zeros((2, 2 * RATE), np.float32))[:, -100:]).max() < 1e-6


def test_frozen_lines_keep_their_energy() -> None:
    reverb = obeying(Reverb(8000), **WET)
    reverb.process(noise(8000))
    reverb.obey(values(**WET, reverb_freeze=True), at_once=True)
    energies = []
    for _ in range(2):
        reverb.process(np.zeros((2, 8000), np.float32))
        energies.append(float((reverb.state["lines"].astype(np.float64) ** 2).sum()))
        reverb.process(np.zeros((2, 40 * 8000), np.float32))
    assert energies[1] == pytest.approx(energies[0], rel=1e-5)


@pytest.mark.parametrize("decay", [0.3, 2.5, 20.0])
def test_steady_sound_is_as_loud_in_every_room(decay: float) -> None:
    reverb = obeying(Reverb(8000), **WET, reverb_decay_s=decay, reverb_damping_hz=20000.0)
    for _ in range(int(decay) + 1):
        heard = reverb.process(noise(8000))
    assert 20 * np.log10(heard.std() / 0.1) == pytest.approx(0, abs=3)


def test_without_width_it_is_mono_and_with_it_the_sides_are_independent() -> None:
    wide = obeying(Reverb(RATE), **WET).process(noise(RATE))[:, RATE // 2 :]
    assert abs(np.corrcoef(wide)[0, 1]) < 0.15
    narrow = obeying(Reverb(RATE), **WET, reverb_width=0.0).process(noise(RATE))
    assert np.array_equal(narrow[0], narrow[1])


@pytest.mark.parametrize("rate_hz", [8000, 44100, 192000])
def test_lines_have_no_length_in_common(rate_hz: int) -> None:
    lengths = line_lengths(rate_hz)
    assert len(set(lengths)) == 16
    assert all(np.gcd(a, b) == 1 for a in lengths for b in lengths if a != b)
