"""Variations: presets that share all that was trained and measured with a bundled preset, their base.

The file of a variation is a `.safetensors` file without tensors. Its description names the base and holds what is the
variation's own; everything else is read from the base. So a variation weighs 3 kB where its base weighs 530.
Only bundled presets are variations, and only of bundled presets: what is saved anywhere else is a whole preset.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors

from synth.errors import PresetError
from synth.presets.schema import METADATA_KEY, SUFFIX

BASE = "base"
"""The field that names the base's file, without folder and suffix."""
OWN = frozenset({
    "name", "tags", "category", "comment", "gain_db", "settings", "routes", "followed_region", "macro_names",
})  # fmt: skip
"""The fields that a variation may have for itself; of other fields those of the base count."""
_FILE_NAME = re.compile(r"[a-z0-9_]+")


def bundled_folder() -> Path:
    """Where the package's presets live."""
    return Path(str(resources.files("presets")))


def base_of(description: dict[str, Any], file: str) -> Path | None:
    """The file of the base that a description names, None for a whole preset; `PresetError` where there is no such
    base. `file` is what errors name."""
    if BASE not in description:
        return None
    base = description[BASE]
    if not isinstance(base, str) or not _FILE_NAME.fullmatch(base):
        raise PresetError(f"{file}: field “{BASE}” must be the name of a bundled preset; the preset cannot be used.")
    path = bundled_folder() / f"{base}{SUFFIX}"
    if not path.is_file():
        raise PresetError(f"{file} is a variation of “{base}”, which this Petrichord does not have; update Petrichord.")
    return path


def joined(base: dict[str, Any], own: dict[str, Any], file: str) -> dict[str, Any]:
    """A variation's description as a whole preset would have it."""
    if BASE in base:
        raise PresetError(f"{file} is a variation of a variation, which is not possible; the preset cannot be used.")
    return {**base, **{name: value for name, value in own.items() if name in OWN}}


@contextmanager
def opened(path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """A preset's description and the opened file of its tensors, the base's for a variation; nothing of it is checked.

    Raises what the library and `json` raise for a file that is no preset, and `PresetError` as `base_of`.
    """
    with safe_open(path, framework="np") as file:
        own = json.loads(file.metadata()[METADATA_KEY])
        base = base_of(own, path.name)
        if base is None:
            yield own, file
            return
    with safe_open(base, framework="np") as file:
        yield joined(json.loads(file.metadata()[METADATA_KEY]), own, path.name), file


def is_variation(path: Path) -> bool:
    """True for the file of a variation; a file that cannot be read is none."""
    try:
        with safe_open(path, framework="np") as file:
            return BASE in json.loads(file.metadata()[METADATA_KEY])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError):
        return False


def variation_bytes(description: dict[str, Any]) -> bytes:
    """What the file of a variation holds."""
    raw: bytes = save_tensors({}, {METADATA_KEY: json.dumps(description)})
    return raw
