"""The trim that brings a preset's sound to the average spectrum it should have."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from synth.mel import DB_PER_NEPER, log_mel_from_grid
from synth.presets.library import load
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import MOST_TRIM_DB
from tests.training.tiny import rough_trims
from training.analysis.librosa_loops import librosa
from training.analysis.trim import Rows, _filled, _solved, lacking, with_trim
from training.analysis.vocoding import vocoded


def _frames(preset: Preset) -> torch.Tensor:
    return log_mel_from_grid(preset.state[0], preset.reference_db)[None]


def _mel_db(wave: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """BigVGAN's mel by librosa's filterbank and numpy's FFT."""
    padded = np.pad(wave.astype(np.float64), 384, mode="reflect")
    frames = librosa.util.frame(padded, frame_length=1024, hop_length=256)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(1025)[:-1, None], axis=0))
    bank = librosa.filters.mel(sr=22050, n_fft=1024, n_mels=80, fmin=0, fmax=8000)
    return np.asarray(20 * np.log10(np.maximum(bank @ np.sqrt(spectrum**2 + 1e-9), 1e-5)))


def _leaking(rows: int) -> Rows:
    """A vocoder as a matrix: every row is heard in its neighbours, with either sign."""
    near = 0.35 * (np.eye(rows, k=1) - np.eye(rows, k=-1)) + 0.1 * (np.eye(rows, k=3) + np.eye(rows, k=-3))
    return np.asarray(np.eye(rows) + near)


def test_rows_that_are_heard_in_one_another_are_solved_for_together() -> None:
    leak, rng = _leaking(40), np.random.default_rng(0)
    answer = rng.uniform(-3, 3, 40)
    found = _solved(lambda trim, n_frames=0: leak @ trim, leak @ answer)
    # What the ridge costs: less than a tenth.
    assert np.abs(leak @ (found - answer)).mean() < 0.1 * np.abs(leak @ answer).mean()


def test_a_row_that_nothing_moves_does_not_drag_the_others_along() -> None:
    leak = _leaking(40)
    leak[20] = 0
    leak[20, 18:23] = 0.1
    wanted = np.zeros(40)
    wanted[20] = -6.0
    found = _solved(lambda trim, n_frames=0: leak @ trim, wanted)
    assert np.abs(np.delete(leak @ found, 20)).max() < 0.5


def test_a_partial_is_not_bent_to_bring_down_what_it_masks() -> None:
    """Two rows beside a partial move with it and with nothing else: alike, two would win against one."""
    leak = np.eye(40)
    leak[[19, 21]] = 0
    leak[[19, 21], 20] = 1.0
    level = np.full(40, -60.0)
    level[20], wanted = -20.0, np.zeros(40)
    wanted[[19, 21]] = -3.0
    found = _solved(lambda trim, n_frames=0: level + leak @ trim, level + wanted)
    assert abs((leak @ found)[20]) < 0.3


def test_no_row_is_trimmed_by_more_than_the_vocoder_allows() -> None:
    found = _solved(lambda trim, n_frames=0: np.array(trim), np.full(30, 9.0))
    assert np.abs(found).max() <= MOST_TRIM_DB
    assert found.min() > MOST_TRIM_DB - 0.1


@pytest.mark.parametrize(("name", "share"), [("violin", 0.4), ("choir_aahs", 0.65)])
def test_a_trimmed_preset_has_the_average_spectrum_of_its_culture(name: str, share: float) -> None:
    preset = load(name)
    frames = _frames(preset)
    floor_db = preset.reference_db - 80
    wanted = (frames[0] * DB_PER_NEPER).clamp(min=floor_db).mean(dim=1).numpy()

    def error_db(trim: torch.Tensor | None) -> float:
        sound = vocoded(replace(preset, trim_db=trim), frames, 22050)[0]
        return float(np.abs(np.maximum(_mel_db(sound), floor_db).mean(axis=1) - wanted).mean())

    trim = with_trim(preset, frames).trim_db
    assert trim is not None
    assert float(trim.abs().max()) <= MOST_TRIM_DB
    # Measured: 0.32 and 0.62; when each row was trimmed by itself the violin kept 0.50.
    assert error_db(trim) < share * error_db(None)


def test_what_a_culture_lacks_of_its_recording_is_made_up_for_as_far_as_it_is_known() -> None:
    steady = torch.full((3, 12 * 172), -4.0) + 0.01 * torch.randn(
        3, 12 * 172, generator=torch.Generator().manual_seed(0)
    )
    recorded = torch.tensor([-4.0, -3.9, -3.5])
    torch.testing.assert_close(lacking(steady, recorded), recorded + 4.0, rtol=0, atol=0.005)
    # A row that wanders by as much from loop to loop is not known to be off.
    wandering = steady + torch.linspace(-1, 1, 12).repeat_interleave(172)
    assert float(lacking(wandering, recorded)[:2].abs().max()) == 0
    assert 0.3 < float(lacking(wandering, recorded)[2]) < 0.5
    assert not lacking(steady[:, :172], recorded).any()


def test_rows_that_are_silent_in_the_recording_are_not_trimmed() -> None:
    """What leaks into them is far below the range, however many dB below or above the rest's own."""
    preset = load("violin")
    quantiles, state = preset.quantiles.clone(), preset.state.clone()
    quantiles[60:], state[0, 60:] = -1.0, -1.0
    preset = replace(preset, quantiles=quantiles)
    trim = with_trim(preset, log_mel_from_grid(state[0], preset.reference_db)[None]).trim_db
    assert trim is not None
    assert float(trim[63:].abs().max()) < 0.2
    assert float(trim[:60].abs().max()) > 1.0


def test_a_row_that_no_trim_can_fill_gets_noise() -> None:
    """A row of a violin between partials, three quarters noise, with a quarter of that: 12 dB are more than a trim."""
    preset, row = load("violin"), 50
    assert preset.noise_share is not None
    frames, less = _frames(preset), preset.noise_share.clone()
    less[row] /= 4
    wanted_db = float((frames[0] * DB_PER_NEPER)[row, -64:].mean())

    def lacks_db(most_noise: torch.Tensor | None) -> float:
        with rough_trims():
            found = with_trim(replace(preset, noise_share=less), frames, most_noise)
        return wanted_db - float(_mel_db(vocoded(found, frames, 22050)[0])[row, -64:].mean())

    # Measured: 2.4 and 0.3 dB.
    assert lacks_db(None) > 2.0
    assert abs(lacks_db(preset.noise_share)) < 1.0


def test_noise_fills_what_rows_lack_within_its_limits_and_the_trim_lets_go() -> None:
    """Rows of partials and noise that add up as power, all given as level 1: they lack 4 dB, nothing, 8 dB with little
    noise allowed, 8 dB with little noise measured, and 6 dB at full trim."""
    partials = np.array([0.3, 0.9, 0.2, 0.2, 0.0])
    trim = np.array([0.0, 1.0, 0.0, 2.0, 4.0])
    share = np.array([0.2, 0.3, 0.2, 0.05, 0.3])
    most = np.array([0.98, 0.98, 0.4, 0.98, 0.98])

    def heard(trim: Rows, share: Rows) -> Rows:
        return np.asarray(10 * np.log10(partials**2 + (share * 10 ** (trim / 20)) ** 2))

    wanted = heard(trim, share) + np.array([4.0, 0.0, 8.0, 8.0, 6.0])
    looser, fuller = _filled(heard, trim, share, most, wanted, np.zeros(5))
    np.testing.assert_allclose(heard(looser, fuller)[[0, 1, 4]], wanted[[0, 1, 4]], atol=0.01)
    # 9 dB more than was measured, and no more than the recording has.
    np.testing.assert_allclose(fuller[[1, 2, 3]], [0.3, 0.4, 0.05 * 10 ** (9 / 20)], rtol=1e-6)
    # 0.3 with 10 dB more is 0.95: nothing is left for the trim, but for what 9 dB of share do not do.
    np.testing.assert_allclose(looser, [0.0, 1.0, 0.0, 2.0, 1.0], atol=0.01)


def test_a_trim_leaves_silence_silent() -> None:
    preset = replace(load("violin"), trim_db=torch.full((80,), MOST_TRIM_DB))
    silence = torch.full((1, 80, 20), float(np.log(1e-5)))
    assert not vocoded(preset, silence, 44100).any()
