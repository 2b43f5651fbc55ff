"""How a recording looks: its own peaks and pitches, whatever its length, rate, channels or container."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from synth.errors import RecordingError
from ui.trainer.recording.region import LEAST_S, MOST_S, Span
from ui.trainer.recording.survey import Survey, excerpt, survey


def last(path: Path) -> Survey:
    *_, whole = survey(path)
    assert whole.complete
    return whole


def two_tones(seconds: float, rate_hz: int) -> np.ndarray:  # type: ignore[type-arg]
    """300 Hz at 0.2, from the middle on 3 kHz at 0.6."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    low, high = 0.2 * np.sin(2 * np.pi * 300 * time_s), 0.6 * np.sin(2 * np.pi * 3000 * time_s)
    return np.where(time_s < seconds / 2, low, high).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "rate_hz", "channels"),
    [("x.wav", 44100, 1), ("x.flac", 96000, 2), ("x.ogg", 48000, 2), ("x.aiff", 22050, 6), ("x.mp3", 44100, 1)],
)
def test_peaks_and_picture_are_the_recordings(tmp_path: Path, name: str, rate_hz: int, channels: int) -> None:
    wave = two_tones(3.0, rate_hz)
    sf.write(tmp_path / name, np.repeat(wave[:, None], channels, axis=1), rate_hz)
    seen = last(tmp_path / name)
    # MP3 adds its padding; OGG and MP3 are lossy.
    assert (seen.rate_hz, seen.channels) == (rate_hz, channels)
    assert seen.seconds == pytest.approx(3.0, abs=0.06)
    n = seen.peaks.shape[1]
    assert n * seen.peak_s == pytest.approx(seen.seconds, abs=0.01)
    assert seen.peaks[1][n // 8 : 3 * n // 8].max() == pytest.approx(0.2, abs=0.03)
    assert seen.peaks[0][5 * n // 8 : 7 * n // 8].min() == pytest.approx(-0.6, abs=0.05)
    assert seen.picture.shape[1] * seen.column_s == pytest.approx(seen.seconds, abs=0.06)
    from training.analysis.librosa_loops import librosa

    centres = librosa.mel_frequencies(n_mels=114, fmin=0, fmax=min(12000, rate_hz / 2))[1:-1]
    loudest = seen.picture.argmax(axis=0)
    columns = seen.picture.shape[1]
    for at, hz in ((columns // 4, 300), (3 * columns // 4, 3000)):
        assert abs(loudest[at] - np.abs(centres - hz).argmin()) <= 1


def test_a_steady_tone_is_an_even_line_over_every_block_of_reading(tmp_path: Path) -> None:
    time_s = np.arange(20 * 22050) / 22050
    sf.write(tmp_path / "x.wav", 0.5 * np.sin(2 * np.pi * 440 * time_s), 22050)
    picture = last(tmp_path / "x.wav").picture[:, 8:-8].astype(int)
    # Seams between blocks would be columns with more energy beside the tone; 75 dB are 255 shades.
    assert np.ptp(picture, axis=1).max() <= 255 / 75 * 3


def test_two_hours_are_read_in_bounded_memory_and_told_on_the_way(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "long.wav"
    second = (3000 * two_tones(60.0, 8000)).astype(np.int16)
    with sf.SoundFile(path, "w", 8000, 1, "PCM_16") as file:
        for _ in range(120):
            file.write(second)
    tracemalloc.start()
    parts = list(survey(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert parts[-1].seconds == 7200
    assert parts[-1].peaks.shape[1] < 40_000 and parts[-1].picture.shape[1] < 7000
    assert all(a.read_s < b.read_s for a, b in itertools.pairwise(parts))
    # The samples alone are 230 MB as float32.
    assert peak < 60e6


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\x00" * 4000])
def test_what_is_no_recording_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(RecordingError, match=r"x\.wav cannot be read as audio; export it again"):
        last(tmp_path / "x.wav")


def test_an_excerpt_is_that_part_at_another_rate_and_as_loud_as_asked(tmp_path: Path) -> None:
    import pyloudnorm

    tone = 0.05 * np.sin(2 * np.pi * 997 * np.arange(4 * 32000) / 32000)
    wave = np.stack([tone, tone], axis=1)
    wave[32000:96000] *= 2
    sf.write(tmp_path / "x.wav", wave, 32000, subtype="FLOAT")
    heard = excerpt(tmp_path / "x.wav", 1.0, 3.0, 48000, -20.0)
    assert heard.shape == (2 * 48000, 2) and heard.dtype == np.float32
    # 997 Hz is where the weighting, which is left out, is 0.7 dB: the standard's calibration tone.
    assert pyloudnorm.Meter(48000).integrated_loudness(heard.astype(float)) == pytest.approx(-20, abs=0.8)
    assert np.abs(excerpt(tmp_path / "x.wav", 1.0, 3.0, 48000, 6.0)).max() <= 10 ** (-1 / 20) + 1e-6


def test_silence_is_heard_as_silence(tmp_path: Path) -> None:
    sf.write(tmp_path / "x.wav", np.zeros(8000), 8000)
    assert not excerpt(tmp_path / "x.wav", 0.0, 1.0, 48000, -18.0).any()


def test_regions_stay_within_the_recording_and_the_trainers_limits() -> None:
    whole_s = 300.0
    region = Span(10.0, 20.0)
    assert region.moved(-50, whole_s) == Span(0.0, 10.0)
    assert region.moved(5000, whole_s) == Span(290.0, 300.0)
    assert region.with_start(25.0) == Span(20.0 - LEAST_S, 20.0)
    assert region.with_end(400.0, whole_s).length == MOST_S
    assert Span(0.0, 0.2).fitted(whole_s).length == LEAST_S
    assert Span(0.0, 0.2).fitted(0.3) == Span(0.0, 0.3), "a recording may be shorter than a region"
    view = Span(0.0, 300.0).zoomed(0.5, 100.0, whole_s)
    assert view == Span(50.0, 200.0), "100 s is a third of the way before and after"


def test_an_mp3_cut_off_is_as_long_as_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp3"
    sf.write(path, 0.3 * np.random.default_rng(0).standard_normal(40 * 22050), 22050)
    path.write_bytes(path.read_bytes()[: 6 * path.stat().st_size // 10])
    seen = last(path)
    assert seen.seconds == pytest.approx(24.0, abs=0.5)
    assert seen.peaks.shape[1] * seen.peak_s == pytest.approx(seen.seconds, abs=0.1)
    assert np.abs(seen.peaks).max() < 3.0
    # What is asked of the part that is missing is silence and not what was in memory.
    assert len(excerpt(path, 30.0, 31.0, 22050, -20.0)) == 0


def test_what_another_program_must_convert_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "voice.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + bytes(100))
    with pytest.raises(RecordingError, match="ffmpeg"):
        last(path)
