"""Where presets are: bundled with the package, and in the user's own folder."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from synth.errors import PresetError
from synth.presets.file import SUFFIX, load_preset
from synth.presets.model import Preset
from synth.presets.variation import bundled_folder as bundled_folder

DEFAULT_PRESET = "violin"


@dataclass(frozen=True)
class Entry:
    """One preset that can be loaded by its name, the file stem."""

    name: str
    path: Path
    bundled: bool


def user_folder() -> Path:
    """Where the user's own presets live; need not exist."""
    return Path(platformdirs.user_data_dir("petrichord", appauthor=False)) / "presets"


def entries() -> list[Entry]:
    """All presets by name, the user's before a bundled one of the same name."""
    found: dict[str, Entry] = {}
    for folder, bundled in ((bundled_folder(), True), (user_folder(), False)):
        for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []:
            found[path.stem] = Entry(path.stem, path, bundled)
    return sorted(found.values(), key=lambda entry: entry.name)


def find(name_or_path: str) -> Path:
    """The file of a preset given by name or path; `PresetError` names those there are."""
    path = Path(name_or_path).expanduser()
    if path.suffix == SUFFIX or path.is_file():
        return path
    known = {entry.name: entry.path for entry in entries()}
    if name_or_path in known:
        return known[name_or_path]
    listed = ", ".join(known) or "none are installed"
    raise PresetError(f"There is no preset “{name_or_path}”: choose one of {listed}, or give a {SUFFIX} file.")


def load(name_or_path: str) -> Preset:
    """Find and load a preset."""
    return load_preset(find(name_or_path))


def default_name() -> str:
    """The preset to start with."""
    names = [entry.name for entry in entries()]
    if not names:
        raise PresetError(f"No presets are installed in {bundled_folder()}; install Petrichord again.")
    return DEFAULT_PRESET if DEFAULT_PRESET in names else names[0]
