"""A bank: many presets in one zip file, with an index that says what is in it.

Taken in, each preset is written whole or not at all, under a name of its own in the user's folder and nowhere else;
what is no preset is left out and named.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from synth.errors import PresetError
from synth.presets.archive import MAX_FILES, Archive, opened_archive, shown
from synth.presets.file import MAX_BYTES, SUFFIX, load_preset, preset_bytes, preset_from_bytes, save_preset
from synth.presets.model import Preset
from synth.presets.user_folder import file_for, file_stem, unused_name
from synth.presets.variation import is_variation
from synth.storage import write_bytes_whole
from synth.whole_files import written_whole

BANK_SUFFIX = ".zip"
INDEX = "bank.json"
_VERSION_KEY, BANK_VERSION = "petrichord_bank", 1
MAX_PRESETS = MAX_FILES - 1
_WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a bank: the same presets make the same bank."""


@dataclass(frozen=True)
class Export:
    """What became of presets that were put into a bank."""

    written: tuple[str, ...]
    """Names."""
    left: tuple[str, ...] = ()
    """A sentence about each that could not be."""


@dataclass(frozen=True)
class Import:
    """What became of a bank's presets."""

    added: tuple[Path, ...] = ()
    there: tuple[str, ...] = ()
    """Names of those that were there already, to the byte."""
    left: tuple[str, ...] = ()
    """A sentence about each file that is no preset, or none that can be used."""


def export_bank(paths: Iterable[Path], file: Path) -> Export:
    """Put presets into one file, which is there whole or not at all; `PresetError` when nothing can be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(file, 0o644) as part, part.open("wb") as content:
            exported = _write(paths, content)
    except OSError as error:
        raise PresetError(f"{file} cannot be written: {error.strerror}; choose another place.") from error
    return exported


def import_bank(
    file: Path, folder: Path, bundled: Path | None = None, given_up: Callable[[], bool] = lambda: False
) -> Import:
    """Take a bank's presets into the user's folder; `PresetError` when nothing of it can be used.

    A name that is taken, there or among those that come with Petrichord, is given a number. `given_up` is asked before
    each preset. One is in memory at a time.
    """
    folders = [folder, *([] if bundled is None else [bundled])]
    known = _Known(folders)
    added: list[Path] = []
    there: list[str] = []
    left: list[str] = []
    with opened_archive(file) as archive:
        _check_index(archive, file)
        for name in archive.names:
            if given_up():
                break
            if name == INDEX:
                continue
            try:
                raw, preset = _read_preset(archive, name, file)
                if known.has(raw):
                    there.append(preset.name)
                else:
                    path = _add(raw, preset, name, folder, folders)
                    known.add(path)
                    added.append(path)
            except PresetError as problem:
                left.append(str(problem))
    if not added and not there:
        raise PresetError(left[0] if left else f"{shown(file.name)} holds no preset.")
    return Import(tuple(added), tuple(there), tuple(left))


class _Known:
    """Files that are there already, found again by their content."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._by_size: dict[int, list[Path]] = {}
        self._digests: dict[Path, bytes] = {}
        for folder in folders:
            for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []:
                self.add(path)

    def add(self, path: Path) -> None:
        # One that has gone since it was listed is not known.
        with suppress(OSError, PresetError):
            size = len(_content(path)) if is_variation(path) else path.stat().st_size
            self._by_size.setdefault(size, []).append(path)

    def has(self, raw: bytes) -> bool:
        alike, digest = self._by_size.get(len(raw), ()), sha256(raw).digest()
        return any(self._digest(path) == digest for path in alike)

    def _digest(self, path: Path) -> bytes:
        if path not in self._digests:
            self._digests[path] = b""
            with suppress(PresetError):
                self._digests[path] = sha256(_content(path)).digest()
        return self._digests[path]


def _check_index(archive: Archive, file: Path) -> None:
    """A bank of a later version may mean something else by its files; one without an index was made by hand."""
    if INDEX not in archive.names:
        return
    try:
        version = json.loads(archive.read(INDEX, MAX_BYTES))[_VERSION_KEY]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PresetError(
            f"The index of {shown(file.name)} is damaged, so no preset was added: get the bank again."
        ) from error
    if version != BANK_VERSION:
        raise PresetError(
            f"{shown(file.name)} is a bank of version {shown(str(version))}, this Petrichord reads {BANK_VERSION}; "
            "update Petrichord."
        )


def _read_preset(archive: Archive, name: str, file: Path) -> tuple[bytes, Preset]:
    base = _base(name)
    if not name.endswith(SUFFIX):
        raise PresetError(f"“{base}” in {shown(file.name)} is not a preset ({SUFFIX}).")
    raw = archive.read(name, MAX_BYTES)
    return raw, preset_from_bytes(raw, Path(base))


def _add(raw: bytes, preset: Preset, entry: str, folder: Path, folders: list[Path]) -> Path:
    try:
        name = unused_name(preset.name, *folders)
    except PresetError as problem:
        raise PresetError(f"{_base(entry)}: {problem}") from problem
    path = file_for(name, folder)
    if name != preset.name:
        return save_preset(replace(preset, name=name), path)
    try:
        # As it came: what a later version put into it stays there.
        write_bytes_whole(path, raw, shared=True)
    except OSError as error:
        raise PresetError(f"The preset could not be written to {path}: {error.strerror}.") from error
    return path


def _base(entry: str) -> str:
    return shown(entry.rsplit("/", 1)[-1])


def _entry_for(name: str, taken: Iterable[str]) -> str:
    stem, taken = file_stem(name) or "preset", {entry.casefold() for entry in taken}
    numbers: Iterator[str] = (f"{stem} {number}" for number in range(2, MAX_FILES + 2))
    return next(f"{each}{SUFFIX}" for each in (stem, *numbers) if f"{each}{SUFFIX}".casefold() not in taken)


def _write(paths: Iterable[Path], part: IO[bytes]) -> Export:
    """One preset after the other, and the index last."""
    listed: dict[str, dict[str, Any]] = {}
    left: list[str] = []
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            try:
                preset, raw = load_preset(path), _content(path)
            except PresetError as problem:
                left.append(str(problem))
                continue
            if len(listed) == MAX_PRESETS:
                raise PresetError(f"A bank holds at most {MAX_PRESETS} presets: choose fewer of them.")
            entry = _entry_for(preset.name, listed)
            listed[entry] = {
                "file": entry,
                "name": preset.name,
                "category": preset.category,
                "tags": list(preset.tags),
                "author": preset.author,
                "recording": preset.credit.recording,
                "licence": preset.credit.licence,
            }
            archive.writestr(_entry(entry), raw)
        index = {_VERSION_KEY: BANK_VERSION, "presets": list(listed.values())}
        archive.writestr(_entry(INDEX), json.dumps(index, indent=1))
    if not listed:
        raise PresetError(left[0] if left else "There is no preset to put into a bank: choose at least one.")
    return Export(tuple(each["name"] for each in listed.values()), tuple(left))


def _content(path: Path) -> bytes:
    """What a bank holds of a preset: its file, and for a variation the whole preset, which needs no base."""
    try:
        return preset_bytes(load_preset(path)) if is_variation(path) else path.read_bytes()
    except OSError as error:
        raise PresetError(f"The preset {path} cannot be read: {error.strerror}.") from error


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _WRITTEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
