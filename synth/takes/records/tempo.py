"""The state of an instrument's tempo and arpeggiator as JSON, and back; what is read is checked before it is used."""

from dataclasses import asdict
from typing import Any, get_args

from synth.instrument.note_events import MOST_BEATS, NoteDimension
from synth.instrument.parameters.note_lengths import NOTE_LENGTHS
from synth.instrument.tempo.arpeggiator import MOST_KEYS, ArpeggiatorState, MadeNote
from synth.instrument.tempo.beat_clock import BeatClock
from synth.instrument.tempo.patterns import PlayedKey
from synth.presets.schema import Fields

_LARGEST = 2**53
_MOST_SOUNDING = 4 * MOST_KEYS
_FAR = 1000.0
_DIMENSIONS: tuple[NoteDimension, ...] = get_args(NoteDimension)


def told_of_clock(clock: BeatClock) -> dict[str, Any]:
    """What JSON holds of a clock."""
    return asdict(clock)


def read_clock(told: Fields) -> BeatClock:
    """The clock again; `PresetError` for what cannot be one."""
    return BeatClock(
        told.number("per_frame", 1e-6, 1e3),
        told.number("moment", 0, _LARGEST),
        told.number("beats", -MOST_BEATS, MOST_BEATS),
        told.flag("runs"),
    )


def told_of_arpeggiator(state: ArpeggiatorState) -> dict[str, Any]:
    """What JSON holds of an arpeggiator."""
    return asdict(state)


def read_arpeggiator(told: Fields) -> ArpeggiatorState:
    """The state again; `PresetError` or `ValueError` for what cannot be one."""
    beats = told.number("beats", 0, MOST_BEATS)
    if beats not in [length.beats for length in NOTE_LENGTHS]:
        raise ValueError("beats")
    pedals = told.numbers("pedals", None, 0, 15)
    return ArpeggiatorState(
        keys=tuple(_key(entry) for entry in _entries(told, "keys", MOST_KEYS)),
        sounding=tuple(_made(entry) for entry in _entries(told, "sounding", _MOST_SOUNDING)),
        pedals=tuple(sorted({int(channel) for channel in pedals})),
        origin=told.number("origin", -2 * MOST_BEATS, 2 * MOST_BEATS),
        next_step=told.integer("next_step", -_LARGEST, _LARGEST),
        beats=beats,
        on_song=told.flag("on_song"),
        step=told.integer("step", 0, _LARGEST),
        made=told.integer("made", 0, _LARGEST),
    )


def _entries(told: Fields, name: str, most: int) -> list[Fields]:
    entries = told.values.get(name)
    if not isinstance(entries, list) or len(entries) > most or not all(isinstance(e, dict) for e in entries):
        raise ValueError(name)
    return [Fields(told.file, entry, f"{told.prefix}{name}.") for entry in entries]


def _key(entry: Fields) -> PlayedKey:
    said = entry.values.get("expression")
    if not isinstance(said, list) or len(said) > len(_DIMENSIONS):
        raise ValueError("expression")
    return PlayedKey(
        entry.integer("note_id", 0, _LARGEST),
        entry.integer("key", 0, 127),
        entry.number("velocity", 0, 1),
        entry.integer("channel", 0, 15),
        entry.flag("down"),
        tuple(_said(pair) for pair in said),
    )


def _said(pair: object) -> tuple[NoteDimension, float]:
    match pair:
        case [str(name), int() | float() as value] if abs(value) <= _FAR:
            return next(known for known in _DIMENSIONS if known == name), float(value)
    raise ValueError("expression")


def _made(entry: Fields) -> MadeNote:
    return MadeNote(
        entry.integer("note_id", 0, _LARGEST),
        entry.integer("of_id", 0, _LARGEST),
        entry.integer("channel", 0, 15),
        entry.number("until", -2 * MOST_BEATS, 2 * MOST_BEATS),
    )
