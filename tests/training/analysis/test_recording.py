"""Recordings as people have them: which are refused, in one sentence, and how the odd ones are taken."""

import io
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from synth.errors import TrainingError
from synth.mel import FORMATS, band_centres_hz
from training.analysis.data import prepare
from training.analysis.recording import MAX_LOAD_SECONDS, Recording, load_recording, remarks_on

RATE = 22050
FMT = FORMATS["22k80"]


def _tone(seconds: float, hz: float = 1000.0, rate: int = RATE) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def _write(path: Path, samples: NDArray[np.float64], rate: int = RATE, subtype: str = "PCM_16") -> Path:
    sf.write(path, samples, rate, subtype=subtype)
    return path


def _loudest_hz(recording: Recording) -> float:
    grid = prepare(recording, FMT).grid
    return float(band_centres_hz(FMT)[grid.mean(dim=1).argmax()])


def _is_one_sentence(text: str) -> bool:
    return text.endswith(".") and text.count(". ") == 0 and "\n" not in text


def _text(path: Path) -> None:
    path.write_text("not a sound")


def _silence(path: Path) -> None:
    _write(path, np.zeros(RATE))


def _offset(path: Path) -> None:
    _write(path, np.full(RATE, 0.4))


def _blip(path: Path) -> None:
    _write(path, _tone(0.2))


def _click_in_silence(path: Path) -> None:
    samples = np.zeros(3 * RATE)
    samples[RATE : RATE + 200] = _tone(200 / RATE)
    _write(path, samples)


def _not_numbers(path: Path) -> None:
    _write(path, np.full(RATE, np.nan), subtype="FLOAT")


def _telegraph(path: Path) -> None:
    _write(path, _tone(2.0, hz=100.0, rate=1000), rate=1000)


def _header_alone(path: Path) -> None:
    path.write_bytes(_write(path, _tone(1.0)).read_bytes()[:44])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no recording"),
        (Path.mkdir, "is a folder"),
        (Path.touch, "cannot be read"),
        (_text, "cannot be read"),
        (_silence, "silent"),
        (_offset, "silent"),
        (_blip, "at least 0.5 s"),
        (_click_in_silence, "steadily"),
        (_not_numbers, "not numbers"),
        (_telegraph, "1000 samples per second"),
        (_header_alone, "0.00 s"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_in_one_sentence(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "odd.wav"
    make(path)
    with pytest.raises(TrainingError, match=words) as caught:
        prepare(load_recording(path), FMT)
    assert path.name in str(caught.value)
    assert _is_one_sentence(str(caught.value))


def test_a_file_one_may_not_read_is_refused_with_the_systems_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "mine.wav", _tone(1.0))

    def refuse(self: Path, mode: str = "r") -> io.BytesIO:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(TrainingError, match=r"mine\.wav cannot be read: Permission denied\.$"):
        load_recording(path)


def test_any_damage_to_a_header_is_one_sentence_or_a_recording(tmp_path: Path) -> None:
    whole = _write(tmp_path / "whole.wav", _tone(0.6)).read_bytes()
    path, sentences = tmp_path / "damaged.wav", []
    for byte in range(44):
        for value in (0x00, 0x7F, 0xFF):
            path.write_bytes(whole[:byte] + bytes([value]) + whole[byte + 1 :])
            try:
                prepare(load_recording(path), FMT)
            except TrainingError as error:
                sentences.append(str(error))
    assert len(sentences) > 30
    assert [sentence for sentence in sentences if not _is_one_sentence(sentence)] == []


def _noise(path: Path, container: str | None = None) -> Path:
    sf.write(path, 0.3 * np.random.default_rng(0).standard_normal(3 * RATE), RATE, format=container)
    return path


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("kind", "container"),
    [("wav", None), ("aiff", None), ("au", None), ("rf64", "RF64"), ("ogg", None), ("mp3", None), ("flac", None)],
)
def test_of_a_truncated_recording_what_is_left_is_taken_and_it_says_so(
    tmp_path: Path, kind: str, container: str | None
) -> None:
    path = _noise(tmp_path / f"cut.{kind}", container)
    assert load_recording(path).remarks == ()
    _halve(path)
    recording = load_recording(path)
    (remark,) = recording.remarks
    assert remark.startswith(f"cut.{kind} is cut off") and _is_one_sentence(remark)
    seconds = len(recording.wave) / RATE
    assert 0.5 < seconds < 2.5 and f"{seconds:.1f}" in remark
    assert kind in ("ogg", "mp3", "flac") or "1.5 of 3.0 s" in remark


def test_a_truncated_recording_that_gives_nothing_is_refused(tmp_path: Path) -> None:
    path = _noise(tmp_path / "cut.flac")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(TrainingError, match=r"cut\.flac gives 0\.\d\d s of sound") as caught:
        load_recording(path)
    assert _is_one_sentence(str(caught.value))


def test_a_length_nobody_knew_when_it_was_written_is_no_truncation(tmp_path: Path) -> None:
    """As programs write into pipes."""
    path = _noise(tmp_path / "piped.wav")
    whole = bytearray(path.read_bytes())
    whole[4:8] = whole[40:44] = b"\xff" * 4
    path.write_bytes(whole)
    recording = load_recording(path)
    assert len(recording.wave) == 3 * RATE
    assert recording.remarks == ()


def test_a_recorder_that_lost_power_is_learned_from_with_a_remark(tmp_path: Path) -> None:
    path = _noise(tmp_path / "field.wav")
    whole = bytearray(path.read_bytes())
    whole[4:8] = whole[40:44] = bytes(4)
    path.write_bytes(whole)
    recording = load_recording(path)
    assert len(recording.wave) == 3 * RATE
    (remark,) = recording.remarks
    assert "never finished" in remark and "3.0 s" in remark and _is_one_sentence(remark)


def test_a_format_of_other_programs_is_refused_with_the_way_to_convert_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "voice.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + bytes(100))
    with pytest.raises(TrainingError, match=r"voice\.m4a is in a format .* ffmpeg -i voice\.m4a voice\.wav"):
        load_recording(path)


def test_of_two_hours_two_minutes_are_read_and_it_says_so(tmp_path: Path) -> None:
    path, rate = tmp_path / "long.wav", 8000
    with path.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.setnframes(7200 * rate)
        file.writeframesraw((_tone(4.0, rate=rate) * 32767).astype("<i2").tobytes())
        raw.flush()
        file._datawritten = 7200 * rate * 2  # type: ignore[attr-defined]  # the rest is a hole in the file
        raw.truncate(44 + 7200 * rate * 2)
    assert sf.info(path).duration == 7200
    began = time.perf_counter()
    recording = load_recording(path)
    assert time.perf_counter() - began < 2.0
    assert len(recording.wave) == MAX_LOAD_SECONDS * rate
    assert "2:00:00 long" in recording.remarks[0]
    later = load_recording(path, start_s=1.0, seconds=2.0)
    assert len(later.wave) == 2 * rate
    assert later.remarks == ()


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"), [(8000, 1, "PCM_U8"), (48000, 2, "PCM_24"), (192000, 6, "FLOAT")]
)
def test_any_rate_channels_and_depth_give_the_same_tone(tmp_path: Path, rate: int, channels: int, subtype: str) -> None:
    samples = np.repeat(_tone(1.5, rate=rate)[:, None], channels, axis=1)
    recording = load_recording(_write(tmp_path / "a.wav", samples, rate, subtype))
    assert abs(_loudest_hz(recording) - 1000.0) < 40.0
    assert recording.remarks == ()


def test_a_rate_without_high_frequencies_is_remarked_upon(tmp_path: Path) -> None:
    recording = load_recording(_write(tmp_path / "phone.wav", _tone(1.5, rate=8000), 8000, "PCM_U8"))
    assert "nothing above 4 kHz" in remarks_on(recording, FMT)[0]
    grid = prepare(recording, FMT).grid
    # The window of the first and last frames meets the mirrored edge, which is a corner.
    assert float(grid[band_centres_hz(FMT) > 4300, 4:-4].max()) < -0.9


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_out_of_phase_do_not_cancel(tmp_path: Path, channels: int) -> None:
    signs = np.where(np.arange(channels) % 2, -1.0, 1.0)
    signs[1] *= 1.2
    path = _write(tmp_path / "wide.wav", _tone(1.5)[:, None] * signs / 1.2)
    recording = load_recording(path)
    # The first samples of a tone that is there at once are partly sway.
    assert np.abs(recording.wave).max() == pytest.approx(0.5, abs=5e-3)
    assert abs(_loudest_hz(recording) - 1000.0) < 40.0
    assert "only channel 2" in recording.remarks[0]


def test_unrelated_channels_are_mixed_without_a_remark(tmp_path: Path) -> None:
    samples = 0.1 * np.random.default_rng(0).standard_normal((2 * RATE, 6))
    recording = load_recording(_write(tmp_path / "room.wav", samples, subtype="FLOAT"))
    assert recording.remarks == ()
    # What of noise lies below 10 Hz is a thirtieth of its amplitude.
    off = recording.wave - (samples.mean(axis=1) - samples.mean())
    assert float(np.square(off).mean()) < 0.002 * float(np.square(samples.mean(axis=1)).mean())


@pytest.mark.parametrize("hz", [110.0, 1000.0])
def test_clipping_is_trained_on_and_remarked_upon(tmp_path: Path, hz: float) -> None:
    clipped = load_recording(_write(tmp_path / "loud.wav", np.clip(4 * _tone(1.5, hz), -1, 1)))
    assert "is clipped" in clipped.remarks[0]
    assert prepare(clipped, FMT).grid.isfinite().all()


@pytest.mark.parametrize(("hz", "subtype"), [(30.0, "PCM_U8"), (1000.0, "PCM_U8"), (220.0, "PCM_16")])
def test_a_slow_crest_or_coarse_steps_are_not_clipping(tmp_path: Path, hz: float, subtype: str) -> None:
    assert load_recording(_write(tmp_path / "a.wav", 2 * _tone(1.5, hz), subtype=subtype)).remarks == ()


def test_what_is_no_number_beside_the_part_asked_for_does_no_harm(tmp_path: Path) -> None:
    wave = _tone(3.0)
    clean = load_recording(_write(tmp_path / "a.wav", wave, subtype="FLOAT"), 1.0, 1.0).wave
    wave[RATE // 2 : RATE // 2 + 700] = np.nan
    wave[-RATE // 2 :] = np.inf
    beside = load_recording(_write(tmp_path / "b.wav", wave, subtype="FLOAT"), 1.0, 1.0).wave
    assert np.abs(beside - clean).max() < 0.02


def test_an_offset_changes_nothing(tmp_path: Path) -> None:
    plain = load_recording(_write(tmp_path / "a.wav", _tone(1.5), subtype="FLOAT"))
    offset = load_recording(_write(tmp_path / "b.wav", _tone(1.5) + 0.4, subtype="FLOAT"))
    assert np.abs(plain.wave - offset.wave).max() < 1e-6
