"""Standard MIDI files to channel messages with their times in seconds.

Formats 0 and 1, tempo maps, running status, and divisions in ticks per quarter note or in SMPTE frames (Standard MIDI
Files 1.0). Read here and not by a library: a file of a million events is read in 0.7 s and held in 11 MB, where one
object per event takes half a gigabyte, and what is wrong with a file is told with the place in it.
Axes: `N` messages.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import MidiError
from synth.midi.messages import KINDS, ChannelMessage, data_length

MOST_BYTES = 16_000_000
_QUARTER_S = 0.5
"""120 beats a minute until a file says otherwise."""
_META, _SYSEX, _ESCAPE = 0xFF, 0xF0, 0xF7
_TEMPO = 0x51
_SMPTE_FPS = {-24: 24.0, -25: 25.0, -29: 30000 / 1001, -30: 30.0}
_LENGTHS = {kind: data_length(kind) for kind in KINDS}


@dataclass(frozen=True)
class MidiFile:
    """The channel messages of a file, in the order in which they are played."""

    path: Path
    seconds: NDArray[np.float64]
    """When each message is due, (N,), rising."""
    data: NDArray[np.uint8]
    """Status byte and data bytes, (N, 3); the last is 0 where a message has one data byte."""
    length_s: float
    """When the last track ends."""

    def __len__(self) -> int:
        return len(self.seconds)

    def __iter__(self) -> Iterator[tuple[float, ChannelMessage]]:
        """Each message with its time, made as it is asked for."""
        for due_s, (status, first, second) in zip(self.seconds, self.data, strict=True):
            yield float(due_s), ChannelMessage(KINDS[status & 0xF0], int(status & 0x0F), int(first), int(second))


def read_midi_file(path: Path) -> MidiFile:
    """A file's messages; `MidiError` in one sentence for one that is missing, damaged or of a kind that no synthesizer
    plays from beginning to end."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise MidiError(f"{path} cannot be read: {error.strerror}; choose another MIDI file.") from error
    if size > MOST_BYTES:
        raise MidiError(f"{path} has {size / 1e6:.0f} MB: choose a MIDI file of at most {MOST_BYTES / 1e6:.0f} MB.")
    try:
        return _read(path, content)
    except _Damaged as damage:
        raise MidiError(f"{path} {damage}") from damage


class _Damaged(Exception):
    """What is wrong with a file and what to do; the sentence lacks its subject, the file."""


def _ends_early(where: str) -> _Damaged:
    return _Damaged(f"ends in the middle of {where}: the file is truncated; copy or export it again.")


def _is_damaged(where: str, what: str) -> _Damaged:
    return _Damaged(f"is damaged ({what} in {where}): export it again from the program that made it.")


@dataclass
class _Tracks:
    """What the tracks hold, in file order: ticks from the beginning, messages, tempos."""

    ticks: "array[int]" = field(default_factory=lambda: array("q"))
    data: bytearray = field(default_factory=bytearray)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    """Tick and microseconds per quarter note."""
    last_tick: int = 0


def _read(path: Path, content: bytes) -> MidiFile:
    if content[:4] != b"MThd":
        raise _Damaged("is not a MIDI file: choose a file that ends in .mid or .midi.")
    if len(content) < 14:
        raise _ends_early("its header")
    header_bytes = int.from_bytes(content[4:8], "big")
    form, n_tracks = int.from_bytes(content[8:10], "big"), int.from_bytes(content[10:12], "big")
    division = int.from_bytes(content[12:14], "big", signed=True)
    if header_bytes < 6:
        raise _is_damaged("its header", f"a length of {header_bytes}")
    if form > 1:
        kind = "type 2, a set of patterns" if form == 2 else f"type {form}, which is not defined"
        raise _Damaged(f"is a MIDI file of {kind}: save it as type 0 or 1.")
    tracks = _read_tracks(content, 8 + header_bytes, n_tracks)
    seconds_at = _timeline(division, sorted(tracks.tempos, key=lambda tempo: tempo[0]))
    ticks = np.frombuffer(tracks.ticks, np.int64) if tracks.ticks else np.zeros(0, np.int64)
    order = np.argsort(ticks, kind="stable")
    data = np.frombuffer(bytes(tracks.data), np.uint8).reshape(-1, 3)[order]
    return MidiFile(path, seconds_at(ticks[order]), data, float(seconds_at(np.array([tracks.last_tick]))[0]))


def _read_tracks(content: bytes, at: int, n_tracks: int) -> _Tracks:
    """All tracks; chunks of other kinds are passed over, as the standard asks."""
    tracks, found = _Tracks(), 0
    while found < n_tracks:
        where = f"track {found + 1} of {n_tracks}"
        if at + 8 > len(content):
            raise _ends_early(where)
        name, end = content[at : at + 4], at + 8 + int.from_bytes(content[at + 4 : at + 8], "big")
        if name == b"MTrk":
            if end > len(content):
                raise _ends_early(where)
            _read_track(memoryview(content)[at + 8 : end], tracks, where)
            found += 1
        at = end
    return tracks


def _read_track(track: memoryview, into: _Tracks, where: str) -> None:
    at, tick, running = 0, 0, 0
    ticks, data = into.ticks, into.data
    try:
        while at < len(track):
            delta, at = _variable_length(track, at, where)
            tick += delta
            byte = track[at]
            if byte >= _SYSEX:
                at, ended = _read_other(track, at, tick, into, where)
                if ended:
                    break
                continue
            if byte >= 0x80:
                running = byte
                at += 1
            elif not running:
                raise _is_damaged(where, f"a data byte {byte} without a status byte")
            length = _LENGTHS[running & 0xF0]
            first, second = track[at], track[at + 1] if length == 2 else 0
            if first > 0x7F or second > 0x7F:
                raise _is_damaged(where, f"a data byte {max(first, second)}")
            at += length
            ticks.append(tick)
            data += bytes((running, first, second))
    except IndexError:
        raise _is_damaged(where, "an event that is cut off") from None
    into.last_tick = max(into.last_tick, tick)


def _read_other(track: memoryview, at: int, tick: int, into: _Tracks, where: str) -> tuple[int, bool]:
    """Pass over an exclusive or a meta event, but keep a tempo; the place after it, and True where the track ends."""
    status, kind = track[at], 0
    if status == _META:
        kind = track[at + 1]
        at += 1
    elif status not in (_SYSEX, _ESCAPE):
        raise _is_damaged(where, f"a status byte {status}")
    length, at = _variable_length(track, at + 1, where)
    if at + length > len(track):
        raise _is_damaged(where, "an event that is cut off")
    if status == _META and kind == _TEMPO:
        tempo = int.from_bytes(track[at : at + length], "big")
        if length != 3 or tempo == 0:
            raise _is_damaged(where, "a tempo of 0" if length == 3 else f"a tempo of {length} bytes")
        into.tempos.append((tick, tempo))
    return at + length, status == _META and kind == 0x2F


def _variable_length(track: memoryview, at: int, where: str) -> tuple[int, int]:
    """A number of one to four bytes, seven bits in each, and the place after it."""
    value = 0
    for _ in range(4):
        byte = track[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    raise _is_damaged(where, "a number of more than four bytes")


class _Timeline:
    """Ticks to seconds: straight lines between the places where the tempo changes."""

    def __init__(self, starts: list[int], seconds_per_tick: list[float]) -> None:
        self._starts = np.array(starts, np.int64)
        self._slopes = np.array(seconds_per_tick)
        self._seconds = np.concatenate([[0.0], np.cumsum(np.diff(self._starts) * self._slopes[:-1])])

    def __call__(self, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        piece = np.searchsorted(self._starts, ticks, side="right") - 1
        seconds: NDArray[np.float64] = self._seconds[piece] + (ticks - self._starts[piece]) * self._slopes[piece]
        return seconds


def _timeline(division: int, tempos: list[tuple[int, int]]) -> _Timeline:
    """`tempos` in the order of their ticks; SMPTE divisions count real time and have no tempo."""
    if division < 0:
        frames_per_second, ticks_per_frame = _SMPTE_FPS.get(division >> 8, 0.0), division & 0xFF
        if not frames_per_second or not ticks_per_frame:
            raise _is_damaged("its header", f"a division of {division & 0xFFFF:#06x}")
        return _Timeline([0], [1 / (frames_per_second * ticks_per_frame)])
    if division == 0:
        raise _is_damaged("its header", "a division of 0")
    changes = dict([(0, round(_QUARTER_S * 1e6)), *tempos])
    return _Timeline(list(changes), [tempo / 1e6 / division for tempo in changes.values()])
