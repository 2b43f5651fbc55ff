"""Zip files from strangers: looked at before anything is unpacked, and unpacked one small file at a time.

What is not as it should be is refused in one sentence. Names in the archive are never paths on this disk.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from synth.errors import PresetError
from synth.file_names import shown_name

MAX_FILES = 512
MAX_UNPACKED_BYTES = 256 * 2**20
_MAX_RATIO = 50
"""Presets are mostly noise to a packer: they shrink by a tenth."""
_MAX_READ = 2**20
"""The largest piece that is ever read at once. The table of contents is read in one piece: it holds some 100 bytes for
each file."""
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGES = (
    zipfile.BadZipFile, struct.error, zlib.error, EOFError, ValueError, KeyError, OverflowError, NotImplementedError,
    RuntimeError, IndexError,
)  # fmt: skip
"""What Python's reader raises for an archive that is no good."""


class _TooMuch(Exception):
    """A piece was asked for that no bank needs."""


class _InPieces(io.RawIOBase):
    """A file that hands out no piece that is larger than `_MAX_READ`: an archive says itself how much is read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_READ:
            raise _TooMuch
        return self._file.read(_MAX_READ if size < 0 else size)


class Archive:
    """A zip file that has been looked at: none of its names leads anywhere, and all of it fits into memory."""

    def __init__(self, path: Path, opened: zipfile.ZipFile) -> None:
        self._path, self._opened = path, opened
        self.names = tuple(info.filename for info in opened.infolist() if not _is_aside(info))
        """Of its files, in order; folders, and what a Mac puts beside each file, are no files."""

    def read(self, name: str, most: int) -> bytes:
        """The content of one file; `PresetError` names one that is damaged or has more than `most` bytes."""
        size = self._opened.getinfo(name).file_size
        if size > most:
            raise PresetError(
                f"“{shown(name)}” in {_called(self._path)} is {size / 1e6:.1f} MB, more than {most / 1e6:.1f} MB."
            )
        try:
            with self._opened.open(name) as file:
                return file.read(most)
        except (*_DAMAGES, _TooMuch) as error:
            raise PresetError(f"“{shown(name)}” in {_called(self._path)} is damaged.") from error


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """Look at a zip file; `PresetError` says why nothing of it can be used."""
    called = _called(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is no ordinary file" if path.exists() else "is not there"
        raise PresetError(f"{called} {what}: choose the zip file of a bank of presets.")
    try:
        with path.open("rb") as file, _read_by_zipfile(file, called) as opened:
            _check(called, opened.infolist(), path.stat().st_size)
            yield Archive(path, opened)
    except OSError as error:
        raise PresetError(f"{path} cannot be read: {error.strerror or error}.") from error


def _read_by_zipfile(file: IO[bytes], called: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_InPieces(file))
    except _TooMuch as error:
        raise PresetError(
            f"{called} lists more files than a bank of presets can hold ({MAX_FILES}): nothing of it was taken."
        ) from error
    except _DAMAGES as error:
        raise PresetError(f"{called} is no bank of presets: it is cut short or not a zip file.") from error


def _check(called: str, infos: list[zipfile.ZipInfo], size: int) -> None:
    files = [info for info in infos if not _is_aside(info)]
    nothing = "nothing of it was taken"
    if len(files) > MAX_FILES:
        raise PresetError(f"{called} holds {len(files)} files, a bank of presets at most {MAX_FILES}: {nothing}.")
    unpacked = sum(info.file_size for info in files)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > _MAX_RATIO * size:
        raise PresetError(
            f"{called} would unpack to {unpacked / 1e6:.0f} MB, which no bank of presets of {size / 1e6:.1f} MB does: "
            f"{nothing}."
        )
    seen: set[str] = set()
    for info in infos:
        name = shown(info.orig_filename)
        if not name:
            raise PresetError(f"A file in {called} has no name: {nothing}.")
        if info.orig_filename != info.filename or _leads_away(info.filename):
            raise PresetError(f"“{name}” in {called} leads out of the archive: {nothing}.")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise PresetError(f"“{name}” in {called} is a link or a device, not a file: {nothing}.")
        if info.flag_bits & 1:
            raise PresetError(f"“{name}” in {called} is locked with a password: {nothing}.")
        if info.compress_type not in _PACKINGS:
            raise PresetError(f"“{name}” in {called} is packed in an unusual way: pack it as an ordinary zip file.")
        if info.filename in seen:
            raise PresetError(f"“{name}” is in {called} twice: {nothing}.")
        seen.add(info.filename)


def _leads_away(name: str) -> bool:
    """A name that is absolute, climbs, belongs to another system or is none at all."""
    parts = PurePosixPath(name).parts
    return not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or not name.isprintable()


def _is_aside(info: zipfile.ZipInfo) -> bool:
    first, last = info.filename.split("/", 1)[0], info.filename.rsplit("/", 1)[-1]
    # Not `is_dir`: Python 3.11 raises IndexError there for a file without a name.
    return info.filename.endswith("/") or first == "__MACOSX" or last in (".DS_Store", "Thumbs.db")


def shown(name: str) -> str:
    """A name from elsewhere, as it can be shown in a sentence."""
    clean = "".join(letter if letter.isprintable() else "�" for letter in name)
    return clean if len(clean) <= 60 else f"{clean[:59]}…"


def _called(path: Path) -> str:
    return shown(shown_name(path.name))
