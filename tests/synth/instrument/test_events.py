"""A log of events is complete: done again, they give the same sound; written as JSON, they come back."""

import json
from dataclasses import asdict, fields
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.automaton.gestures import GESTURE_KINDS, SHAPES, Gesture
from synth.errors import PetrichordError
from synth.instrument import event_records
from synth.instrument.event_records import as_record, from_record
from synth.instrument.events import (
    Action,
    AnyAction,
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
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.modulation.routes import CURVES, POLARITIES, Region, Route
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.modulation.targets import modulatable
from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteExpression,
    NoteOff,
    NoteOn,
    SongPosition,
)
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.tuning import Tuning
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset

PLACES = st.floats(-300, 300)
RADII = st.floats(0.5, 60)
GESTURES = st.builds(
    Gesture, st.sampled_from(GESTURE_KINDS), PLACES, PLACES, RADII, RADII, st.floats(0, 1), st.sampled_from(SHAPES)
)
PARAMETER_EVENTS = st.builds(
    lambda p, share: SetParameter(p.id, p.from_normalised(share)),
    st.sampled_from(list(PARAMETERS.values())),
    st.floats(0, 1),
)
IDS, CHANNELS = st.integers(0, 6), st.integers(0, 15)
UNIT = st.floats(0, 1)
NOTE_EVENTS: st.SearchStrategy[Action] = st.one_of(
    st.builds(NoteOn, IDS, st.integers(0, 127), st.floats(0.01, 1), CHANNELS),
    st.builds(NoteOff, IDS, UNIT),
    st.builds(NoteExpression, IDS, st.just("bend"), st.floats(-48, 48)),
    st.builds(NoteExpression, IDS, st.sampled_from(["pressure", "timbre"]), UNIT),
    st.builds(ChannelExpression, CHANNELS, st.just("bend"), st.floats(-48, 48)),
    st.builds(ChannelExpression, CHANNELS, st.sampled_from(["volume", "pan", "sustain", "sostenuto", "soft"]), UNIT),
    st.builds(AllNotesOff, st.none() | CHANNELS),
    st.builds(AllSoundOff, st.none() | CHANNELS),
    st.builds(HoldDrone, st.booleans(), st.floats(0, 30)),
    st.builds(SongPosition, st.floats(-1e5, 1e5), st.booleans()),
)
ROUTES = st.builds(
    Route,
    st.sampled_from([*SOURCES, "a source to come"]),
    st.sampled_from([*(row.id for row in modulatable()), "a_control_to_come", "latch"]),
    st.floats(-1, 1),
    st.sampled_from([*POLARITIES, "a polarity to come"]),
    st.sampled_from([*CURVES, "a curve to come"]),
    st.booleans(),
)
SIDES = st.tuples(UNIT, UNIT, UNIT, UNIT).filter(lambda s: s[0] != s[1] and s[2] < s[3])
REGIONS = SIDES.map(lambda sides: Region(*sides))
INSTRUMENT_EVENTS: st.SearchStrategy[Action] = st.one_of(
    NOTE_EVENTS,
    PARAMETER_EVENTS,
    st.builds(SetRoute, st.integers(1, 32), st.none() | ROUTES),
    st.builds(SetRegion, REGIONS),
    st.builds(Touch, GESTURES),
    st.builds(Hand, st.booleans(), PLACES, RADII),
    st.sampled_from([ReseedAll(), ThawAll(), Undo(), Redo(), Rescue("dead")]),
    st.builds(LimitEvolution, st.floats(0, 1)),
    st.builds(Evolve, st.integers(1, 3)),
)
WORDS = st.text(max_size=40)
ANY_EVENTS: st.SearchStrategy[AnyAction] = st.one_of(
    INSTRUMENT_EVENTS,
    st.sampled_from([Play(), Stop()]),
    st.builds(ChangePreset, WORDS, WORDS),
    st.builds(ChangeVocoder, WORDS, WORDS),
    st.builds(BeginMorph, WORDS, WORDS),
    st.just(EndMorph()),
    st.builds(PaintShare, GESTURES, st.booleans()),
    st.builds(lambda name, lowest_hz: Tune(Tuning(name, (lowest_hz,) * 64 + (880.0,) * 64)), WORDS, st.floats(8, 800)),
)
PRESET = live_preset()


@given(st.integers(0, 2**40), ANY_EVENTS, st.floats(0, 1, exclude_max=True))
def test_every_event_comes_back_from_json(frame: int, action: AnyAction, share: float) -> None:
    event = LoggedEvent(frame, action, share)
    assert from_record("log", json.loads(json.dumps(as_record(event)))) == event


def test_every_kind_of_event_can_be_logged_and_is_read_with_its_fields() -> None:
    kinds = event_records._KINDS
    assert len(get_args(AnyAction)) > 20
    assert set(kinds.values()) == set(get_args(AnyAction))
    assert event_records._READERS.keys() == {name for name, kind in kinds.items() if fields(kind)}


@pytest.mark.parametrize(
    "harm",
    [
        {"kind": "explode"}, {"kind": 3}, {"frame": -1}, {"frame": 0.5}, {"gesture": 3}, {"gesture": {"kind": "bite"}},
        {"gesture": {"column": float("nan")}}, {"gesture": {"radius_rows": 0}}, {"gesture": {"strength": 2}},
        {"kind": "set_parameter", "id": "colour", "value": 1.0}, {"kind": "set_parameter", "id": "width", "value": 7.0},
        {"kind": "set_parameter", "id": "width", "value": "wide"}, {"kind": "limit_evolution", "share": 2.0},
        {"kind": "hand", "down": 1}, {"kind": "note_on", "note_id": 1, "key": 128, "velocity": 1.0, "channel": 0},
        {"kind": "note_on", "note_id": -1, "key": 1, "velocity": 1.0, "channel": 0}, {"kind": "hold_drone", "on": 1},
        {"kind": "note_expression", "note_id": 1, "dimension": "smell", "value": 0.0},
        {"kind": "channel_expression", "channel": 0, "dimension": "pan", "value": 7.0},
        {"kind": "all_notes_off", "channel": 16}, {"kind": "tune", "tuning": {"name": "x", "key_hz": [440.0]}},
        {"kind": "tune", "tuning": {"name": "x", "key_hz": [-1.0] * 128}}, {"kind": "undo", "moment": 2.0},
        {"kind": "set_route", "place": 0, "route": None}, {"kind": "set_route", "place": 33, "route": None},
        {"kind": "set_route", "place": 1, "route": {"source": "lfo1", "parameter": "width", "depth": 1.5}},
        {"kind": "set_route", "place": 1, "route": {"source": 1, "parameter": "width", "depth": 0.5}},
        {"kind": "set_region", "region": {"left": 0.5, "right": 0.5, "low": 0.0, "high": 1.0}},
        {"kind": "set_region", "region": {"left": 0.0, "right": 0.5, "low": 0.0, "high": 2.0}},
        {"kind": "song_position", "beats": 1e10, "runs": True}, {"kind": "song_position", "beats": 0.0, "runs": 1},
        {"kind": "evolve", "steps": 0}, {"kind": "evolve", "steps": 10**6},
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(harm: dict[str, object]) -> None:
    whole = as_record(Event(3, Touch(Gesture("erase", 1, 2))))
    from_record("log", whole)
    inner = harm.get("gesture")
    record = {**whole, **harm}
    if isinstance(inner, dict):
        record["gesture"] = {**asdict(Gesture("erase", 1, 2)), **inner}
    with pytest.raises((PetrichordError, ValueError)):
        from_record("log", record)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 11), INSTRUMENT_EVENTS), max_size=14), st.integers(1, 5))
def test_what_was_logged_and_is_done_again_sounds_the_same(sent: list[tuple[int, Action]], block: int) -> None:
    """Sent between blocks as the engine sends, and paced by the agenda; done again by frame, in one block."""
    log: list[LoggedEvent] = []
    played, again = (Instrument(PRESET, SpectralVocoder(PRESET.mel), 44100, setup=Setup(seed=3)) for _ in range(2))
    played.listener = log.append
    parts = []
    with torch.inference_mode():
        for start in range(0, 24, block):
            for when, action in sent:
                if start <= when < start + block:
                    # The engine's own come between frames, past the queue.
                    (played.do if isinstance(action, Rescue | LimitEvolution | Evolve) else played.send)(action)
            parts.append(played.process(min(block, 24 - start)))
        replayed = [Event(e.frame, e.action) for e in log if not isinstance(e.action, ANY_BUT_INSTRUMENT)]
        assert len(replayed) == len(log)
        again.schedule(replayed)
        sound = again.process(24)
    assert np.array_equal(np.concatenate(parts, axis=1), sound)


ANY_BUT_INSTRUMENT = (Play, Stop, ChangePreset, ChangeVocoder)


def test_a_culture_that_is_rescued_says_so_in_the_log() -> None:
    instrument, log = Instrument(PRESET, SpectralVocoder(PRESET.mel), 44100), list[LoggedEvent]()
    instrument.listener = log.append
    instrument.process(3)
    instrument.culture.cells()[0, 3, 3] = float("nan")
    assert instrument.rescue() == "not finite"
    assert log == [LoggedEvent(3, Rescue("not finite"))]
    assert instrument.culture.ailment() == ""
    assert instrument.rescues == 1
