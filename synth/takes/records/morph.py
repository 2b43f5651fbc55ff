"""How a second preset sounds beside a first one, as JSON and arrays, and back. Axes: `M` mel bands, `T` frames."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synth.instrument.morph.morph import MorphState
from synth.instrument.morph.share_map import ShareState
from synth.presets.schema import Fields
from synth.saved_arrays import SavedArrays, fitted, part, prefixed

_LONGEST = 2**53
_MOST = {"share": 1.0, "painted": 1.0, "activity": 100.0, "looked": 100.0}


def told_of_morph(state: MorphState) -> dict[str, Any]:
    """What JSON holds of it."""
    return {
        "ending": state.ending,
        "level": state.level,
        "wanted": state.wanted,
        "log_ratio": state.log_ratio,
        "silent_frames": state.silent_frames,
        "age": state.map.age,
    }


def arrays_of_morph(state: MorphState) -> dict[str, NDArray[Any]]:
    """What arrays hold of it."""
    return prefixed("morph", {name: getattr(state.map, name).contiguous().numpy() for name in _MOST})


def read_morph(told: Fields, arrays: Mapping[str, NDArray[Any]], n_mels: int, n_frames: int) -> MorphState:
    """The state again; `PresetError`, `KeyError` or `ValueError` for what cannot be one."""
    maps = part("morph", arrays)
    checked = {name: _checked(maps, name, most, (n_mels, n_frames)) for name, most in _MOST.items()}
    tensors = {name: torch.from_numpy(array) for name, array in checked.items()}
    shares = ShareState(
        tensors["share"],
        tensors["painted"],
        tensors["activity"],
        tensors["looked"],
        told.integer("age", 0, _LONGEST),
    )
    return MorphState(
        shares,
        ending=told.flag("ending"),
        level=told.number("level", 0, 16),
        wanted=told.number("wanted", 0, 16),
        log_ratio=told.number("log_ratio", -16, 16),
        silent_frames=told.integer("silent_frames", 0, _LONGEST),
    )


def _checked(maps: SavedArrays, name: str, most: float, shape: tuple[int, int]) -> NDArray[np.float32]:
    array = fitted(maps, name, shape)
    if not (np.abs(array) <= most).all() or (most == 1.0 and (array < 0).any()):
        raise ValueError(name)
    return array
