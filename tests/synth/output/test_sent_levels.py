"""Levels of what was sent against pyloudnorm, the standards' own signals and plain arithmetic."""

import math

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray

from synth.loudness import SILENT_DB
from synth.output.master import Master
from synth.output.sent_levels import SentLevels
from synth.output.sent_sound import LONGEST, SentSound


def _sine(hz: float, amplitude: float, seconds: float, rate: int) -> NDArray[np.float32]:
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def _fed(sound: NDArray[np.float32], rate: int, chunk: int, look_every: int = 1) -> tuple[SentSound, SentLevels]:
    sent = SentSound(rate)
    levels = SentLevels(sent, rate)
    for i, at in enumerate(range(0, len(sound), chunk)):
        sent.put(sound[at : at + chunk])
        if i % look_every == 0:
            levels.look()
    return sent, levels


@pytest.mark.parametrize("rate", [44100, 48000])
def test_short_term_loudness_is_the_last_three_seconds_as_pyloudnorm_weights_them(rate: int) -> None:
    """EBU Tech 3341: sliding window of 3 s, no gate. pyloudnorm's gate lets a steady sound through whole."""
    rng = np.random.default_rng(3)
    loud, soft = 0.2 * rng.standard_normal((2 * rate, 2)), 0.02 * rng.standard_normal((3 * rate, 2))
    soft[:, 1] = _sine(60.0, 0.1, 3.0, rate)[:, 0]
    sound = np.concatenate([loud, soft]).astype(np.float32)
    _, levels = _fed(sound, rate, 1023)
    wanted = pyloudnorm.Meter(rate).integrated_loudness(soft)
    # 0.1 LU is what the standard allows; pyloudnorm's filters differ from the standard's by 0.04 dB.
    assert levels.look().loudness_lufs == pytest.approx(wanted, abs=0.1)


def test_a_sine_at_minus_23_dbfs_reads_minus_23_lufs_and_half_as_long_3_lu_less() -> None:
    """EBU Tech 3341, cases 1 and 9 in kind: before three seconds have passed, silence fills the window."""
    sine = _sine(1000.0, 10 ** (-23 / 20), 3.0, 48000)
    assert _fed(sine, 48000, 512)[1].look().loudness_lufs == pytest.approx(-23.0, abs=0.1)
    assert _fed(sine[:72000], 48000, 512)[1].look().loudness_lufs == pytest.approx(-23.0 - 10 * math.log10(2), abs=0.1)
    assert _fed(np.zeros((4800, 2), np.float32), 48000, 512)[1].look().loudness_lufs == SILENT_DB


def test_it_reads_the_same_however_often_one_looks() -> None:
    sound = np.random.default_rng(1).uniform(-0.3, 0.3, (5 * 44100, 2)).astype(np.float32)
    seldom, often = (_fed(sound, 44100, 4410, every)[1].look() for every in (9, 1))
    assert seldom.loudness_lufs == pytest.approx(often.loudness_lufs, abs=1e-9)


def test_after_a_pause_longer_than_is_kept_it_measures_what_it_has() -> None:
    """At 192 kHz that is 1.4 s: less than the window, which would still hold what came before."""
    sent, levels = _fed(_sine(1000.0, 0.9, 1.0, 192_000), 192_000, 19_200)
    sine = _sine(1000.0, 10 ** (-23 / 20), 1.0, 192_000)
    for _ in range(math.ceil(2 * LONGEST / len(sine))):
        sent.put(sine)
    assert levels.look().loudness_lufs == pytest.approx(-23.0, abs=0.1)


def test_every_sample_at_full_scale_is_counted_once_also_between_two_looks() -> None:
    sound = np.zeros((48000, 2), np.float32)
    sound[100, 0], sound[101, 1], sound[40000, 1] = 1.0, -1.5, np.nextafter(np.float32(1), np.float32(0))
    sent, levels = _fed(sound, 48000, 256, look_every=60)
    assert [levels.look().clipped for _ in range(2)] == [2, 2]
    sent.put(sound[:200])
    assert levels.look().clipped == 4


@pytest.mark.parametrize("block", [128, 512])
def test_the_limiter_tells_its_reduction_for_some_tenths_of_a_second_and_then_none(block: int) -> None:
    rate, master = 48000, Master(48000)
    quiet, loud = _sine(1000.0, 0.1, 0.5, rate).T, _sine(1000.0, 1.0, 0.5, rate).T
    assert master.limiting_db == 0.0

    def play(sound: NDArray[np.float32]) -> float:
        out = [master.process(sound[:, at : at + block]) for at in range(0, sound.shape[1], block)]
        return float(np.abs(np.concatenate(out, axis=1)[:, -rate // 10 :]).max())

    play(quiet)
    assert master.limiting_db == 0.0
    peak = play(loud)
    # The master adds 5 dB; what the limiter took away is what the output lacks of that.
    assert master.limiting_db == pytest.approx(20 * np.log10(10 ** (5 / 20) / peak), abs=0.02)
    play(quiet[:, : round(0.1 * rate)])
    assert master.limiting_db > 1.0
    play(quiet)
    assert master.limiting_db == 0.0
