"""The spectral vocoder keeps noise apart from partials, as the recording does: at every pitch, in every row."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.mel import DB_PER_NEPER, FORMATS, band_centres_hz, grid_from_log_mel, log_mel
from synth.presets.model import HighBand, Preset
from tests.doubles.sounds import Doubles, frames_of, harmonics, play, preset_for, silence, spectral, tones
from training.analysis.noise_share import band_noise_share, between_partials, noise_share

F22 = FORMATS["22k80"]
F0_HZ = 300.0
BANDS_HZ = ((500, 1000), (1000, 2000), (2000, 4000), (4000, 7500))


def breathy(seconds: float = 3.0, level: float = 0.02, seed: int = 0) -> Doubles:
    """Multiples of 300 Hz over white noise, (N,) at 22050 Hz."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * 22050))
    return harmonics(F0_HZ, 36, seconds, 22050) + level * noise


def taught(wave: Doubles, share: float | None = None) -> Preset:
    """A preset with the sound's partials and rows; its own noise share, or the same in all rows."""
    grid = frames_of(wave, F22)[0] * DB_PER_NEPER
    reference_db = float(grid.max())
    hz = [F0_HZ * k for k in range(1, 27)]
    preset = preset_for(hz=hz, amplitudes=[0.2 / k for k in range(1, 27)], root_hz=F0_HZ)
    between = between_partials(wave.astype(np.float32), 22050, F0_HZ)
    return replace(
        preset,
        reference_db=reference_db,
        quantiles=grid_from_log_mel(grid / DB_PER_NEPER, reference_db).sort(dim=1).values,
        noise_share=noise_share(between, F22) if share is None else torch.full((80,), share),
    )


def valleys_db(wave: Doubles, rate_hz: int, f0_hz: float = F0_HZ) -> list[float]:
    """Mean power between the multiples of f0 in each band, in dB."""
    spectrum = np.abs(np.fft.rfft(wave * np.blackman(len(wave)))) ** 2 / (rate_hz * len(wave))
    hz = np.arange(len(spectrum)) * rate_hz / len(wave)
    between = np.abs(hz / f0_hz - np.round(hz / f0_hz)) > 0.3
    return [10 * math.log10(spectrum[between & (hz >= low) & (hz < high)].mean()) for low, high in BANDS_HZ]


def flatness(wave: Doubles, rate_hz: int, low_hz: float, high_hz: float) -> float:
    """Geometric over arithmetic mean of the power spectrum in a band: 0.56 for noise, 0 for a tone."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    hz = np.arange(len(power)) * rate_hz / len(wave)
    inside = power[(hz >= low_hz) & (hz <= high_hz)] + 1e-30
    return float(np.exp(np.log(inside).mean()) / inside.mean())


def rms_beside(wave: Doubles, rate_hz: int, low_hz: float, high_hz: float) -> float:
    spectrum = np.fft.rfft(wave * np.hanning(len(wave)))
    hz = np.arange(len(spectrum)) * rate_hz / len(wave)
    power = np.abs(spectrum) ** 2
    return float(power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum())


@pytest.mark.parametrize("level", [0.005, 0.02])
def test_between_the_partials_lies_what_the_recording_has_there(level: float) -> None:
    wave = breathy(level=level)
    preset = taught(wave)
    wanted = valleys_db(wave, 22050)
    kept = valleys_db(play(spectral(preset, 22050), frames_of(wave, F22))[0], 22050)
    clean = valleys_db(play(spectral(replace(preset, noise_share=None), 22050), frames_of(wave, F22))[0], 22050)
    assert kept == pytest.approx(wanted, abs=2.5)
    # Without the share partials explain the upper rows wholly.
    assert clean[-1] < wanted[-1] - 6


@pytest.mark.parametrize("ratio", [0.5, 0.75, 1.5])
def test_noise_stays_where_it_is_when_the_note_moves(ratio: float) -> None:
    wave = breathy()
    preset = taught(wave)
    low = valleys_db(play(spectral(preset, 22050), frames_of(wave, F22), ratio)[0], 22050, F0_HZ * ratio)
    assert low[1:] == pytest.approx(valleys_db(wave, 22050)[1:], abs=2.5)


def test_rows_keep_the_level_the_culture_says() -> None:
    wave = breathy()
    frames = frames_of(wave, F22)
    out = play(spectral(taught(wave), 22050), frames)
    again = log_mel(torch.from_numpy(out), F22)[0, :, 8:-8].mean(dim=1) * DB_PER_NEPER
    off = again - frames[0, :, 8:-8].mean(dim=1) * DB_PER_NEPER
    assert float(off.abs().mean()) < 0.8
    assert float(off.abs().max()) < 3.0


def test_what_the_recording_leaves_empty_is_not_filled() -> None:
    """Partials that tremble explain rows less well; between the lowest of them there is still nothing."""
    t = np.arange(3 * 22050) / 22050
    rng = np.random.default_rng(0)
    wave = np.zeros(len(t))
    for k in range(1, 27):
        walk = np.interp(t, np.arange(0, 3.2, 0.04), rng.standard_normal(80))
        wave += 0.2 / k * np.cos(2 * np.pi * F0_HZ * k * t + k) * 10 ** (3 * walk / 20)
    preset = taught(wave)
    out = play(spectral(preset, 22050), frames_of(wave, F22))[0]
    filled, empty = rms_beside(out, 22050, 380, 520), rms_beside(wave, 22050, 380, 520)
    assert filled < 1.6 * empty


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
@pytest.mark.parametrize("row", [20, 40, 60])
def test_a_painted_line_is_a_tone_at_any_share(share: float, row: int) -> None:
    frames = silence(F22, 150)
    frames[0, row - 1 : row + 2] = -2.0
    hz = float(band_centres_hz(F22)[row])
    preset = replace(taught(breathy(), share), partials=preset_for(hz=[110.0]).partials)
    out = play(spectral(preset, 44100), frames)[0][44100:]
    assert flatness(out, 44100, hz * 0.9, hz * 1.1) < 0.05


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
@pytest.mark.parametrize("number", [2, 7, 16])
def test_a_line_painted_over_a_partial_is_that_partial_at_any_share(share: float, number: int) -> None:
    """Over a quiet culture, as loud as a tone there: however breathy the recording was."""
    painted = frames_of(tones([F0_HZ * number], [0.1], 2.0, 22050), F22)
    frames = torch.maximum(painted, frames_of(breathy(2.0), F22) - 3.0)
    out = play(spectral(taught(breathy(), share), 22050), frames)[0][11025:]
    hz = F0_HZ * number
    around = rms_beside(out, 22050, hz - 140, hz + 140) - rms_beside(out, 22050, hz - 15, hz + 15)
    assert around < 0.03 * rms_beside(out, 22050, hz - 15, hz + 15)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_a_painted_block_is_noise_at_any_share(share: float) -> None:
    frames = silence(F22, 150)
    frames[0, 30:46] = -2.0
    low, high = (float(band_centres_hz(F22)[row]) for row in (31, 44))
    preset = replace(taught(breathy(), share), partials=preset_for(hz=[110.0]).partials)
    out = play(spectral(preset, 44100), frames)[0][44100:]
    assert flatness(out, 44100, low, high) > 0.4


@pytest.mark.parametrize("blocks", [[1] * 20, [3, 50, 7]])
def test_output_does_not_depend_on_how_frames_are_split(blocks: list[int]) -> None:
    wave = breathy(1.5)
    preset, frames = taught(wave), frames_of(wave, F22).repeat(2, 1, 1)
    whole = play(spectral(preset, 44100, 2), frames, spread=0.7)
    assert np.array_equal(whole, play(spectral(preset, 44100, 2), frames, spread=0.7, blocks=blocks))


def test_a_share_of_nothing_leaves_everything_to_the_partials() -> None:
    wave = harmonics(F0_HZ, 26, 2.0, 22050)
    out = play(spectral(taught(wave, 0.0), 22050), frames_of(wave, F22))[0]
    assert max(valleys_db(out, 22050)) < valleys_db(breathy(level=0.001), 22050)[0]


@pytest.mark.parametrize("level", [0.001, 0.02])
def test_air_above_fmax_is_as_noisy_as_the_recordings(level: float) -> None:
    """The seam at 8 kHz: multiples and the noise between them go on above it at their levels."""
    rate_hz, n = 44100, 3 * 44100
    noise = level * np.random.default_rng(0).standard_normal(n) * math.sqrt(2)
    wave = harmonics(F0_HZ, 46, 3.0, rate_hz, slope=0.5) + noise
    hz = [F0_HZ * k for k in range(1, 47)]
    edges = torch.tensor([8000.0, 9500.0, 11000.0, 13800.0])
    between = between_partials(wave.astype(np.float32), rate_hz, F0_HZ)
    at_rate = harmonics(F0_HZ, 26, 3.0, 22050, slope=0.5) + level * np.random.default_rng(0).standard_normal(3 * 22050)
    frames = frames_of(at_rate, F22)
    mean_power = float((np.abs(np.fft.rfft(wave)) ** 2)[(np.fft.rfftfreq(n, 1 / rate_hz) > 8000)].sum())
    weights = torch.zeros(3, 81)
    spectrum, bins = np.abs(np.fft.rfft(wave)) ** 2, np.fft.rfftfreq(n, 1 / rate_hz)
    for band, (low, high) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        weights[band, -1] = math.log(math.sqrt(2 * spectrum[(bins >= low) & (bins < high)].sum()) / n)
    assert mean_power > 0
    preset = replace(
        taught(at_rate),
        partials=preset_for(hz=hz, amplitudes=[0.2 / k**0.5 for k in range(1, 47)]).partials,
        high_band=HighBand(edges, weights, band_noise_share(between, edges)),
    )
    out = play(spectral(preset, rate_hz), frames)[0]

    def between_db(sound: Doubles, low: float, high: float) -> float:
        power = np.abs(np.fft.rfft(sound * np.blackman(len(sound)))) ** 2 / len(sound)
        at = np.arange(len(power)) * rate_hz / len(sound)
        gap = np.abs(at / F0_HZ - np.round(at / F0_HZ)) > 0.3
        return float(10 * np.log10(power[gap & (at >= low) & (at < high)].mean()))

    for low, high in ((6500, 7500), (8500, 9400), (9600, 10900)):
        assert between_db(out, low, high) == pytest.approx(between_db(wave, low, high), abs=2.5)
