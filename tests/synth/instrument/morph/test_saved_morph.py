"""A morph that is saved at any frame goes on to the bit."""

import json
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from synth.automaton.gestures import Gesture
from synth.instrument.events import (
    Action,
    EndMorph,
    Hand,
    HoldDrone,
    PaintShare,
    SetParameter,
    SetRoute,
    Touch,
    Undo,
)
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import plate_of
from synth.instrument.note_events import NoteOff, NoteOn
from synth.instrument.playing.morphing import leave_morph
from synth.instrument.state import InstrumentState
from synth.presets.model import Preset
from synth.presets.routes import Route
from synth.presets.schema import Fields
from synth.takes.state_record import arrays_of, read_state, told_of
from tests.doubles.siblings import ear, heard, morphing, same, siblings, strangers

SMALL = siblings(n_frames=24)
SMALL_STRANGERS = strangers(n_frames=24)
FRAMES = 40
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(SetParameter, st.just("morph"), st.floats(0, 1)),
    st.builds(SetParameter, st.just("morph_map"), st.integers(0, 5).map(float)),
    st.builds(SetParameter, st.just("tilt_db"), st.floats(-6, 6)),
    st.builds(SetParameter, st.just("note"), st.integers(0, 80).map(float)),
    st.builds(PaintShare, st.builds(Gesture, st.just("paint"), st.floats(0, 24), st.floats(0, 80)), st.booleans()),
    st.builds(Touch, st.builds(Gesture, st.sampled_from(["erase", "noise", "freeze"]), st.floats(0, 24), st.just(30))),
    st.sampled_from([Undo(), Hand(True, 4.0), Hand(False), HoldDrone(False), NoteOff(1), EndMorph()]),
    st.builds(NoteOn, st.integers(1, 3), st.integers(48, 72), st.just(0.8)),
    st.builds(
        SetRoute, st.just(1), st.builds(Route, st.sampled_from(["lfo1", "velocity", "follower"]), st.just("morph"))
    ),
)


def resumed(left: Instrument, pair: tuple[Preset, Preset] = SMALL) -> Instrument:
    """Another instrument that goes on from the state of this one, through JSON and arrays."""
    state = left.state(with_history=True)
    told = Fields("state", json.loads(json.dumps(told_of(state))))
    plate = None if state.morph is None else plate_of(*pair)
    read = replace(read_state(told, arrays_of(state), pair[0], plate), history=state.history)
    made = morphing(pair, ear(), morph=0.4)
    made.process(5)
    if state.morph is None:
        leave_morph(made)
    made.resume(read)
    return made


def same_state(one: InstrumentState, other: InstrumentState) -> bool:
    if not torch.equal(one.culture.state, other.culture.state) or (one.morph is None) != (other.morph is None):
        return False
    plates = one.culture.second, other.culture.second
    if plates[0] is not None and plates[1] is not None and not torch.equal(plates[0].state, plates[1].state):
        return False
    if (plates[0] is None) != (plates[1] is None):
        return False
    if one.morph is None or other.morph is None:
        return True
    maps = [one.morph.map, other.morph.map]
    tensors = [[v for f in fields(m) if isinstance(v := getattr(m, f.name), Tensor)] for m in maps]
    return all(map(torch.equal, *tensors)) and replace(one.morph, map=maps[0]) == replace(other.morph, map=maps[0])


@pytest.mark.parametrize("pair", [SMALL, SMALL_STRANGERS])
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, FRAMES - 1), ACTIONS), max_size=14), st.integers(0, FRAMES - 1))
def test_saved_at_any_frame_of_a_morph_it_goes_on_to_the_bit(
    pair: tuple[Preset, Preset], sent: list[tuple[int, Action]], save_at: int
) -> None:
    with torch.inference_mode():
        left: Instrument = morphing(pair, ear())
        both = [left]
        for frame in range(FRAMES):
            if frame == save_at:
                both.append(resumed(left, pair))
            for when, action in sent:
                if when == frame:
                    for instrument in both:
                        instrument.send(action)
            read = [heard(instrument) for instrument in both]
            assert same(read[0], read[-1]), frame
        assert same_state(both[0].state(), both[-1].state())


@torch.inference_mode()
def test_shares_that_have_settled_go_on_where_they_were_saved() -> None:
    left: Instrument = morphing(SMALL, ear(), morph=0.5)
    left.process(80)
    again = resumed(left)
    for _ in range(3):
        assert same(heard(left), heard(again))
    assert same_state(left.state(), again.state())
