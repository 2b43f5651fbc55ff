"""Loudness and true peak against the standards' own test signals."""

import numpy as np
import pytest

from synth.loudness import SILENT_DB, k_weighting, loudness_lufs, true_peak_db


@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_a_stereo_1_khz_sine_reads_its_level(rate_hz: int) -> None:
    """EBU Tech 3341, case 1: a stereo 1 kHz sine at −23 dBFS peak reads −23 LUFS."""
    sine = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(5 * rate_hz) / rate_hz)
    assert abs(loudness_lufs(np.stack([sine, sine]), rate_hz) + 23.0) < 0.1
    assert abs(loudness_lufs(sine, rate_hz) + 26.0) < 0.1


def test_a_peak_between_samples_is_found() -> None:
    """A sine at a quarter of the rate, sampled 45° off its peaks, reaches 3 dB above every sample."""
    sine = np.sin(2 * np.pi * np.arange(4800) / 4 + np.pi / 4) * np.hanning(4800)
    assert abs(np.abs(sine).max() - np.sqrt(0.5)) < 1e-3
    assert abs(true_peak_db(sine, 48000)) < 0.2


def test_silence_and_short_sounds() -> None:
    assert loudness_lufs(np.zeros((2, 48000)), 48000) == SILENT_DB
    assert true_peak_db(np.zeros(100), 48000) == SILENT_DB
    assert abs(loudness_lufs(np.sin(np.arange(4800) * 2 * np.pi / 48), 48000) + 3.0) < 0.3


def test_the_weighting_makes_up_for_the_standards_offset_at_997_hz_and_drops_rumble() -> None:
    """BS.1770-4: a full-scale 997 Hz sine in one channel reads −3.01 LUFS, so its gain undoes the −0.691 dB offset."""
    decibels = 10 * np.log10(k_weighting(np.array([997.0, 10000.0, 20.0])))
    assert abs(decibels[0] - 0.691) < 0.01
    # The shelf's plateau is +4 dB; the high-pass turns at 38 Hz and takes 13 dB at 20 Hz.
    assert abs(decibels[1] - 4.0) < 0.1
    assert -15 < decibels[2] < -11


@pytest.mark.parametrize("hz", [60.0, 1000.0, 6000.0])
def test_the_weighting_counts_a_tone_as_pyloudnorm_does(hz: float) -> None:
    """BS.1770: loudness of a stereo tone is −0.691 dB, and 10·log10 of its weighted power in both channels."""
    sine = 0.1 * np.sin(2 * np.pi * hz * np.arange(4 * 48000) / 48000)
    weighted = 2 * 0.1**2 / 2 * float(k_weighting(np.array([hz]))[0])
    # pyloudnorm derives its filters anew and differs from the standard's own by a few hundredths.
    assert -0.691 + 10 * np.log10(weighted) == pytest.approx(loudness_lufs(np.stack([sine, sine]), 48000), abs=0.1)
