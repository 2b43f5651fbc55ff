"""The map from mel columns to the air above them."""

import math

import numpy as np
import torch
from scipy.signal import butter, sosfilt

from synth.mel import FORMATS, LOG_MEL_FLOOR
from synth.presets.model import HighBand
from tests.doubles.sounds import Doubles, frames_of
from training.analysis.high_band import fit

F22, F44 = FORMATS["22k80"], FORMATS["44k128"]


def breath(seconds: float, seed: int = 0) -> Doubles:
    """White noise that swells by 20 dB three times, its air above 8 kHz 12 dB down, (N,) at 44.1 kHz."""
    n = round(seconds * 44100)
    white = np.random.default_rng(seed).standard_normal(n)
    low = sosfilt(butter(6, 7500, fs=44100, output="sos"), white)
    high = sosfilt(butter(6, 8500, "high", fs=44100, output="sos"), white) * 10 ** (-12 / 20)
    swell = 10 ** (-0.5 + 0.5 * np.sin(2 * np.pi * 3 / seconds * np.arange(n) / 44100))
    return np.asarray((low + high) * swell * 0.05)


def _at_22050(wave: Doubles) -> Doubles:
    import soxr

    return np.asarray(soxr.resample(wave, 44100, 22050))


def levels(high: HighBand, columns: torch.Tensor) -> Doubles:
    """Predicted root mean squares (H, T)."""
    log_level = high.weights[:, :-1] @ columns + high.weights[:, -1:]
    return np.asarray(log_level.exp().double().numpy())


def test_predicts_the_level_of_each_band_of_another_take() -> None:
    high = fit(breath(4.0), 44100, F22)
    assert high is not None
    other = breath(4.0, seed=1)
    columns = frames_of(_at_22050(other), F22)[0]
    predicted = levels(high, columns)
    for band, (low, top) in enumerate(zip(high.edges_hz[:-1].tolist(), high.edges_hz[1:].tolist(), strict=True)):
        if low < 9000 or top > 20000:
            continue
        sound = sosfilt(butter(6, (low, top), "band", fs=44100, output="sos"), other)
        actual = np.sqrt((sound[: len(sound) // 512 * 512].reshape(-1, 512) ** 2).mean(axis=1))
        wanted = np.sqrt(np.convolve(actual**2, np.ones(4) / 4, "same"))[4:-4]
        error_db = 20 * np.log10(predicted[band, 4 : 4 + len(wanted)] / wanted[: predicted.shape[1] - 4])
        assert abs(float(np.mean(error_db))) < 1.0
        assert float(np.abs(error_db).mean()) < 2.0


def test_noise_is_no_louder_beside_a_hum_than_it_was_recorded() -> None:
    """Within one third of an octave, 8 to 10.1 kHz: 25 dB more from 8.2 to 8.6 kHz than above."""
    white = np.random.default_rng(3).standard_normal(2 * 44100) * 0.01
    hum = sosfilt(butter(6, (8200, 8600), "band", fs=44100, output="sos"), white)
    wave = white + (10 ** (25 / 20) - 1) * hum
    high = fit(wave, 44100, F22)
    assert high is not None
    predicted = np.sqrt((levels(high, frames_of(_at_22050(wave), F22)[0]) ** 2).mean(axis=1))
    spectrum = np.abs(np.fft.rfft(wave)) ** 2 * 2 / len(wave) ** 2
    hz = np.fft.rfftfreq(len(wave), 1 / 44100)
    for low, top in ((8250, 8550), (9300, 9900)):
        band = int(np.searchsorted(high.edges_hz.numpy(), (low + top) / 2)) - 1
        per_hz = predicted[band] ** 2 / float(high.edges_hz[band + 1] - high.edges_hz[band])
        actual = spectrum[(hz >= low) & (hz < top)].sum() / (top - low)
        # A part reaches beyond the hum, or into its slope, for as much as a third of its width.
        assert abs(10 * math.log10(per_hz / actual)) < 3.0


def test_no_edge_within_a_band_lies_on_a_line() -> None:
    """At 8476 Hz, where the first part of the first band would end."""
    line_hz = 8000 * 2 ** (1 / 12)
    t = np.arange(44100) / 44100
    wave = np.random.default_rng(4).standard_normal(44100) * 1e-3 + 0.1 * np.sin(2 * np.pi * line_hz * t)
    high = fit(wave, 44100, F22)
    assert high is not None
    # The main lobe of a Hann window of 46 ms ends 43 Hz from a line.
    assert float((high.edges_hz - line_hz).abs().min()) > 43


def test_louder_columns_have_louder_air_and_silence_has_none() -> None:
    high = fit(breath(3.0), 44100, F22)
    assert high is not None
    column = torch.full((80, 1), -4.0)
    gains = np.log(levels(high, column + 1) / levels(high, column))
    assert np.all(gains > 0.5)
    assert np.all(gains < 2.0)
    silent = levels(high, torch.full((80, 1), LOG_MEL_FLOOR))
    assert 20 * math.log10(silent.max()) < -60


def test_nothing_above_fmax_is_no_map() -> None:
    wave = np.random.default_rng(0).standard_normal(44100) * 0.1
    assert fit(wave, 44100, F44) is None
    assert fit(wave, 16000, F22) is None


def test_bands_reach_from_fmax_to_the_recordings_nyquist() -> None:
    high = fit(breath(1.0), 44100, F22)
    assert high is not None
    assert float(high.edges_hz[0]) == 8000
    assert float(high.edges_hz[-1]) == 22050
    assert high.weights.shape == (len(high.edges_hz) - 1, 81)
    assert torch.isfinite(high.weights).all()


def test_a_recording_that_stops_at_fmax_gives_silent_air() -> None:
    """From an MP3 or a 22 kHz sampler: nothing may be invented."""
    wave = breath(2.0)
    dull = sosfilt(butter(20, 7000, fs=44100, output="sos"), wave)
    high = fit(dull, 44100, F22)
    assert high is not None
    assert levels(high, torch.full((80, 1), -2.0))[1:].max() < 1e-3
