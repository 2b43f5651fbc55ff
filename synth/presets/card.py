"""What a browser shows of a preset: name, tags and a picture, without building the instrument.

Axes: `M` mel bands, `T` frames.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from synth.errors import PresetError
from synth.file_names import shown_name
from synth.presets.file import MAX_BYTES, METADATA_KEY, SUFFIX


@dataclass(frozen=True)
class Card:
    """A preset's label."""

    name: str
    tags: tuple[str, ...]
    root_hz: float
    grid: NDArray[np.float32]
    """(M, T) grid values of the stored grown state, as heard."""


def preset_name(path: Path) -> str:
    """The name people know a preset by: the one in its file; where that cannot be read, the file's own."""
    try:
        return read_card(path).name
    except PresetError:
        return name_from_file(path)


def name_from_file(path: Path) -> str:
    """What is shown until the name inside is read."""
    return shown_name(path.stem).replace("_", " ")


def read_card(path: Path) -> Card:
    """Read one preset's label: some 30 kB of its file; `PresetError` says what is wrong with it."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PresetError(f"{path.name} is larger than a preset can be; it is something else.")
        with safe_open(path, framework="np") as file:
            description: dict[str, Any] = json.loads(file.metadata()[METADATA_KEY])
            grid = np.asarray(file.get_slice("state")[0:1], dtype=np.float32)[0]
        name, tags = str(description["name"]), tuple(str(tag) for tag in description["tags"])
        heard = np.tanh(grid) if description["rule"]["kind"] == "notebook" else grid
        if heard.ndim != 2 or not np.isfinite(heard).all():
            raise ValueError("state")
        return Card(name, tags, float(description["root_hz"]), heard)
    except OSError as error:
        raise PresetError(f"The preset {path} cannot be read: {error.strerror or error}.") from error
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise PresetError(f"{path.name} is not a preset: it is cut short or not a {SUFFIX} file.") from error
