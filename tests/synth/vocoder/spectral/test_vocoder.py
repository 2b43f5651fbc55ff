"""What the spectral vocoder promises, each promise measured on its sound."""

import math

import numpy as np
import pytest
import soxr
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import VocoderUnavailable
from synth.mel import DB_PER_NEPER, FORMATS, LOG_MEL_FLOOR, MelFormat, band_centres_hz
from synth.presets.model import HighBand, Vibrato
from synth.vocoder.contract import samples_until
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.sounds import (
    coloured_noise,
    frames_of,
    frequency_of,
    harmonics,
    level_at,
    play,
    preset_for,
    silence,
    spectral,
    tones,
)

F22, F44 = FORMATS["22k80"], FORMATS["44k128"]
F24 = MelFormat(24000, 1024, 256, 1024, 100, 0.0, 12000.0)
RATES = [22050, 32000, 44100, 48000, 96000, 192000]


def mixture(n_frames: int, fmt: MelFormat = F22, heads: int = 1) -> torch.Tensor:
    """Frames of a tone in noise."""
    seconds = n_frames * fmt.hop / fmt.rate_hz
    wave = harmonics(220.0, 12, seconds, fmt.rate_hz) + coloured_noise(seconds, fmt.rate_hz, level=0.02)
    return frames_of(wave, fmt)[:, :, :n_frames].expand(heads, -1, -1).contiguous()


def mel_error_db(sound: np.ndarray, rate_hz: int, frames: torch.Tensor, fmt: MelFormat = F22) -> np.ndarray:  # type: ignore[type-arg]
    """Re-analysed minus wanted, cells within 60 dB of the peak, without four frames at each end."""
    wave = soxr.resample(sound, rate_hz, fmt.rate_hz)
    again = frames_of(np.pad(wave, (0, fmt.hop)), fmt)[0, :, : frames.shape[2]]
    error = (again - frames[0]).numpy() * DB_PER_NEPER
    heard = (frames[0] > frames[0].max() - 60 / DB_PER_NEPER).numpy()
    return np.asarray(error[:, 4:-4][heard[:, 4:-4]])


# --- the contract ---------------------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.sampled_from([44100, 48000]), st.integers(1, 2))
def test_output_does_not_depend_on_how_frames_are_split(blocks: list[int], rate_hz: int, heads: int) -> None:
    frames = mixture(44, heads=heads)
    preset = preset_for(hz=[220.0 * k for k in range(1, 9)], root_hz=220.0, vibrato=Vibrato(5.0, 20.0, 5.0))
    whole = play(spectral(preset, rate_hz, heads), frames, spread=0.7)
    split = play(spectral(preset, rate_hz, heads), frames, spread=0.7, blocks=blocks)
    assert np.array_equal(whole, split)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("fmt", [F22, F44], ids=["22k80", "44k128"])
def test_every_block_has_exactly_the_samples_it_owes(fmt: MelFormat, rate_hz: int) -> None:
    vocoder = spectral(preset_for(fmt, root_hz=200.0), rate_hz)
    done = 0
    for size in (1, 2, 3, 1, 5):
        out = vocoder.process(torch.full((1, fmt.n_mels, size), -6.0), torch.ones(1, size))
        assert out.shape[1] == samples_until(done + size, fmt, rate_hz) - samples_until(done, fmt, rate_hz)
        assert out.dtype == torch.float32
        done += size
    assert vocoder.flush().shape == (1, vocoder.delay_samples)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("noisy", [False, True], ids=["tone", "noise"])
def test_delay_is_what_it_says(rate_hz: int, noisy: bool) -> None:
    """A burst symmetric about one frame's centre sounds with its centre of energy there, `delay_samples` later."""
    n_frames, at = 60, 30
    frames = silence(F22, n_frames)
    shape = torch.tensor([-2.0, -1.0, 0.0, -1.0, -2.0])
    column = frames_of(tones([1000.0], [0.3], 0.5, 22050), F22)[0, :, 10]
    if noisy:
        column = torch.full((80,), -4.0)
    for i, level in enumerate(shape):
        frames[0, :, at - 2 + i] = (column + level).clamp(min=LOG_MEL_FLOOR)
    preset = preset_for() if noisy else preset_for(hz=[1000.0], root_hz=1000.0)
    vocoder = spectral(preset, rate_hz)
    out = torch.cat([vocoder.process(frames, torch.ones(1, n_frames)), vocoder.flush()], dim=1)[0].double().numpy()
    centre = float(np.sum(np.arange(len(out)) * out**2) / np.sum(out**2))
    expected = (at + 0.5) * F22.hop * rate_hz / F22.rate_hz + vocoder.delay_samples
    # A quarter of a frame for chance noise, a twentieth for a tone.
    assert abs(centre - expected) < (0.25 if noisy else 0.05) * F22.hop * rate_hz / F22.rate_hz
    assert vocoder.delay_samples <= 2 * F22.hop * rate_hz / F22.rate_hz


def test_warm_start_continues_as_if_the_frames_had_sounded() -> None:
    frames = mixture(60)
    preset = preset_for(hz=[220.0 * k for k in range(1, 9)], root_hz=220.0)
    vocoder = spectral(preset, 48000)
    vocoder.reset(frames[:, :, :20])
    warm = vocoder.process(frames[:, :, 20:30], torch.ones(1, 10)).numpy()
    # From the first sample at full level: no fade from silence.
    first, rest = warm[0, :500], warm[0, 500:]
    assert 0.5 < first.std() / rest.std() < 2.0
    vocoder.reset()
    cold = vocoder.process(frames[:, :, 20:30], torch.ones(1, 10)).numpy()
    assert cold[0, :200].std() < 0.2 * rest.std()


def test_reset_forgets_everything() -> None:
    frames = mixture(30)
    vocoder = spectral(preset_for(root_hz=220.0), 44100)
    first = play(vocoder, frames)
    vocoder.reset()
    assert np.array_equal(first, play(vocoder, frames))


def test_another_format_is_refused_in_words() -> None:
    with pytest.raises(VocoderUnavailable, match="22k80"):
        SpectralVocoder(F44).prepare(preset_for(F22), 44100)


# --- what comes out is what the frames say ----------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("fmt", [F22, F44, F24], ids=["22k80", "44k128", "24k100"])
def test_reanalysed_tone_gives_back_its_frames(fmt: MelFormat, rate_hz: int) -> None:
    wave = harmonics(330.0, 12, 0.7, fmt.rate_hz)
    frames = frames_of(wave, fmt)
    preset = preset_for(fmt, [330.0 * k for k in range(1, 13)], [0.2 / k for k in range(1, 13)], 330.0)
    error = mel_error_db(play(spectral(preset, rate_hz), frames)[0], rate_hz, frames, fmt)
    # Cells 40 to 60 dB down hold only side lobes; 1 dB is a third of what Griffin-Lim reaches.
    assert np.abs(error).mean() < 1.0
    assert np.abs(np.median(error)) < 0.3


@pytest.mark.parametrize(("fmt", "rate_hz"), [(F22, 22050), (F22, 48000), (F44, 44100), (F44, 48000)])
def test_reanalysed_noise_gives_back_its_frames_cell_by_cell(fmt: MelFormat, rate_hz: int) -> None:
    frames = frames_of(coloured_noise(1.5, fmt.rate_hz), fmt)
    sound = play(spectral(preset_for(fmt, inharmonic=True), rate_hz), frames)[0]
    error = mel_error_db(sound, rate_hz, frames, fmt)
    # Noise that is right only on average differs by 2.5 dB; level is right within half a decibel.
    assert np.abs(error).mean() < 1.9
    assert abs(error.mean()) < 0.5


def test_silence_in_is_digital_silence_out() -> None:
    for heads in (1, 2):
        out = play(spectral(preset_for(root_hz=220.0), 48000, heads), silence(F22, 40, heads), spread=1.0)
        assert not out.any()


def test_silence_after_sound_is_silent_within_two_windows() -> None:
    frames = torch.cat([mixture(20), silence(F22, 20)], dim=2)
    out = play(spectral(preset_for(root_hz=220.0), 44100), frames)[0]
    assert not out[23 * 512 :].any()


@pytest.mark.parametrize(
    "grid", ["saturated", "alternating rows", "alternating frames", "one cell", "random", "infinite"], ids=str
)
def test_any_grid_gives_finite_and_bounded_sound(grid: str) -> None:
    frames = silence(F22, 60)
    if grid == "saturated":
        frames[:] = 3.0
    elif grid == "alternating rows":
        frames[:, ::2] = 1.0
    elif grid == "alternating frames":
        frames[:, :, ::2] = 1.0
    elif grid == "one cell":
        frames[0, 40, 30] = 2.0
    elif grid == "random":
        frames = torch.from_numpy(np.random.default_rng(0).uniform(-11.5, 2.0, (1, 80, 60)).astype(np.float32))
    else:
        frames[0, 3], frames[0, 4], frames[0, 5] = math.inf, math.nan, -math.inf
    edges = torch.tensor([8000.0, 12000.0, 20000.0])
    wild = HighBand(edges, torch.full((2, 81), 1.0))
    preset = preset_for(hz=[220.0 * k for k in range(1, 30)], root_hz=220.0, high_band=wild)
    out = play(spectral(preset, 48000), frames)
    assert np.isfinite(out).all()
    # A mel row of e³ is what a sine of amplitude 50 gives; 80 of them at once may reach a few hundred.
    assert np.abs(out).max() < 1000.0


# --- painted lines and blocks ---------------------------------------------------------------------------------------


def flatness(wave: np.ndarray, rate_hz: int, low_hz: float, high_hz: float) -> float:  # type: ignore[type-arg]
    """Geometric over arithmetic mean of the power spectrum in a band: 0.56 for noise, 0 for a tone."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    hz = np.arange(len(power)) * rate_hz / len(wave)
    inside = power[(hz >= low_hz) & (hz <= high_hz)] + 1e-30
    return float(np.exp(np.log(inside).mean()) / inside.mean())


@pytest.mark.parametrize("row", [20, 40, 60])
@pytest.mark.parametrize("width", [1, 3])
def test_a_painted_line_is_a_tone(row: int, width: int) -> None:
    frames = silence(F22, 150)
    frames[0, row - width // 2 : row + width // 2 + 1] = -2.0
    hz = float(band_centres_hz(F22)[row])
    out = play(spectral(preset_for(hz=[110.0], root_hz=110.0), 44100), frames)[0][44100:]
    assert flatness(out, 44100, hz * 0.9, hz * 1.1) < 0.05
    assert abs(1200 * math.log2(frequency_of(out, 44100, hz, hz / 10) / hz)) < 1.0
    assert level_at(out, 44100, hz) > 0.5 * out.std() * math.sqrt(2)


def test_a_painted_block_is_noise() -> None:
    frames = silence(F22, 150)
    frames[0, 30:46] = -2.0
    low, high = (float(band_centres_hz(F22)[row]) for row in (31, 44))
    out = play(spectral(preset_for(hz=[110.0], root_hz=110.0), 44100), frames)[0][44100:]
    assert flatness(out, 44100, low, high) > 0.4


def test_noise_between_stored_partials_stays_noise() -> None:
    """Where partials leave nothing around it, narrow noise stands out of what is left, not out of what is heard."""
    stored = [1000.0, 1150.0, 1300.0, 2000.0, 2150.0, 2300.0]
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(3 * 22050))
    hz = np.arange(len(spectrum)) / 3
    noise = np.fft.irfft(np.where((hz > 1580) & (hz < 1720), spectrum, 0))
    wave = tones(stored, [0.05] * 6, 3.0, 22050)
    frames = frames_of(wave + 0.05 * noise / noise.std(), F22)
    out = play(spectral(preset_for(hz=stored, root_hz=0.0), 22050), frames)[0][22050:]
    assert flatness(out, 22050, 1600, 1700) > 0.3


# --- two heads --------------------------------------------------------------------------------------------------------


def test_equal_frames_without_spread_are_exact_mono() -> None:
    preset = preset_for(hz=[220.0 * k for k in range(1, 9)], root_hz=220.0, vibrato=Vibrato(5.0, 20.0, 5.0))
    left, right = play(spectral(preset, 48000, 2), mixture(60, heads=2), spread=0.0)
    assert np.array_equal(left, right)


def test_the_first_head_alone_sounds_as_it_does_in_a_pair_without_spread() -> None:
    preset = preset_for(hz=[220.0 * k for k in range(1, 9)], root_hz=220.0)
    alone = play(spectral(preset, 48000, 1), mixture(40))[0]
    pair = play(spectral(preset, 48000, 2), mixture(40, heads=2))[0]
    np.testing.assert_allclose(pair, alone, atol=1e-6)


def test_full_spread_is_wide_and_its_mono_sum_loses_less_than_3_db_in_every_third_octave() -> None:
    frames = frames_of(coloured_noise(6.0, 22050), F22).expand(2, -1, -1).contiguous()
    left, right = play(spectral(preset_for(inharmonic=True), 44100, 2), frames, spread=1.0)
    assert np.corrcoef(left, right)[0, 1] < 0.35
    power = [np.abs(np.fft.rfft(wave)) ** 2 for wave in (left, right, (left + right) / 2)]
    hz = np.arange(len(power[0])) * 44100 / len(left)
    for centre in 100 * 2 ** (np.arange(19) / 3):
        band = (hz > centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6))
        loss = 10 * np.log10((power[0][band].sum() + power[1][band].sum()) / 2 / power[2][band].sum())
        assert loss < 3.0, f"{centre:.0f} Hz loses {loss:.1f} dB"
