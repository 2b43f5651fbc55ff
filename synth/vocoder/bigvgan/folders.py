"""Where BigVGAN checkpoints lie on this machine; looks at files only, never at the network."""

from collections.abc import Iterator
from pathlib import Path

import platformdirs

from synth.environment import variable
from synth.vocoder.bigvgan.catalogue import CHECKPOINTS

CONFIG_NAME, WEIGHTS_NAME = "config.json", "bigvgan_generator.pt"
FOLDER_VARIABLE = "PETRICHORD_BIGVGAN"
"""Environment variable that names a checkpoint folder, or a folder of such folders."""


def user_folder() -> Path:
    """Where `petrichord vocoder get` installs, one folder per checkpoint; need not exist."""
    return Path(platformdirs.user_data_dir("petrichord", appauthor=False)) / "vocoders"


def complete(folder: Path) -> bool:
    """Whether both files of a checkpoint are there, whatever is in them."""
    return (folder / CONFIG_NAME).is_file() and (folder / WEIGHTS_NAME).is_file()


def installed(name: str) -> Path | None:
    """The folder of a published checkpoint that was installed."""
    folder = user_folder() / name
    return folder if complete(folder) else None


def cached(name: str) -> Path | None:
    """The folder of a published checkpoint in the Hugging Face cache (HF_HOME, HF_HUB_CACHE)."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    config = try_to_load_from_cache(f"nvidia/{name}", CONFIG_NAME)
    folder = Path(config).parent if isinstance(config, str) else None
    return folder if folder is not None and complete(folder) else None


def named(name_or_path: str) -> Path | None:
    """The folder of a checkpoint given by its published name or by path."""
    name = name_or_path.removeprefix("nvidia/")
    if any(name == known.name for known in CHECKPOINTS):
        return installed(name) or cached(name)
    folder = Path(name_or_path).expanduser()
    return folder.absolute() if complete(folder) else None


def candidates(folder: Path | None, chosen: str = "") -> Iterator[Path]:
    """Complete checkpoint folders: in the folder given, the environment's, the one chosen, installed, cached."""
    for place in (folder, variable(FOLDER_VARIABLE)):
        if place:
            yield from _inside(Path(place).expanduser())
    choice = named(chosen) if chosen else None
    if choice is not None:
        yield choice
    for find in (installed, cached):
        for known in CHECKPOINTS:
            found = find(known.name)
            if found is not None:
                yield found


def _inside(place: Path) -> list[Path]:
    """The folder itself and those directly in it."""
    try:
        inside = sorted(p for p in place.glob("*") if p.is_dir()) if place.is_dir() else []
        return [folder for folder in (place, *inside) if complete(folder)]
    except OSError:
        # No such name can be, as one of 5000 letters.
        return []
