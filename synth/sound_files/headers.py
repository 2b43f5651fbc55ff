"""Headers that libsndfile takes at their word and that are wrong or unknown to it: what they should have said.

A recorder that loses power leaves the sizes in its header at zero. BW64 (ITU-R BS.2088) is RF64 (EBU Tech 3306) under
another name. Each repair is a few bytes to be read in place of the file's own; the file itself is never changed.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_LOOKED_AT = 1 << 20
"""Bytes at the beginning in which the header must end."""
_UNKNOWN = 0xFFFFFFFF


@dataclass(frozen=True)
class Repair:
    """Bytes to read at some places instead of what the file has there."""

    patches: tuple[tuple[int, bytes], ...]
    unfinished: bool
    """True when the header does not say how much sound there is: whatever wrote it never finished it."""


def repair_of(path: Path) -> Repair | None:
    """What the header should have said; None where it can be taken as it is."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
        length = file.seek(0, 2)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _of_wave(head, length)
    if head[:4] == b"riff":
        return _of_w64(head, length)
    if head[:4] == b".snd":
        return _of_au(head, length)
    if head[:4] == b"caff":
        return _of_caf(head, length)
    return None


def _of_wave(head: bytes, length: int) -> Repair | None:
    patches: list[tuple[int, bytes]] = []
    if head[:4] == b"BW64":
        patches.append((0, b"RF64"))
    sizes_at = None
    at = 12
    while at + 8 <= len(head):
        name, size = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"ds64":
            sizes_at = at + 8
        elif name == b"data":
            there = length - (at + 8)
            said = struct.unpack_from("<Q", head, sizes_at + 8)[0] if sizes_at and size == _UNKNOWN else size
            unfinished = said == 0 and there > 0 and not _are_chunks(head, at + 8, length)
            if unfinished and sizes_at:
                patches.append((sizes_at, struct.pack("<QQQ", length - 8, there, 0)))
                patches.append((at + 4, struct.pack("<I", _UNKNOWN)))
            elif unfinished:
                patches.append((4, struct.pack("<I", min(length - 8, _UNKNOWN))))
                patches.append((at + 4, struct.pack("<I", min(there, _UNKNOWN))))
            return Repair(tuple(patches), unfinished) if patches else None
        at += 8 + size + size % 2
    return Repair(tuple(patches), unfinished=False) if patches else None


def _are_chunks(head: bytes, at: int, length: int) -> bool:
    """Whether whole chunks with names follow, as after a recording that is truly empty."""
    while at + 8 <= len(head):
        name, size = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if not all(0x20 <= letter < 0x7F for letter in name):
            return False
        at += 8 + size + size % 2
    return at in (length, length + 1)


def _of_w64(head: bytes, length: int) -> Repair | None:
    """Chunks have names of 16 bytes, and sizes of 8 bytes that count both."""
    at = 40
    while at + 24 <= len(head):
        size = struct.unpack_from("<Q", head, at + 16)[0]
        if head[at : at + 4] == b"data":
            there = length - at
            if size > 24 or there <= 24:
                return None
            return Repair(((16, struct.pack("<Q", length)), (at + 16, struct.pack("<Q", there))), unfinished=True)
        if size < 24:
            return None
        at += size + -size % 8
    return None


def _of_au(head: bytes, length: int) -> Repair | None:
    if len(head) < 24:
        return None
    offset, said = struct.unpack_from(">II", head, 4)
    if said != 0 or offset >= length:
        return None
    return Repair(((8, struct.pack(">I", min(length - offset, _UNKNOWN))),), unfinished=True)


def _of_caf(head: bytes, length: int) -> Repair | None:
    """Its size may be −1 while it is being written (Apple, Core Audio Format 1.0), and is too large in a cut file."""
    at = 8
    while at + 12 <= len(head):
        name, size = head[at : at + 4], struct.unpack_from(">q", head, at + 4)[0]
        there = length - (at + 12)
        if name == b"data":
            # Four bytes count edits; the sound comes after them.
            if there > 4 and (size <= 4 or size > there):
                return Repair(((at + 4, struct.pack(">q", there)),), unfinished=True)
            return None
        if size < 0:
            return None
        at += 12 + size
    return None


class Repaired:
    """A file that reads as if its header had been repaired; what libsndfile needs of a file object."""

    def __init__(self, file: BinaryIO, repair: Repair) -> None:
        self._file, self._patches = file, repair.patches

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes from here on."""
        begin = self._file.tell()
        content = self._file.read(size)
        for at, patch in self._patches:
            first, last = max(at, begin), min(at + len(patch), begin + len(content))
            if first < last:
                content = content[: first - begin] + patch[first - at : last - at] + content[last - begin :]
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
