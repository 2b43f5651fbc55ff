"""A culture's state as JSON and arrays, and back; what is read is checked before it is used.

Axes: `C` channels, `M` mel bands, `T` frames.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.culture.culture import CultureState
from synth.presets.model import Preset
from synth.presets.schema import Fields
from synth.saved_arrays import part, prefixed

Arrays = Mapping[str, NDArray[Any]]

_LARGEST = {"state": 100.0, "rest": 1e4, "frozen": 1.0, "fade": 100.0}
"""Cells, frames of rest and shares of ice: no culture is ever near the first two; what is, is damage."""
_LONGEST = 2**53
_SECOND = "second_plate"


def told_of_culture(state: CultureState) -> dict[str, Any]:
    """What JSON holds of it."""
    told = {name: getattr(state, name) for name in ("steps", "weather_clock", "gestures", "grown_at")}
    return told if state.second is None else {**told, _SECOND: told_of_culture(state.second)}


def arrays_of_culture(state: CultureState) -> dict[str, NDArray[Any]]:
    """What arrays hold of it."""
    tensors = {"state": state.state, "rest": state.rest, "frozen": state.frozen}
    arrays: dict[str, NDArray[Any]] = {k: v.float().cpu().contiguous().numpy() for k, v in tensors.items()}
    return arrays if state.second is None else {**arrays, **prefixed(_SECOND, arrays_of_culture(state.second))}


def read_culture(told: Fields, arrays: Arrays, preset: Preset, second: Preset | None = None) -> CultureState:
    """The state again, of the size this preset's culture has, and that of a `second` preset's beside it, where there
    is one; `PresetError`, `KeyError` or `ValueError` for what cannot be one."""
    C, M, T = preset.state.shape
    live = isinstance(preset.rule, LiveRule)
    shapes = {"state": (C, M, T) if live else (2, C, M, T), "rest": (M, T), "frozen": (M, T) if live else (2, M, T)}
    return CultureState(
        **{name: checked_tensor(arrays, name, shape) for name, shape in shapes.items()},
        steps=told.integer("steps", 0, _LONGEST),
        weather_clock=told.number("weather_clock", 0, 1e15),
        gestures=told.integer("gestures", 0, _LONGEST),
        grown_at=told.integer("grown_at", 0, _LONGEST),
        second=None if second is None else read_culture(told.group(_SECOND), part(_SECOND, arrays), second),
    )


def checked_tensor(arrays: Arrays, name: str, shape: tuple[int, ...], kind: str = "") -> Tensor:
    """An array of this shape whose values can be those of its `kind`, which is its name unless it is told."""
    array = arrays[name]
    if array.shape != shape or array.dtype != np.float32 or not (np.abs(array) <= _LARGEST[kind or name]).all():
        raise ValueError(name)
    return torch.from_numpy(array.copy())
