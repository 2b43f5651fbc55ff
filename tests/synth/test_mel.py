"""The mel is BigVGAN's own, and the grid scale means what it says."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from synth.mel import DB_PER_NEPER, FORMATS, LOG_MEL_FLOOR, filterbank, grid_from_log_mel, log_mel, log_mel_from_grid
from training.analysis.librosa_loops import librosa


@pytest.mark.parametrize("name", FORMATS)
def test_filterbank_equals_librosa(name: str) -> None:
    f = FORMATS[name]
    theirs = librosa.filters.mel(
        sr=f.rate_hz, n_fft=f.n_fft, n_mels=f.n_mels, fmin=f.fmin_hz, fmax=f.fmax_hz, dtype=np.float64
    )
    np.testing.assert_allclose(filterbank(f).numpy(), theirs, atol=1e-15)


@pytest.mark.parametrize("name", FORMATS)
def test_log_mel_equals_the_bigvgan_package(name: str) -> None:
    from bigvgan.meldataset import mel_spectrogram

    f = FORMATS[name]
    wave = torch.randn(2, 3 * f.rate_hz // 10, generator=torch.Generator().manual_seed(1)) * 0.1
    theirs = mel_spectrogram(wave, f.n_fft, f.n_mels, f.rate_hz, f.hop, f.win, f.fmin_hz, f.fmax_hz)
    # Both run in float32; 1e-4 neper is 0.001 dB.
    torch.testing.assert_close(log_mel(wave, f), theirs, atol=1e-4, rtol=0)


@given(st.floats(-1, 1), st.floats(-30, 30))
def test_grid_values_are_decibels_below_the_reference(value: float, reference_db: float) -> None:
    grid = torch.tensor([value], dtype=torch.float64)
    mel = log_mel_from_grid(grid, reference_db)
    if value > -0.98 and float(mel) > LOG_MEL_FLOOR:
        assert float(mel) * 20 / math.log(10) - reference_db == pytest.approx(40 * value - 40, abs=1e-6)
        assert float(grid_from_log_mel(mel, reference_db)) == pytest.approx(value, abs=1e-6)


def test_silence_is_silent() -> None:
    assert float(log_mel_from_grid(torch.tensor([-1.0]), 30.0)) == pytest.approx(LOG_MEL_FLOOR)
    assert pytest.approx(-100) == DB_PER_NEPER * LOG_MEL_FLOOR
