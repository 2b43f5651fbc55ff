"""The state of an instrument's voices as JSON and arrays, and back; what is read is checked before it is used.

Arrays are named `voices.PART.FIELD`, as the fields of `BankState`. Axes: `V` slots, `Q` channels.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.instrument.voices.allocator import AllocatorState, HeldNote, Phase
from synth.instrument.voices.bank_frame import BankState
from synth.instrument.voices.expression import NoteValues
from synth.instrument.voices.notes import Note
from synth.presets.schema import Fields

Arrays = Mapping[str, NDArray[Any]]
_Part = TypeVar("_Part")

_FAR = 1e9
"""Seconds, semitones, frames and gains of a voice lie within this; only a moment that never came is beyond."""
_LARGEST_ID = 2**53
_MOST_NOTES = 1024
_PREFIX = "voices."
_LATER_PARTS = ("envelope2", "lfo")
"""What takes did not have before there was modulation: voices begin it anew."""


def arrays_of_voices(state: BankState) -> dict[str, NDArray[Any]]:
    """Every array of the state, by name."""
    arrays = {_PREFIX + "detune": state.detune}
    for part in fields(state):
        inner = getattr(state, part.name)
        if is_dataclass(inner):
            arrays |= {f"{_PREFIX}{part.name}.{name}": value for name, value in _arrays(inner).items()}
    return arrays


def told_of_voices(state: BankState) -> dict[str, Any]:
    """What is no array: notes that are held, notes' own expression, counters."""
    held = [{**vars(h.note), "key_down": h.key_down, "sostenuto": h.sostenuto} for h in state.allocator.held]
    notes = [{"note_id": note_id, **vars(values)} for note_id, values in state.expression.notes.items()]
    last = None if math.isnan(state.glide.last) else state.glide.last
    return {"held": held, "expression": notes, "count": state.allocator.count, "last_pitch": last}


def read_voices(told: Fields, arrays: Arrays) -> BankState:
    """The state again; `PresetError` or `ValueError` for what cannot be one."""
    blank = BankState()
    parts: dict[str, Any] = {
        part.name: _read(getattr(blank, part.name), f"{_PREFIX}{part.name}.", arrays)
        for part in fields(blank)
        if is_dataclass(getattr(blank, part.name)) and not _is_missing(part.name, arrays)
    }
    state = replace(blank, **parts, detune=_like(blank.detune, arrays[_PREFIX + "detune"], "detune"))
    state.allocator.held = tuple(_held(entry) for entry in _entries(told, "held"))
    state.allocator.count = told.integer("count", 0, _LARGEST_ID)
    state.expression.notes = dict(_values(entry) for entry in _entries(told, "expression"))
    last = told.values.get("last_pitch")
    state.glide.last = math.nan if last is None else told.number("last_pitch", -1000, 1000)
    _check(state.allocator, state.expression.channel)
    return state


def _is_missing(part: str, arrays: Arrays) -> bool:
    return part in _LATER_PARTS and not any(name.startswith(f"{_PREFIX}{part}.") for name in arrays)


def _arrays(part: Any) -> dict[str, NDArray[Any]]:
    named = {f.name: getattr(part, f.name) for f in fields(part)}
    return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}


def _read(blank: _Part, prefix: str, arrays: Arrays) -> _Part:
    read = {name: _like(value, arrays[prefix + name], prefix + name) for name, value in _arrays(blank).items()}
    return replace(blank, **read)  # type: ignore[type-var]


def _like(blank: NDArray[Any], array: NDArray[Any], name: str) -> NDArray[Any]:
    """A copy of `array` when it could stand in this place."""
    if array.shape != blank.shape or array.dtype != blank.dtype:
        raise ValueError(name)
    if array.dtype.kind == "f" and not ((np.abs(array) <= _FAR) | (np.isneginf(array) & np.isneginf(blank))).all():
        raise ValueError(name)
    return array.copy()


def _check(allocator: AllocatorState, channels: NDArray[np.int64]) -> None:
    """What is used as an index must be one."""
    bounds = (
        (allocator.phase, Phase.FREE, Phase.HELD),
        (allocator.key, 0, 127),
        (allocator.channel, 0, 15),
        (channels, 0, 15),
        (allocator.note_id, -1, _LARGEST_ID),
    )
    for values, low, high in bounds:
        if not ((values >= low) & (values <= high)).all():
            raise ValueError("voices")


def _entries(told: Fields, name: str) -> list[Fields]:
    entries = told.values.get(name)
    if not isinstance(entries, list) or len(entries) > _MOST_NOTES or not all(isinstance(e, dict) for e in entries):
        raise ValueError(name)
    return [Fields(told.file, entry, f"{told.prefix}{name}.") for entry in entries]


def _held(entry: Fields) -> HeldNote:
    note = Note(
        entry.integer("note_id", 0, _LARGEST_ID),
        entry.integer("key", 0, 127),
        entry.number("velocity", 0, 1),
        entry.integer("channel", 0, 15),
        entry.flag("soft"),
    )
    return HeldNote(note, entry.flag("key_down"), entry.flag("sostenuto"))


def _values(entry: Fields) -> tuple[int, NoteValues]:
    values = NoteValues(
        entry.number("bend", -1000, 1000), entry.number("pressure", -1, 1), entry.number("timbre", -1, 1)
    )
    return entry.integer("note_id", 0, _LARGEST_ID), values
