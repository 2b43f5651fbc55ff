"""Cultures that notes have grown for themselves, as JSON and arrays, and back; what is read is checked before use.

Arrays are named `sown.FIELD`. Axes: `V` slots, `B` cultures, `L` slots whose culture was taken, `C` channels, `M` mel
bands, `T` frames of an own culture.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synth.automaton.rules import CHANNELS
from synth.culture.sown import FREE, MOST_SOWN, SOWN_FRAMES, SownState
from synth.instrument.playing.sown_notes import SHARED, SownNotesState
from synth.instrument.voices.notes import MOST_VOICES
from synth.presets.schema import Fields
from synth.saved_arrays import fitted, part, prefixed

_LARGEST_CELL = 100.0
_LARGEST = 2**53


def told_of_sown(state: SownNotesState) -> dict[str, Any]:
    """What JSON holds of it."""
    return {
        "weather_clock": state.cultures.weather_clock,
        "position": state.position,
        "travel": state.travel,
        "due": state.due,
    }


def arrays_of_sown(state: SownNotesState) -> dict[str, NDArray[Any]]:
    """What arrays hold of it."""
    slots = sorted(state.left)
    arrays = {
        "cells": state.cultures.cells.numpy(),
        "number": state.cultures.number,
        "steps": state.cultures.steps,
        "index": state.index,
        "share": state.share,
        "left_slots": np.array(slots, np.int64),
    }
    if slots:
        arrays["left"] = torch.stack([state.left[slot] for slot in slots]).numpy()
    return prefixed("sown", arrays)


def read_sown(told: Fields, arrays: Mapping[str, NDArray[Any]], n_mels: int, n_frames: int) -> SownNotesState:
    """The state again, for a preset of so many mel bands and frames; `PresetError`, `KeyError` or `ValueError` for what
    cannot be one."""
    mine = part("sown", arrays)
    cells = fitted(mine, "cells", (None, n_mels, SOWN_FRAMES, CHANNELS))
    B = len(cells)
    number, steps = (fitted(mine, name, (B,), np.int64) for name in ("number", "steps"))
    index = fitted(mine, "index", (MOST_VOICES,), np.int64)
    share = fitted(mine, "share", (MOST_VOICES,), np.float64)
    slots = fitted(mine, "left_slots", (None,), np.int64)
    left = fitted(mine, "left", (len(slots), n_mels, SOWN_FRAMES)) if len(slots) else np.zeros((0, n_mels, SOWN_FRAMES))
    owned = number[number != FREE]
    sound = (
        B <= MOST_SOWN
        and (np.abs(cells) <= _LARGEST_CELL).all()
        and (np.abs(left) <= _LARGEST_CELL).all()
        and (owned > FREE).all()
        and len(set(owned.tolist())) == len(owned)
        and (steps >= 0).all()
        and ((index >= SHARED) & (index < B)).all()
        and (number[index[index != SHARED]] != FREE).all()
        and ((share >= 0) & (share <= 1)).all()
        and ((slots >= 0) & (slots < MOST_VOICES)).all()
        and len(set(slots.tolist())) == len(slots)
        and (index[slots] == SHARED).all()
    )
    if not sound:
        raise ValueError("sown")
    return SownNotesState(
        SownState(torch.from_numpy(cells), number, steps, told.number("weather_clock", 0, 1e15)),
        index,
        share,
        {slot: torch.from_numpy(grid).float() for slot, grid in zip(slots.tolist(), left, strict=True)},
        told.number("position", 0, n_frames),
        told.number("travel", 0, SOWN_FRAMES),
        told.number("due", 0, 1),
    )
