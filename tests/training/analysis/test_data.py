"""What is taken from a recording: its region, its decay, its grid."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.errors import TrainingError
from synth.mel import FORMATS, log_mel_from_grid
from training.analysis.data import PEAK, Recording, clear_of_fade, find_region, load_recording, prepare
from training.evaluation.sound_metrics import ANALYSES, read_region, read_wave, region_levels
from training.learning.recipe import Recipe

RATE = 22050
FMT = FORMATS["22k80"]
FRAME_S = FMT.hop / FMT.rate_hz


def _tone(seconds: float, hz: float = 1000.0, rate: int = RATE) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def _write(path: Path, wave: NDArray[np.float64], rate: int = RATE, subtype: str = "PCM_16") -> Path:
    sf.write(path, wave, rate, subtype=subtype)
    return path


def test_a_start_beyond_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"1\.0 s long"):
        load_recording(_write(tmp_path / "a.wav", _tone(1.0)), start_s=3.0)


def test_a_region_is_normalised(tmp_path: Path) -> None:
    target = prepare(load_recording(_write(tmp_path / "a.wav", _tone(1.5))), FMT)
    assert float(target.grid.max()) == pytest.approx(1.0)
    assert np.abs(target.wave).max() == pytest.approx(PEAK, rel=1e-5)


def test_the_steady_middle_of_a_note_is_found() -> None:
    rng = np.random.default_rng(0)
    envelope = np.concatenate([np.linspace(0, 1, RATE), np.ones(3 * RATE), np.geomspace(1, 1e-3, RATE)])
    wave = (_tone(5.0) + 0.05 * rng.standard_normal(5 * RATE)) * envelope
    start, end = prepare(Recording(wave.astype(np.float32), RATE, "note"), FMT).region_s
    # 1 dB/s over about three seconds leaves room for 1.5 dB of the swell at either end.
    assert 0.6 < start < 1.3
    assert 3.7 < end < 4.2


def test_an_explicit_region_is_taken_as_it_is(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _tone(3.0))
    target = prepare(load_recording(path, 1.0, 1.5), FMT, whole=True)
    assert target.region_s == pytest.approx((1.0, 2.5), abs=FRAME_S)


@pytest.mark.parametrize("start_s", [0.5003, 1.0, 1.2345])
def test_where_a_steady_sound_is_cut_is_not_in_its_grid(start_s: float) -> None:
    wave = sum(_tone(3.0, hz) * level for hz, level in ((440.0, 1.0), (1330.0, 0.2), (5003.0, 0.01)))
    part = wave[round(start_s * RATE) :][: round(1.3 * RATE)].astype(np.float32)
    levels_db = 40 * prepare(Recording(part, RATE, "tones"), FMT, whole=True).grid - 40
    assert levels_db.shape[1] == len(part) // FMT.hop - 4
    # In rows near the range's end two partials' skirts beat; with the mirrored ends it is 3 dB and more.
    assert float(levels_db.std(dim=1).mean()) < 0.15


def test_an_offset_of_the_region_alone_is_taken_out(tmp_path: Path) -> None:
    wave = np.tile(_tone(1.0), 4) * 0.5
    wave[2 * RATE :] += 0.2
    wave[: 2 * RATE] -= 0.4
    path = _write(tmp_path / "wandering.wav", wave, subtype="FLOAT")
    jumping, steady = (prepare(load_recording(path, start, 1.0), FMT, whole=True) for start in (1.5, 2.5))
    assert float(steady.grid[0].max()) < -0.8 < -0.5 < float(jumping.grid[0].max())
    assert abs(float(steady.wave.mean())) < 1e-3


@pytest.mark.parametrize("seconds", [0.6, 3.0])
def test_what_sways_too_slowly_to_be_heard_is_taken_out(tmp_path: Path, seconds: float) -> None:
    """A pad's sampler left -31 dB of it below 2 Hz, which the vocoder played as noise, a third of the pad's error."""
    tone = _tone(5.0, 300.0) * np.hanning(5 * RATE)
    sway = 0.1 * np.sin(2 * np.pi * 1.3 * np.arange(5 * RATE) / RATE) * np.hanning(5 * RATE) + 0.1
    grids = []
    for name, wave in (("swaying", tone + sway), ("still", tone)):
        part = load_recording(_write(tmp_path / f"{name}.wav", wave, subtype="FLOAT"), 1.0, seconds)
        grids.append(40 * prepare(part, FMT, whole=True, fades=False).grid)
    assert float((grids[0] - grids[1]).abs().max()) < 0.5
    # The evaluation takes it out by code of its own.
    wave, rate_hz = read_region(tmp_path / "swaying.wav", 1.0, seconds)
    levels = region_levels(wave, rate_hz, ANALYSES["22k80"])
    np.testing.assert_allclose(grids[0].numpy() - 40, np.maximum(levels - levels.max(), -80.0), atol=0.2)
    assert levels[0].max() - levels.max() < -60
    raw = region_levels(*read_wave(tmp_path / "swaying.wav", 1.0, seconds), ANALYSES["22k80"])
    assert raw[0].max() - raw.max() > -40


def test_the_lowest_notes_are_no_sway(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _tone(2.0, 27.5), subtype="FLOAT")
    for wave in (load_recording(path).wave, read_region(path, 0.0, None)[0]):
        assert np.abs(wave[RATE // 4 : -RATE // 4]).max() == pytest.approx(0.5, rel=0.02)


def test_decay_is_measured_removed_and_kept() -> None:
    rate_db = -24.0
    time = np.arange(3 * RATE) / RATE
    rng = np.random.default_rng(0)
    wave = (_tone(3.0) + 0.1 * rng.standard_normal(3 * RATE)) * 10 ** (rate_db * time / 20)
    target = prepare(Recording(wave.astype(np.float32), RATE, "struck"), FMT)
    assert target.decay is not None
    row = int(target.grid.mean(dim=1).argmax())
    assert float(target.decay.slopes_db_per_s[row]) == pytest.approx(rate_db, abs=0.5)
    halves = target.grid[row].chunk(2)
    assert abs(float(halves[0].mean() - halves[1].mean())) * 40 < 0.5


@pytest.mark.parametrize("fades", [False, True])
def test_a_region_measured_again_fades_only_if_it_did(fades: bool) -> None:
    """At the edge of what counts as steady, a cut decides otherwise than the search did."""
    time = np.arange(2 * RATE) / RATE
    wave = (_tone(2.0, 440) * 10 ** (-1.1 * time / 20)).astype(np.float32)
    target = prepare(Recording(wave, RATE, "note"), FMT, whole=True, fades=fades)
    assert (target.decay is not None) == fades


def test_a_sustained_sound_has_no_decay() -> None:
    mel_db = torch.randn(80, 300, generator=torch.Generator().manual_seed(0)) * 0.5 - 20
    first, last, steady = find_region(mel_db, FRAME_S)
    assert steady
    assert last - first > 270


def test_what_is_learned_can_waver_without_switching_on_and_off() -> None:
    """Rows that hum from 66 to 100 dB below the loudest, learned and heard with a culture's own error of 3 dB."""
    source = torch.Generator().manual_seed(0)
    mean = torch.arange(-66.0, -101.0, -1)[:, None]
    level = mean + 1.5 * torch.randn(len(mean), 400, generator=source)
    wavering = clear_of_fade(level) + (2 * torch.rand(level.shape, generator=source) - 1) * 1.5 / 40
    heard_db = log_mel_from_grid(wavering, 20.0) * 20 / math.log(10) - 20
    silent = (heard_db < -100).float().mean(dim=1)
    assert set(silent.tolist()) == {0.0, 1.0}
    assert (silent[mean[:, 0] > -83] == 0).all()
    assert (silent[mean[:, 0] < -85] == 1).all()
    # Nothing falls into the fade, where 0.8 dB of a culture are 40 dB of sound.
    assert not ((heard_db > -119) & (heard_db < -79.2)).any()
    as_recorded = log_mel_from_grid((level / 40 + 1).clamp(min=-1), 20.0) * 20 / math.log(10) - 20
    assert ((as_recorded < -100).float().mean(dim=1) % 1 > 0.1).sum() >= 5


def test_what_is_learned_is_the_recording_where_it_is_heard_and_never_turns_back() -> None:
    loud = -60 - 14 * torch.rand(3, 100, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(clear_of_fade(loud), loud / 40 + 1, rtol=0, atol=1e-6)
    swell = torch.cat([torch.linspace(-110, -50, 300), torch.linspace(-50, -110, 300)])[None]
    learned = clear_of_fade(swell)[0]
    assert (learned[:300].diff() >= 0).all() and (learned[300:].diff() <= 0).all()


def test_a_recording_keeps_its_own_grid_beside_what_is_learned_of_it() -> None:
    rng = np.random.default_rng(0)
    wave = (_tone(2.0) + 5e-4 * rng.standard_normal(2 * RATE)).astype(np.float32)
    target = prepare(Recording(wave, RATE, "tone"), FMT)
    assert target.learned is not None
    assert float(target.grid.min()) == -1.0
    hums = (target.grid > -0.98).float().mean(dim=1)
    assert ((hums > 0.05) & (hums < 0.95)).sum() > 5
    assert not ((target.learned > -1.05) & (target.learned < -0.94)).any()
    assert target.learned_by(Recipe().as_dict()) is target.learned
    assert target.learned_by({}) is target.grid, "a preset of an older recipe learned the grid"
