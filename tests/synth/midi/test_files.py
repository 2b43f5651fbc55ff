"""MIDI files against mido, which adds up delta times one by one."""

import resource
import time
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import MidiError
from synth.midi.files import MOST_BYTES, read_midi_file
from synth.midi.messages import ChannelMessage, Kind

_TICKS = st.one_of(st.just(0), st.integers(0, 3000), st.integers(0, 3_000_000))
_CHANNEL = st.one_of(
    st.builds(
        lambda key, velocity, channel: mido.Message("note_on", note=key, velocity=velocity, channel=channel),
        st.integers(0, 127),
        st.integers(0, 127),
        st.integers(0, 1),
    ),
    st.builds(lambda pitch: mido.Message("pitchwheel", pitch=pitch), st.integers(-8192, 8191)),
    st.builds(lambda program: mido.Message("program_change", program=program), st.integers(0, 127)),
)
_OTHER = st.one_of(
    st.builds(lambda tempo: mido.MetaMessage("set_tempo", tempo=tempo), st.integers(1, 2**24 - 1)),
    st.just(mido.MetaMessage("text", text="x" * 300)),
    st.just(mido.Message("sysex", data=[1, 2, 3])),
)
_TRACK = st.lists(st.tuples(_TICKS, st.one_of(_CHANNEL, _CHANNEL, _OTHER)), max_size=30)


def _save(path: Path, tracks: list[list[tuple[int, mido.Message]]], ticks_per_beat: int = 480, form: int = 1) -> Path:
    file = mido.MidiFile(type=form, ticks_per_beat=ticks_per_beat)
    for events in tracks:
        track = file.add_track()
        track.extend(message.copy(time=ticks) for ticks, message in events)
    file.save(path)
    return path


def _as_mido_plays(path: Path) -> list[tuple[float, bytes]]:
    now_s, played = 0.0, []
    for message in mido.MidiFile(path):
        now_s += message.time
        if not message.is_meta and message.type != "sysex":
            played.append((now_s, bytes(message.bytes())))
    return played


@given(st.lists(_TRACK, min_size=1, max_size=4), st.integers(1, 32767))
def test_messages_come_when_mido_plays_them(
    tmp_path_factory: pytest.TempPathFactory, tracks: list[list[tuple[int, mido.Message]]], ticks_per_beat: int
) -> None:
    path = _save(tmp_path_factory.getbasetemp() / "any.mid", tracks, ticks_per_beat)
    file, expected = read_midi_file(path), _as_mido_plays(path)
    assert [message.to_bytes() for _, message in file] == [raw for _, raw in expected]
    # Rounding alone: mido adds up to 120 numbers, here two are added.
    np.testing.assert_allclose(file.seconds, [due_s for due_s, _ in expected], rtol=1e-12, atol=1e-12)
    assert file.length_s == pytest.approx(mido.MidiFile(path).length, rel=1e-12, abs=1e-12)


def test_a_file_of_type_0(tmp_path: Path) -> None:
    note = mido.Message("note_on", note=60, velocity=9, channel=3)
    path = _save(tmp_path / "0.mid", [[(480, note), (480, note.copy(velocity=0))]], form=0)
    assert list(read_midi_file(path)) == [
        (0.5, ChannelMessage(Kind.NOTE_ON, 3, 60, 9)),
        (1.0, ChannelMessage(Kind.NOTE_ON, 3, 60, 0)),
    ]


def _raw(division: int, track: bytes, form: int = 0, n_tracks: int = 1, name: bytes = b"MTrk") -> bytes:
    header = b"MThd" + (6).to_bytes(4, "big") + form.to_bytes(2, "big") + n_tracks.to_bytes(2, "big")
    return header + (division & 0xFFFF).to_bytes(2, "big") + name + len(track).to_bytes(4, "big") + track


_NOTE = b"\x83\x60\x90\x40\x40"
"""A note after 480 ticks."""
_END = b"\x00\xff\x2f\x00"


@pytest.mark.parametrize(("fps_byte", "fps"), [(-24, 24.0), (-25, 25.0), (-29, 30000 / 1001), (-30, 30.0)])
def test_smpte_time_has_no_tempo(tmp_path: Path, fps_byte: int, fps: float) -> None:
    path = tmp_path / "smpte.mid"
    path.write_bytes(_raw(fps_byte << 8 | 40, b"\x00\xff\x51\x03\x01\x00\x00" + _NOTE + _END))
    (due_s,) = read_midi_file(path).seconds
    assert due_s == pytest.approx(480 / (40 * fps), rel=1e-15)


def test_running_status_goes_on_after_other_events(tmp_path: Path) -> None:
    path = tmp_path / "running.mid"
    path.write_bytes(_raw(480, _NOTE + b"\x00\x41\x40\x00\xff\x01\x01x\x00\x42\x40\x00\xf0\x01\xf7\x00\x43\x40" + _END))
    assert [message.first for _, message in read_midi_file(path)] == [0x40, 0x41, 0x42, 0x43]


def test_chunks_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "other.mid"
    whole = _raw(480, _NOTE + _END)
    path.write_bytes(whole[:14] + b"XFIH" + (3).to_bytes(4, "big") + b"abc" + whole[14:])
    assert len(read_midi_file(path)) == 1


def test_the_slowest_tempo_there_is_is_not_negative(tmp_path: Path) -> None:
    path = tmp_path / "slow.mid"
    path.write_bytes(_raw(480, b"\x00\xff\x51\x03\xff\xff\xff" + _NOTE + _END))
    assert read_midi_file(path).seconds[0] == pytest.approx(16.777215)


_WHOLE = _raw(480, _NOTE + _END, form=1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a MIDI file"),
        (b"RIFF" + bytes(40), "is not a MIDI file"),
        (_WHOLE[:9], "ends in the middle of its header"),
        (_WHOLE[:20], "ends in the middle of track 1 of 1"),
        (_WHOLE[:-3], "ends in the middle of track 1 of 1"),
        (_raw(480, _NOTE + _END, form=1, n_tracks=3), "ends in the middle of track 2 of 3"),
        (_raw(480, _NOTE + _END, form=2), "type 2"),
        (_raw(480, _NOTE + _END, form=7), "type 7"),
        (_raw(0, _NOTE + _END), "a division of 0"),
        (_raw(-1 << 8 | 40, _NOTE + _END), "a division of 0xff28"),
        (_raw(-25 << 8, _NOTE + _END), "a division of 0xe700"),
        (_raw(480, b"\x00\xff\x51\x03\x00\x00\x00" + _END), "a tempo of 0"),
        (_raw(480, b"\x00\xff\x51\x02\x00\x01" + _END), "a tempo of 2 bytes"),
        (_raw(480, b"\x00\x40\x40" + _END), "a data byte 64 without a status byte"),
        (_raw(480, b"\x00\x90\x40\x90" + _END), "a data byte 144"),
        (_raw(480, b"\x00\x90\x40"), "an event that is cut off"),
        (_raw(480, b"\x00\xff\x01\x40ab"), "an event that is cut off"),
        (_raw(480, b"\x00\xf4\x00" + _END), "a status byte 244"),
        (_raw(480, b"\xff\xff\xff\xff\x00\x90\x40\x40"), "a number of more than four bytes"),
    ],
)
def test_what_cannot_be_played_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(content)
    with pytest.raises(MidiError) as error:
        read_midi_file(path)
    text = str(error.value)
    assert text.startswith(str(path)) and sentence in text and text.endswith(".") and "\n" not in text


def test_a_file_that_is_missing_or_too_large_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match="cannot be read: No such file"):
        read_midi_file(tmp_path / "none.mid")
    with pytest.raises(MidiError, match="cannot be read: Is a directory"):
        read_midi_file(tmp_path)
    large = tmp_path / "large.mid"
    with large.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(MidiError, match="has 16 MB: choose"):
        read_midi_file(large)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.mid"
    for content in (noise, _WHOLE[:14] + noise, _raw(480, noise)):
        path.write_bytes(content)
        try:
            file = read_midi_file(path)
        except MidiError:
            continue
        assert np.all(np.diff(file.seconds) >= 0) and all(message.second < 128 for _, message in file)


def test_a_million_events_are_read_in_seconds_and_in_little_memory(tmp_path: Path) -> None:
    """A dictionary of Python objects would take some 300 bytes for each, 300 MB; here they are numbers in arrays."""
    path, n_events = tmp_path / "million.mid", 1_000_000
    path.write_bytes(_raw(480, b"\x00\x90\x40\x40" + b"\x01\x40\x00\x01\x40\x40" * ((n_events - 1) // 2) + _END))
    before_kb, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    file = read_midi_file(path)
    assert time.process_time() - start < 15, "1.3 s when measured on an idle core"
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024 < 150
    assert len(file) == n_events - 1 and file.seconds[-1] == pytest.approx((n_events - 2) * 0.5 / 480)
    assert sum(1 for _ in zip(range(1000), file, strict=False)) == 1000
