"""Events as JSON objects and back: for what is pending when a state is saved, and for a log of what was done.

A record is `{"frame": 12, "kind": "touch", …}` with the fields of the event. What is read is checked field by field:
`PresetError` names the one that cannot be used; `UsageError` and `ValueError` are for values that are none.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar, get_args

from synth.automaton.gestures import GESTURE_KINDS, SHAPES, Gesture
from synth.instrument.events import (
    MOST_STEPS,
    BeginMorph,
    ChangePreset,
    ChangeVocoder,
    EndMorph,
    Event,
    Evolve,
    Hand,
    HoldDrone,
    LimitEvolution,
    LoggedEvent,
    PaintShare,
    Play,
    Redo,
    Rescue,
    ReseedAll,
    SetParameter,
    SetRegion,
    SetRoute,
    Stop,
    ThawAll,
    Touch,
    Tune,
    Undo,
)
from synth.instrument.note_events import (
    MOST_BEATS,
    AllNotesOff,
    AllSoundOff,
    ChannelDimension,
    ChannelExpression,
    NoteDimension,
    NoteExpression,
    NoteOff,
    NoteOn,
    SongPosition,
)
from synth.presets.routes import region_of, route_of
from synth.presets.schema import Fields
from synth.presets.tuning import N_KEYS, told_of_tuning, tuning_of

_Word = TypeVar("_Word", bound=str)
_LONGEST_FADE_S = 1e3
_FAR = 1e6
"""Columns, rows and radii of a gesture lie within this; a culture has at most 2048 columns."""

_KINDS: dict[str, type] = {
    "set_parameter": SetParameter,
    "set_route": SetRoute,
    "set_region": SetRegion,
    "touch": Touch,
    "hand": Hand,
    "reseed_all": ReseedAll,
    "thaw_all": ThawAll,
    "undo": Undo,
    "redo": Redo,
    "rescue": Rescue,
    "limit_evolution": LimitEvolution,
    "hold_drone": HoldDrone,
    "tune": Tune,
    "note_on": NoteOn,
    "note_off": NoteOff,
    "note_expression": NoteExpression,
    "channel_expression": ChannelExpression,
    "all_notes_off": AllNotesOff,
    "all_sound_off": AllSoundOff,
    "song_position": SongPosition,
    "evolve": Evolve,
    "play": Play,
    "stop": Stop,
    "change_preset": ChangePreset,
    "change_vocoder": ChangeVocoder,
    "begin_morph": BeginMorph,
    "end_morph": EndMorph,
    "paint_share": PaintShare,
}
_NOTE_DIMENSIONS: tuple[NoteDimension, ...] = get_args(NoteDimension)
_CHANNEL_DIMENSIONS: tuple[ChannelDimension, ...] = get_args(ChannelDimension)
_MOST_SEMITONES = 256.0
"""More than any bend reaches; all other expression lies within −1 … 1."""
_NAMES = {kind: name for name, kind in _KINDS.items()}
_READERS: dict[str, Callable[[Fields], Any]] = {
    "set_parameter": lambda told: SetParameter(told.text("id"), _value(told)),
    "set_route": lambda told: SetRoute(
        told.integer("place", 1, 2**53), None if told.values.get("route") is None else route_of(told.group("route"))
    ),
    "set_region": lambda told: SetRegion(region_of(told, "region")),
    "touch": lambda told: Touch(_gesture(told.group("gesture"))),
    "hand": lambda told: Hand(told.flag("down"), told.number("column", -_FAR, _FAR), _radius(told, "radius_frames")),
    "rescue": lambda told: Rescue(told.text("ailment")),
    "limit_evolution": lambda told: LimitEvolution(told.number("share", 0, 1)),
    "hold_drone": lambda told: HoldDrone(
        told.flag("on"), told.number("fade_s", 0, _LONGEST_FADE_S) if "fade_s" in told.values else 0.0
    ),
    "tune": lambda told: Tune(tuning_of(told.group("tuning"))),
    "note_on": lambda told: NoteOn(
        _note_id(told),
        told.integer("key", 0, N_KEYS - 1),
        told.number("velocity", 0, 1),
        _channel(told),
    ),
    "note_off": lambda told: NoteOff(_note_id(told), told.number("velocity", 0, 1)),
    "note_expression": lambda told: NoteExpression(
        _note_id(told), _one_of(told, "dimension", _NOTE_DIMENSIONS), _expression(told)
    ),
    "channel_expression": lambda told: ChannelExpression(
        _channel(told), _one_of(told, "dimension", _CHANNEL_DIMENSIONS), _expression(told)
    ),
    "all_notes_off": lambda told: AllNotesOff(_channel_or_all(told)),
    "all_sound_off": lambda told: AllSoundOff(_channel_or_all(told)),
    "song_position": lambda told: SongPosition(told.number("beats", -MOST_BEATS, MOST_BEATS), told.flag("runs")),
    "evolve": lambda told: Evolve(told.integer("steps", 1, MOST_STEPS)),
    "change_preset": lambda told: ChangePreset(told.text("preset"), told.text("sha256")),
    "change_vocoder": lambda told: ChangeVocoder(told.text("vocoder"), told.text("reason")),
    "begin_morph": lambda told: BeginMorph(told.text("preset"), told.text("sha256")),
    "paint_share": lambda told: PaintShare(_gesture(told.group("place")), told.flag("second")),
}


def as_record(event: Event | LoggedEvent) -> dict[str, Any]:
    """The event as JSON has it."""
    action = event.action
    told = {"tuning": told_of_tuning(action.tuning)} if isinstance(action, Tune) else asdict(action)
    moment = {"moment": event.share} if event.share else {}
    return {"frame": event.frame, **moment, "kind": _NAMES[type(action)], **told}


def from_record(file: str, record: Mapping[str, Any]) -> LoggedEvent:
    """The event of a record in `file`."""
    told = Fields(file, dict(record), "event.")
    kind = told.text("kind")
    if kind not in _KINDS:
        raise ValueError(kind)
    read = _READERS.get(kind)
    share = told.number("moment", 0, 1) if "moment" in record else 0.0
    return LoggedEvent(told.integer("frame", 0, 2**53), read(told) if read is not None else _KINDS[kind](), share)


def _note_id(told: Fields) -> int:
    return told.integer("note_id", 0, 2**53)


def _expression(told: Fields) -> float:
    most = _MOST_SEMITONES if told.values.get("dimension") == "bend" else 1.0
    return told.number("value", -most, most)


def _channel_or_all(told: Fields) -> int | None:
    return None if told.values.get("channel") is None else _channel(told)


def _channel(told: Fields) -> int:
    return told.integer("channel", 0, 15)


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
        None if told.values.get("loudest_lu") is None else told.number("loudest_lu", 0, 100),
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
