"""Events as JSON objects and back: for what is pending when a state is saved, and for a log of what was done.

A record is `{"frame": 12, "kind": "touch", …}` with the fields of the event. What is read is checked field by field:
`PresetError` names the one that cannot be used; `UsageError` and `ValueError` are for values that are none.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from synth.automaton.gestures import GESTURE_KINDS, SHAPES, Gesture
from synth.instrument.events import (
    ChangePreset,
    ChangeVocoder,
    Event,
    Hand,
    LimitEvolution,
    LoggedEvent,
    Play,
    Redo,
    Rescue,
    ReseedAll,
    SetParameter,
    Stop,
    ThawAll,
    Touch,
    Undo,
)
from synth.presets.schema import Fields

_Word = TypeVar("_Word", bound=str)
_FAR = 1e6
"""Columns, rows and radii of a gesture lie within this; a culture has at most 2048 columns."""

_KINDS: dict[str, type] = {
    "set_parameter": SetParameter,
    "touch": Touch,
    "hand": Hand,
    "reseed_all": ReseedAll,
    "thaw_all": ThawAll,
    "undo": Undo,
    "redo": Redo,
    "rescue": Rescue,
    "limit_evolution": LimitEvolution,
    "play": Play,
    "stop": Stop,
    "change_preset": ChangePreset,
    "change_vocoder": ChangeVocoder,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_READERS: dict[str, Callable[[Fields], Any]] = {
    "set_parameter": lambda told: SetParameter(told.text("id"), _value(told)),
    "touch": lambda told: Touch(_gesture(told.group("gesture"))),
    "hand": lambda told: Hand(told.flag("down"), told.number("column", -_FAR, _FAR), _radius(told, "radius_frames")),
    "rescue": lambda told: Rescue(told.text("ailment")),
    "limit_evolution": lambda told: LimitEvolution(told.number("share", 0, 1)),
    "change_preset": lambda told: ChangePreset(told.text("preset"), told.text("sha256")),
    "change_vocoder": lambda told: ChangeVocoder(told.text("vocoder"), told.text("reason")),
}


def as_record(event: Event | LoggedEvent) -> dict[str, Any]:
    """The event as JSON has it."""
    return {"frame": event.frame, "kind": _NAMES[type(event.action)], **asdict(event.action)}


def from_record(file: str, record: Mapping[str, Any]) -> LoggedEvent:
    """The event of a record in `file`."""
    told = Fields(file, dict(record), "event.")
    kind = told.text("kind")
    if kind not in _KINDS:
        raise ValueError(kind)
    read = _READERS.get(kind)
    return LoggedEvent(told.integer("frame", 0, 2**53), read(told) if read is not None else _KINDS[kind]())


def _value(told: Fields) -> float:
    value = told.values.get("value")
    return value if isinstance(value, bool) else told.number("value", -1e12, 1e12)


def _gesture(told: Fields) -> Gesture:
    return Gesture(
        _one_of(told, "kind", GESTURE_KINDS),
        told.number("column", -_FAR, _FAR),
        told.number("row", -_FAR, _FAR),
        _radius(told, "radius_frames"),
        _radius(told, "radius_rows"),
        told.number("strength", 0, 1),
        _one_of(told, "shape", SHAPES),
    )


def _one_of(told: Fields, name: str, known: tuple[_Word, ...]) -> _Word:
    """`ValueError` when it is none of them."""
    text = told.text(name)
    for word in known:
        if word == text:
            return word
    raise ValueError(text)


def _radius(told: Fields, name: str) -> float:
    return told.number(name, 1e-6, _FAR)
