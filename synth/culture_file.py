"""The culture as it was when the window was closed: its whole memory, so that its life goes on at the next start.

About 1 MB, written whole or not at all. It belongs to one preset, known by the bytes of its file: a preset that has
changed since starts afresh. Axes: `M` mel bands, `T` frames.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from synth.culture import CultureState
from synth.instrument import Instrument
from synth.stored import write_bytes_whole

_KEY = "petrichord-culture"
_MOST_BYTES = 16 * 2**20
_MOST_STEPS = 10**12
_TENSORS = {"state": 100.0, "rest": 1e6, "frozen": 1.0}
"""With the largest magnitude a culture can have there; what is above it is damage."""


@dataclass(frozen=True)
class SavedCulture:
    """A culture's memory and where it was being read."""

    state: CultureState
    playhead: float
    """In frames."""


def culture_path() -> Path:
    """The file of the last culture; need not exist."""
    return Path(platformdirs.user_state_dir("petrichord", appauthor=False)) / "culture.safetensors"


def save_culture(saved: SavedCulture, preset: Path, path: Path) -> None:
    """Keep this culture of the preset in that file; `OSError` when either cannot be."""
    state = saved.state
    numbers = {
        "preset": _checksum(preset),
        "steps": state.steps,
        "weather_clock": state.weather_clock,
        "gestures": state.gestures,
        "grown_at": state.grown_at,
        "playhead": saved.playhead,
    }
    tensors = {name: getattr(state, name).detach().cpu().contiguous().clone() for name in _TENSORS}
    write_bytes_whole(path, save_tensors(tensors, {_KEY: json.dumps(numbers)}))


def load_culture(preset: Path, path: Path) -> SavedCulture | None:
    """The culture kept for this very preset, or None: there is none, it is another's, or the file is damaged."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        raw = path.read_bytes()
        length = int.from_bytes(raw[:8], "little")
        numbers = json.loads(json.loads(raw[8 : 8 + length])["__metadata__"][_KEY])
        if numbers["preset"] != _checksum(preset):
            return None
        tensors = load_tensors(raw)
        steps, gestures, grown_at = (_count(numbers[name]) for name in ("steps", "gestures", "grown_at"))
        clock, playhead = (_position(numbers[name]) for name in ("weather_clock", "playhead"))
        state, rest, frozen = (_sound(tensors[name], largest) for name, largest in _TENSORS.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError):
        return None
    return SavedCulture(CultureState(state, rest, frozen, steps, clock, gestures, grown_at), playhead)


def bring_back(instrument: Instrument, saved: SavedCulture) -> bool:
    """Let an instrument that is not playing yet go on from there; False when it is another kind of culture."""
    culture = instrument.culture
    with torch.no_grad():
        before = culture.save()
        fits = all(
            getattr(saved.state, name).shape == getattr(before, name).shape
            and getattr(saved.state, name).dtype == getattr(before, name).dtype
            for name in _TENSORS
        )
        if not fits:
            return False
        culture.restore(saved.state)
        if culture.ailment():
            culture.restore(before)
            return False
        instrument.playhead.jump(saved.playhead)
        instrument.warm_up()
    return True


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_STEPS:
        raise ValueError(value)
    return value


def _position(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_STEPS:
        raise ValueError(value)
    return float(value)


def _sound(tensor: Tensor, largest: float) -> Tensor:
    if not tensor.is_floating_point() or not bool((tensor.abs() <= largest).all()):
        raise ValueError("not a culture's")
    return tensor
