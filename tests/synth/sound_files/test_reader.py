"""Sound files as they arrive: cut off, never finished, under new names for old formats."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.sound_files import system_decoder
from synth.sound_files.reader import open_sound

RATE = 22050
SECONDS = 8.0


def sound(seconds: float = SECONDS, rate_hz: int = RATE) -> NDArray[np.float32]:
    """A tone in noise, which no codec can predict from what it decoded last."""
    n = round(seconds * rate_hz)
    noise = 0.1 * np.random.default_rng(0).standard_normal(n)
    return (0.3 * np.sin(2 * np.pi * 440 / rate_hz * np.arange(n)) + noise).astype(np.float32)


def written(path: Path, container: str, subtype: str, rate_hz: int = RATE) -> bytes:
    sf.write(path, sound(rate_hz=rate_hz), rate_hz, format=container, subtype=subtype)
    return path.read_bytes()


CUT = [
    ("MP3", "MPEG_LAYER_III", RATE),
    ("FLAC", "PCM_16", RATE),
    ("CAF", "PCM_16", RATE),
    ("CAF", "ALAC_16", RATE),
    ("WAV", "PCM_16", RATE),
    ("WAV", "IMA_ADPCM", RATE),
    ("WAV", "MS_ADPCM", RATE),
    ("WAV", "GSM610", 8000),
    ("OGG", "VORBIS", RATE),
    ("OGG", "OPUS", 24000),
]


@pytest.mark.parametrize(("container", "subtype", "rate_hz"), CUT)
def test_of_a_file_cut_off_only_what_was_decoded_is_read(
    container: str, subtype: str, rate_hz: int, tmp_path: Path
) -> None:
    path = tmp_path / "cut"
    whole = written(path, container, subtype, rate_hz)
    with sf.SoundFile(path) as file:
        expected = file.read(round(SECONDS * rate_hz), dtype="float32")
    with open_sound(path) as file:
        assert file.n_samples == pytest.approx(SECONDS * rate_hz, abs=5000)  # ADPCM and GSM fill their last packet.
        assert file.how_it_ends("cut") == ""
    path.write_bytes(whole[: 6 * len(whole) // 10])
    with open_sound(path) as file:
        read = file.read(0, 10**9)[:, 0]
        assert len(read) == file.n_samples
        # A packet, or a page of Ogg, and for variable rates what they are off by at this place.
        assert file.seconds == pytest.approx(0.6 * SECONDS, abs=1.2 if container == "OGG" else 0.5)
        assert "cut off" in file.how_it_ends("cut") or "never finished" in file.how_it_ends("cut")
    # MP3 decodes anew after a seek, to the last bit of a float; everything else is the same to the bit.
    assert np.abs(read - expected[: len(read)]).max() < 1e-6


def test_a_short_mp3_cut_off_is_never_old_memory(tmp_path: Path) -> None:
    """What `soundfile.blocks` returns there had a peak of 2.7e26 once."""
    path = tmp_path / "short.mp3"
    sf.write(path, sound(1.2), RATE, format="MP3", subtype="MPEG_LAYER_III")
    path.write_bytes(path.read_bytes()[: 6 * path.stat().st_size // 10])
    for _ in range(5):
        rubbish = np.full(1 << 20, 2.7e26, np.float32)
        del rubbish
        with open_sound(path) as file:
            blocks = list(file.blocks())
        assert 0.4 < sum(map(len, blocks)) / RATE < 0.8
        assert max(float(np.abs(block).max()) for block in blocks) < 1.0


def _zero_wav(whole: bytearray) -> None:
    whole[4:8] = whole[40:44] = bytes(4)


def _header_of_an_empty_wav(whole: bytearray) -> None:
    whole[4:8], whole[40:44] = struct.pack("<I", 36), bytes(4)


def _zero_ds64(whole: bytearray) -> None:
    at = whole.index(b"ds64")
    whole[at + 8 : at + 32] = bytes(24)


def _zero_w64(whole: bytearray) -> None:
    at = whole.index(b"data")
    whole[16:24] = whole[at + 16 : at + 24] = bytes(8)


def _zero_aiff(whole: bytearray) -> None:
    frames, size = whole.index(b"COMM") + 10, whole.index(b"SSND") + 4
    whole[4:8] = whole[frames : frames + 4] = whole[size : size + 4] = bytes(4)


def _zero_au(whole: bytearray) -> None:
    whole[8:12] = bytes(4)


def _open_caf(whole: bytearray) -> None:
    at = whole.index(b"data") + 4
    whole[at : at + 8] = b"\xff" * 8


@pytest.mark.parametrize(
    ("container", "damage"),
    [
        ("WAV", _zero_wav),
        ("WAV", _header_of_an_empty_wav),
        ("RF64", _zero_ds64),
        ("W64", _zero_w64),
        ("AIFF", _zero_aiff),
        ("AU", _zero_au),
        ("CAF", _open_caf),
    ],
)
def test_a_recording_that_was_never_finished_is_read_to_its_end(
    container: str, damage: Callable[[bytearray], None], tmp_path: Path
) -> None:
    path = tmp_path / "lost power"
    whole = bytearray(written(path, container, "PCM_16"))
    expected = sf.read(path, dtype="float32")[0]
    damage(whole)
    path.write_bytes(whole)
    with open_sound(path) as file:
        assert np.array_equal(file.read(0, 10**9)[:, 0], expected)
        assert "never finished" in file.how_it_ends("lost power") and "8.0 s" in file.how_it_ends("lost power")
    assert path.read_bytes() == whole, "the file was changed"


def test_a_wav_that_is_truly_empty_stays_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    sf.write(path, np.zeros(0), RATE)
    empty = path.read_bytes()[:44]
    path.write_bytes(empty + b"LIST\x04\x00\x00\x00INFO")
    with open_sound(path) as file:
        assert file.n_samples == 0


def test_bw64_is_read_as_the_rf64_that_it_is(tmp_path: Path) -> None:
    path = tmp_path / "broadcast.wav"
    whole = written(path, "RF64", "PCM_24")
    expected = sf.read(path, dtype="float32")[0]
    path.write_bytes(b"BW64" + whole[4:])
    with open_sound(path) as file:
        assert file.how_it_ends("broadcast.wav") == ""
        assert np.array_equal(file.read(0, 10**9)[:, 0], expected)
        assert np.array_equal(file.read(1000, 10)[:, 0], expected[1000:1010])
    whole = bytearray(b"BW64" + whole[4:])
    _zero_ds64(whole)
    path.write_bytes(whole)
    with open_sound(path) as file:
        assert np.array_equal(file.read(0, 10**9)[:, 0], expected)


def test_a_flac_that_says_no_length_is_as_long_as_it_is(tmp_path: Path) -> None:
    """As encoders leave it that write into a pipe."""
    path = tmp_path / "piped.flac"
    whole = bytearray(written(path, "FLAC", "PCM_16"))
    expected = sf.read(path, dtype="float32")[0]
    whole[21] &= 0xF0
    whole[22:26] = bytes(4)
    path.write_bytes(whole)
    with open_sound(path) as file:
        read = file.read(0, 10**9)[:, 0]
        assert file.how_it_ends("piped.flac") == ""
    assert len(expected) - 2 <= len(read) <= len(expected)
    assert np.array_equal(read, expected[: len(read)])


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"\xff\xfe.flac", b"\x83\x65\x83\x58\x83\x67.aiff"])
def test_a_name_that_is_no_text_is_a_name(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(name)
    sf.write(os.fsencode(path), sound(1.0), RATE, format=path.suffix[1:].upper())
    with open_sound(path) as file:
        assert file.n_samples == RATE


def _mp4(path: Path) -> Path:
    path.write_bytes(struct.pack(">I", 32) + b"ftypM4A \0\0\0\0M4A mp42isom" + bytes(100))
    return path


def _program(folder: Path, script: str) -> None:
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize("suffix", [".m4a", ".opus", ".bin"])
def test_what_only_another_program_reads_is_refused_with_its_name(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RecordingError, match=r"voice.* convert it to WAV or FLAC.*ffmpeg -i") as caught:
        system_decoder.decoded(_mp4(tmp_path / f"voice{suffix}"))
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize(
    "head", [b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x1a\x45\xdf\xa3", b"\xff\xf1\x50\x80", b"#!AMR\n", b"wvpk"]
)
def test_wma_matroska_aac_and_others_are_known_by_their_content(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "voice.wav"
    path.write_bytes(head + bytes(200))
    with pytest.raises(RecordingError, match="another program"), open_sound(path):
        pass


def test_where_the_system_has_ffmpeg_it_decodes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ready, count = tmp_path / "ready.flac", tmp_path / "count"
    sf.write(ready, sound(2.0), RATE, subtype="PCM_24")
    _program(tmp_path / "bin", f'echo "$@" >> {count}\nfor last; do :; done\ncp {ready} "$last"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    path = _mp4(tmp_path / "voice.m4a")
    for _ in range(2):
        with open_sound(path) as file:
            assert np.array_equal(file.read(0, 10**9)[:, 0], sf.read(ready, dtype="float32")[0])
    (asked,) = count.read_text().splitlines()
    assert f"-protocol_whitelist file -i file:{path}" in asked
    # Another content under the same name is another recording.
    path.write_bytes(path.read_bytes() + b"more")
    with open_sound(path):
        pass
    assert len(count.read_text().splitlines()) == 2


def test_what_ffmpeg_cannot_read_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _program(tmp_path / "bin", "echo 'moov atom not found' >&2\nexit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(RecordingError, match=r"voice\.m4a cannot be read by ffmpeg either \(moov atom not found\)"):
        system_decoder.decoded(_mp4(tmp_path / "voice.m4a"))
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_only_a_few_decoded_recordings_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ready = tmp_path / "ready.flac"
    sf.write(ready, sound(1.0), RATE)
    _program(tmp_path / "bin", f'for last; do :; done\ncp {ready} "$last"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for i in range(8):
        decoded = system_decoder.decoded(_mp4(tmp_path / f"voice {i}.m4a"))
        assert decoded.is_file()
    assert len(list(decoded.parent.iterdir())) == 4
