"""Companions of schema 1, before the state of an instrument was whole, and 2, before takes were performances."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.instrument.parameters.values import readable
from synth.presets.schema import Fields

_HAND_RADIUS = 22.0


def from_schema_1(told: Fields, arrays: Mapping[str, NDArray[Any]]) -> tuple[Fields, dict[str, NDArray[Any]]]:
    """The same as schema 2 has it; neither argument is changed.

    The hand counts as lifted, nothing is pending, no undo fades and no vocoder changes; the tilt stands where its
    control does. The playhead has no past.
    """
    position = told.number("playhead", 0, 2048)
    width = told.number("width", 0, 1)
    added = {
        "frame": 0,
        "evolution_limit": 1.0,
        "tilt_db": readable(told.mapping("controls"))["tilt_db"],
        "stroke": False,
        "pending": [],
        "fade_frame": None,
        "change": None,
    }
    way = np.array([[position, width, 0.0, 0.0, 0.0, 0.0, 0.0, _HAND_RADIUS]])
    return Fields(told.file, {**told.values, **added}, told.prefix), {**arrays, "way": way}


def from_schema_2(told: Fields) -> Fields:
    """The same as schema 3 has it: how the culture was computed was not kept, nor the vocoder's sound."""
    return Fields(told.file, {**told.values, "precision": None, "device": None}, told.prefix)
