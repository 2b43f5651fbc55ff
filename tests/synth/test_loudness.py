"""Loudness and true peak against the standards' own test signals."""

import numpy as np
import pytest

from synth.loudness import SILENT_DB, loudness_lufs, true_peak_db


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
