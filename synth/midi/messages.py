"""MIDI bytes to messages, as MIDI 1.0 defines them: running status, real-time bytes inside other messages, exclusives.

Nothing in a byte stream is an error: what is malformed is left out, and the parser goes on with the next status byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

MOST_EXCLUSIVE_BYTES = 65536
"""A system exclusive message that is longer is left out; the parser keeps no more of it than this."""

_SYSEX, _SYSEX_END, _FIRST_REAL_TIME = 0xF0, 0xF7, 0xF8
_SONG_POINTER = 0xF2
_COMMON_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""Data bytes of system common messages; the others have none."""


class Kind(IntEnum):
    """What a channel message says: the upper half of its status byte."""

    NOTE_OFF = 0x80
    NOTE_ON = 0x90
    POLY_PRESSURE = 0xA0
    CONTROL = 0xB0
    PROGRAM = 0xC0
    CHANNEL_PRESSURE = 0xD0
    BEND = 0xE0


KINDS: dict[int, Kind] = {int(kind): kind for kind in Kind}


def data_length(kind: int) -> int:
    """Data bytes that follow the status byte of a channel message."""
    return 1 if kind in (Kind.PROGRAM, Kind.CHANNEL_PRESSURE) else 2


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """A message for one channel, 0 … 15; its data bytes are 0 … 127, and `second` is 0 where there is only one."""

    kind: Kind
    channel: int
    first: int
    second: int = 0

    @property
    def value14(self) -> int:
        """Both data bytes as one number, least significant first: a pitch bend, 0 … 16383, 8192 at rest."""
        return self.first | self.second << 7

    def to_bytes(self) -> bytes:
        """The message as it goes over a cable, with its status byte."""
        return bytes((self.kind | self.channel, self.first, self.second)[: 1 + data_length(self.kind)])


@dataclass(frozen=True, slots=True)
class RealTime:
    """A single byte that may come at any time: clock, start, continue, stop, active sensing, reset."""

    status: int


@dataclass(frozen=True, slots=True)
class SystemExclusive:
    """What stands between the start and the end of an exclusive message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SongPointer:
    """Where the song goes on when it is continued: in sixteenth notes from its beginning, 0 … 16383."""

    sixteenths: int


Message = ChannelMessage | RealTime | SystemExclusive | SongPointer


class Parser:
    """Takes a stream of bytes in pieces of any size; holds at most one unfinished message."""

    def __init__(self) -> None:
        self._status = 0
        """The status that data bytes belong to; 0 when they are left out."""
        self._data = bytearray()
        self._too_long = False

    def feed(self, data: Iterable[int]) -> list[Message]:
        """The messages that these bytes complete, in order."""
        messages: list[Message] = []
        for byte in data:
            message = self._data_byte(byte) if byte < 0x80 else self._status_byte(byte)
            if message is not None:
                messages.append(message)
        return messages

    def _status_byte(self, byte: int) -> Message | None:
        if byte >= _FIRST_REAL_TIME:
            return RealTime(byte)
        whole = byte == _SYSEX_END and self._status == _SYSEX and not self._too_long
        message = SystemExclusive(bytes(self._data)) if whole else None
        takes_data = byte < _SYSEX or byte == _SYSEX or byte in _COMMON_DATA
        self._status = byte if takes_data else 0
        self._data.clear()
        self._too_long = False
        return message

    def _data_byte(self, byte: int) -> Message | None:
        status = self._status
        if status == _SYSEX:
            if len(self._data) < MOST_EXCLUSIVE_BYTES:
                self._data.append(byte)
            else:
                self._too_long = True
            return None
        if not status:
            return None
        self._data.append(byte)
        if status > _SYSEX:
            if len(self._data) < _COMMON_DATA[status]:
                return None
            self._status = 0
            return SongPointer(self._data[0] | self._data[1] << 7) if status == _SONG_POINTER else None
        kind = KINDS[status & 0xF0]
        if len(self._data) < data_length(kind):
            return None
        message = ChannelMessage(kind, status & 0x0F, *self._data)
        self._data.clear()
        return message
