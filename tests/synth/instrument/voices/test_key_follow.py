"""Rows that move with the key, against noise that really is played faster."""

import numpy as np
import pytest
import scipy.signal
import torch
from numpy.typing import NDArray

from synth.instrument.voices.key_follow import follow_ratio, moved_rows
from synth.mel import DB_PER_NEPER, FORMATS, band_centres_hz, log_mel

FMT = FORMATS["22k80"]


def mean_rows(wave: NDArray[np.float64]) -> NDArray[np.float32]:
    mel = log_mel(torch.from_numpy(wave)[None].float(), FMT)[0].double().exp()
    rows: NDArray[np.float32] = mel.square().mean(1).sqrt().log().float().numpy()
    return rows


def coloured(seconds: float, top_hz: float) -> NDArray[np.float64]:
    """Noise with a hump at `top_hz`."""
    white = np.random.default_rng(0).normal(size=int(seconds * FMT.rate_hz)) * 0.1
    b, a = scipy.signal.iirpeak(top_hz, 1.5, FMT.rate_hz)
    return np.asarray(scipy.signal.lfilter(b, a, white) + 0.02 * white)


@pytest.mark.parametrize("semitones", [-7, 5])
def test_moved_rows_are_those_of_the_noise_played_faster(semitones: int) -> None:
    ratio = 2 ** (semitones / 12)
    wave = coloured(30, 1500.0)
    faster = mean_rows(np.asarray(scipy.signal.resample(wave, round(len(wave) / ratio))))
    moved = moved_rows(mean_rows(wave)[None], np.array([ratio]), FMT)[0]
    centres = band_centres_hz(FMT).numpy()
    # Rows that read within the mel; beyond, nothing is known.
    seen = (centres > 100) & (centres < 7000 * min(1, ratio))
    error_db = (moved - faster)[seen] * DB_PER_NEPER
    # Below 1 kHz a triangle holds one or two bins of the transform, and rows of the same noise differ by 0.7 dB.
    assert np.abs(error_db).max() < 0.9
    assert abs(error_db.mean()) < 0.2


def test_an_amount_of_nothing_or_middle_c_leaves_the_very_same_columns() -> None:
    columns = np.random.default_rng(0).normal(size=(3, 2, 80)).astype(np.float32)
    pitches = np.array([30.0, 60.0, 90.0])
    assert moved_rows(columns, follow_ratio(pitches, 0.0), FMT) is columns
    moved = moved_rows(columns, follow_ratio(pitches, 1.0), FMT)
    np.testing.assert_array_equal(moved[1], columns[1])
    assert np.abs(moved[0] - columns[0]).max() > 0.1
    assert moved.dtype == np.float32


def test_an_octave_moves_by_the_amount() -> None:
    np.testing.assert_allclose(follow_ratio(np.array([72.0, 48.0]), 1.0), [2.0, 0.5])
    np.testing.assert_allclose(follow_ratio(np.array([72.0]), 0.5), [2**0.5])


def test_far_off_keys_stay_finite() -> None:
    columns = np.full((2, 2, 80), -11.5129, np.float32)
    moved = moved_rows(columns, np.array([1 / 64, 64.0]), FMT)
    assert np.isfinite(moved).all()
