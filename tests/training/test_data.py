"""Recordings: what is taken from them, and which are refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.errors import TrainingError
from synth.mel import FORMATS, band_centres_hz
from training.data import PEAK, Recording, find_region, load_recording, prepare

RATE = 22050
FMT = FORMATS["22k80"]
FRAME_S = FMT.hop / FMT.rate_hz


def _tone(seconds: float, hz: float = 1000.0, rate: int = RATE) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def _write(path: Path, wave: NDArray[np.float64], rate: int = RATE, subtype: str = "PCM_16") -> Path:
    sf.write(path, wave, rate, subtype=subtype)
    return path


def test_what_cannot_be_trained_on_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("not a sound")
    cases = {
        "no recording": tmp_path / "missing.wav",
        "cannot be read": tmp_path / "text.wav",
        "silent": _write(tmp_path / "silent.wav", np.zeros(RATE)),
        "at least": _write(tmp_path / "short.wav", _tone(0.2)),
        "not numbers": _write(tmp_path / "nan.wav", np.full(RATE, np.nan), subtype="FLOAT"),
    }
    for words, path in cases.items():
        with pytest.raises(TrainingError, match=words) as caught:
            load_recording(path)
        assert path.name in str(caught.value)
        assert str(caught.value).count(". ") == 0


def test_a_constant_offset_alone_is_silence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="silent"):
        load_recording(_write(tmp_path / "dc.wav", np.full(RATE, 0.4)))


def test_a_start_beyond_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"1\.0 s long"):
        load_recording(_write(tmp_path / "a.wav", _tone(1.0)), start_s=3.0)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"), [(8000, 1, "PCM_U8"), (48000, 2, "PCM_24"), (192000, 6, "FLOAT")]
)
def test_any_rate_channels_and_depth_give_the_same_tone(tmp_path: Path, rate: int, channels: int, subtype: str) -> None:
    wave = np.repeat(_tone(1.5, rate=rate)[:, None], channels, axis=1)
    target = prepare(load_recording(_write(tmp_path / "a.wav", wave, rate, subtype)), FMT)
    loudest = float(band_centres_hz(FMT)[target.grid.mean(dim=1).argmax()])
    assert abs(loudest - 1000.0) < 40.0
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


def test_decay_is_measured_removed_and_kept() -> None:
    rate_db = -24.0
    time = np.arange(3 * RATE) / RATE
    rng = np.random.default_rng(0)
    wave = (_tone(3.0) + 0.1 * rng.standard_normal(3 * RATE)) * 10 ** (rate_db * time / 20)
    target = prepare(Recording(wave.astype(np.float32), RATE, "struck"), FMT)
    assert target.decay_db_per_s is not None
    row = int(target.grid.mean(dim=1).argmax())
    assert float(target.decay_db_per_s[row]) == pytest.approx(rate_db, abs=0.5)
    halves = target.grid[row].chunk(2)
    assert abs(float(halves[0].mean() - halves[1].mean())) * 40 < 0.5


def test_a_sustained_sound_has_no_decay() -> None:
    mel_db = torch.randn(80, 300, generator=torch.Generator().manual_seed(0)) * 0.5 - 20
    first, last, steady = find_region(mel_db, FRAME_S)
    assert steady
    assert last - first > 270
