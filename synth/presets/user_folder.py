"""The user's own presets: saving, renaming, duplicating, taking in files from elsewhere.

A file is named after its preset. Nothing here overwrites a preset unless told so, and nothing touches a bundled one.
"""

import re
from dataclasses import replace
from pathlib import Path

from synth.errors import PresetError
from synth.presets.about import About
from synth.presets.file import SUFFIX, load_preset, save_preset
from synth.presets.model import Preset

MAX_NAME = 60
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""What some system's file names cannot hold."""
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def file_stem(name: str) -> str:
    """A name as every system's file names can hold it; "" when nothing is left of it."""
    stem = _FORBIDDEN.sub("_", name).strip(" .")
    return f"{stem} preset" if stem.casefold() in _RESERVED else stem


def file_for(name: str, folder: Path) -> Path:
    """The file of a preset of this name; `PresetError` when it cannot be a name."""
    name = name.strip()
    stem = file_stem(name)
    if not stem:
        raise PresetError("A preset needs a name: type one.")
    if len(name) > MAX_NAME:
        raise PresetError(f"The name is {len(name)} characters long: choose one of at most {MAX_NAME}.")
    return folder / f"{stem}{SUFFIX}"


def unused_name(name: str, *folders: Path) -> str:
    """`name`, or `name 2`, `name 3`, … of which there is no file in any of the folders yet."""
    base, count = re.sub(r" \d+$", "", name.strip())[: MAX_NAME - 4], 2
    unused = name.strip()
    while any(file_for(unused, folder).exists() for folder in folders):
        unused, count = f"{base} {count}", count + 1
    return unused


def save_as(preset: Preset, folder: Path, *, overwrite: bool = False) -> Path:
    """Write a preset under its own name; `PresetError` when there is one already and it may not be replaced."""
    path = file_for(preset.name, folder)
    if path.exists() and not overwrite:
        raise PresetError(f"There is already a preset “{preset.name}” of yours: choose another name.")
    return save_preset(preset, path)


def rename(path: Path, name: str, folder: Path, about: About | None = None) -> Path:
    """Give a user's preset another name, inside and on disk, and if asked say other things about it; its new file."""
    before = load_preset(path)
    preset = replace(before, name=name.strip())
    if about is not None:
        preset = preset.with_about(about)
    if file_for(name, folder) == path or preset.name == before.name:
        return save_preset(preset, path)
    renamed = save_as(preset, folder)
    try:
        path.unlink()
    except OSError as error:
        renamed.unlink(missing_ok=True)
        raise PresetError(f"{path} cannot be renamed: {error.strerror}.") from error
    return renamed


def duplicate(path: Path, folder: Path) -> Path:
    """A copy among the user's presets, under a name of its own."""
    preset = load_preset(path)
    return save_as(replace(preset, name=unused_name(preset.name, folder)), folder)


def adopt(path: Path, folder: Path) -> Path:
    """Take a file from elsewhere into the user's presets; one that is there already stays as it is."""
    if path.parent == folder:
        return path
    preset = load_preset(path)
    same = file_for(preset.name, folder)
    if same.is_file() and same.read_bytes() == path.read_bytes():
        return same
    return save_as(replace(preset, name=unused_name(preset.name, folder)), folder)
