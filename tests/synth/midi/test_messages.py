"""The parser against mido's, which knows no running status: the streams are compressed here and read back."""

import mido
from hypothesis import given
from hypothesis import strategies as st

from synth.midi.messages import (
    MOST_EXCLUSIVE_BYTES,
    ChannelMessage,
    Kind,
    Message,
    Parser,
    RealTime,
    SongPointer,
    SystemExclusive,
)

_DATA = st.integers(0, 127)
_CHANNEL_MESSAGES = st.builds(
    lambda kind, channel, first, second: ChannelMessage(
        kind, channel, first, 0 if kind in (Kind.PROGRAM, Kind.CHANNEL_PRESSURE) else second
    ),
    st.sampled_from(list(Kind)),
    st.integers(0, 15),
    _DATA,
    _DATA,
)
_OTHERS = st.one_of(
    st.sampled_from([0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF]).map(RealTime),
    st.lists(_DATA, max_size=20).map(lambda data: SystemExclusive(bytes(data))),
)
_COMMON = st.one_of(
    st.sampled_from([b"\xf1\x05", b"\xf3\x07", b"\xf6"]),
    st.binary(min_size=2, max_size=2).map(lambda data: bytes([0xF2, data[0] & 127, data[1] & 127])),
)


def _bytes(message: Message) -> bytes:
    match message:
        case ChannelMessage():
            return message.to_bytes()
        case RealTime(status):
            return bytes([status])
        case SystemExclusive(data):
            return b"\xf0" + data + b"\xf7"
        case SongPointer(sixteenths):
            return bytes([0xF2, sixteenths & 127, sixteenths >> 7])


def _mido(data: bytes) -> list[bytes]:
    """What mido reads, without the system common messages, which this parser leaves out, but for the song pointer."""
    parser = mido.Parser()
    parser.feed(data)
    common = {"quarter_frame", "song_select", "tune_request"}
    return [bytes(message.bytes()) for message in parser if message.type not in common]


@given(st.lists(st.one_of(_CHANNEL_MESSAGES.map(_bytes), _OTHERS.map(_bytes), _COMMON), max_size=30), st.data())
def test_whole_messages_are_read_as_mido_reads_them_in_pieces_of_any_size(
    parts: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(parts)
    parser, read, at = Parser(), [], 0
    while at < len(stream):
        size = data.draw(st.integers(1, 7))
        read += parser.feed(stream[at : at + size])
        at += size
    assert [_bytes(message) for message in read] == _mido(stream)


@given(st.lists(_CHANNEL_MESSAGES, min_size=1, max_size=30), st.data())
def test_running_status_and_real_time_inside_messages_change_nothing(
    messages: list[ChannelMessage], data: st.DataObject
) -> None:
    stream, running = bytearray(), -1
    for message in messages:
        raw = message.to_bytes()
        leaves_status_out = raw[0] == running and data.draw(st.booleans())
        for byte in raw[1:] if leaves_status_out else raw:
            stream += b"\xf8" * data.draw(st.integers(0, 2))
            stream.append(byte)
        running = raw[0]
    read = Parser().feed(stream)
    assert [message for message in read if isinstance(message, ChannelMessage)] == messages
    assert len(read) - len(messages) == stream.count(0xF8)
    assert [m.to_bytes() for m in messages] == _mido(b"".join(m.to_bytes() for m in messages))


@given(st.binary(max_size=400))
def test_no_bytes_raise_and_the_next_whole_message_is_read(noise: bytes) -> None:
    parser = Parser()
    for message in parser.feed(noise):
        if isinstance(message, ChannelMessage):
            assert 0 <= message.first <= 127 and 0 <= message.second <= 127 and 0 <= message.channel <= 15
    assert parser.feed(b"\x93\x40\x41")[-1] == ChannelMessage(Kind.NOTE_ON, 3, 0x40, 0x41)


def test_an_exclusive_without_end_is_bounded_and_forgotten() -> None:
    parser = Parser()
    assert parser.feed(b"\xf0") == []
    for _ in range(100):
        assert parser.feed(bytes(10_000)) == []
    assert len(parser._data) == MOST_EXCLUSIVE_BYTES
    assert parser.feed(b"\xf7") == [], "what was cut is not delivered as if it were whole"
    assert parser.feed(b"\xf0\x01\xf7") == [SystemExclusive(b"\x01")]


def test_the_longest_exclusive_is_read_whole() -> None:
    data = bytes(MOST_EXCLUSIVE_BYTES)
    assert Parser().feed(b"\xf0" + data + b"\xf7") == [SystemExclusive(data)]


def test_a_message_cut_off_by_another_is_left_out() -> None:
    read = Parser().feed(b"\x90\x40\x80\x40\x00")
    assert read == [ChannelMessage(Kind.NOTE_OFF, 0, 0x40, 0)]


def test_system_common_ends_running_status() -> None:
    assert Parser().feed(b"\x90\x40\x40\xf6\x41\x41") == [ChannelMessage(Kind.NOTE_ON, 0, 0x40, 0x40)]
