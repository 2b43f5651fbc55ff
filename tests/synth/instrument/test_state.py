"""An instrument saved at any frame, in the middle of anything, and gone on from reads the same columns."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from synth.automaton.gestures import Gesture
from synth.instrument.events import (
    Action,
    Event,
    Hand,
    HoldDrone,
    LimitEvolution,
    Rescue,
    SetParameter,
    SetRegion,
    SetRoute,
    Touch,
    Tune,
    Undo,
)
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.modulation.routes import Region, Route
from synth.instrument.note_events import ChannelExpression, NoteExpression, NoteOff, NoteOn, SongPosition
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.state import InstrumentState
from synth.instrument.tuning import Tuning
from synth.presets.model import Preset
from synth.presets.schema import Fields
from synth.takes.companion import load_beginning
from synth.takes.state_record import arrays_of, read_state, told_of
from synth.vocoder.contract import VoiceFrames
from tests.doubles.instruments import Echo
from tests.doubles.samples import notebook_preset
from tests.synth.instrument.test_events import GESTURES, INSTRUMENT_EVENTS

RATE, N = 44100, 110
COMPANIONS = Path(__file__).parents[2] / "data" / "companions"
TINY = load_beginning(COMPANIONS / "schema_1.petrichord.safetensors").preset
NOTEBOOK = notebook_preset(n_frames=20)
for weights in NOTEBOOK.rule.parameters():
    # The untrained rule of the double runs away within 40 steps.
    weights.mul_(0.3)
DELAYS = (0, 3000, 8800)
"""Samples: none, half as long as and longer than a vocoder change's own fade reaches back."""

Heard = tuple[tuple[Tensor, ...], float]


class Ear(Echo):
    """A vocoder that keeps what it is given."""

    max_voices = 6
    last: Heard | None = None

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        assert len(voices.slots) <= self.max_voices
        slots = torch.tensor(voices.slots)
        self.last = (voices.columns.clone(), voices.pitch_ratio.clone(), voices.gain.clone(), slots), spread
        return super().process_voices(voices, spread)


def ready_ear(preset: Preset, delay_samples: int) -> Ear:
    ear = Ear(preset.mel, delay_samples)
    ear.prepare(preset, RATE, n_heads=2)
    return ear


def made(preset: Preset, delay_samples: int = 0, seed: int = 9) -> Instrument:
    return Instrument(preset, Ear(preset.mel, delay_samples), RATE, setup=Setup(seed=seed))


def next_frame(instrument: Instrument) -> Heard:
    """What the vocoder that stays is given for the next frame."""
    ear = instrument.vocoder
    instrument.process(1)
    assert isinstance(ear, Ear)
    assert ear.last is not None
    return ear.last


def written_and_read(state: InstrumentState, preset: Preset) -> InstrumentState:
    """The state through JSON and arrays, as a companion keeps it; what it leaves out is put back."""
    told = Fields("state", json.loads(json.dumps(told_of(state))))
    return replace(read_state(told, arrays_of(state), preset), history=state.history)


def do(instrument: Instrument, action: Action | int) -> None:
    """A number is the delay of a vocoder to change to; what the engine does is done past the queue."""
    if isinstance(action, int):
        instrument.change_vocoder(ready_ear(instrument.preset, action))
    elif isinstance(action, Rescue | LimitEvolution):
        instrument.do(action)
    else:
        instrument.send(action)


def assert_goes_on(
    preset: Preset, sent: Sequence[tuple[int, Action | int]], scheduled: Sequence[Event], save_at: int, n: int = N
) -> None:
    left, resumed = made(preset, DELAYS[0]), None
    left.schedule(scheduled)
    for frame in range(n):
        if frame == save_at:
            state = written_and_read(left.state(with_history=True), preset)
            ear = left.vocoder
            assert isinstance(ear, Ear)
            resumed = made(preset, ear.delay_samples)
            # Whatever it did before is forgotten.
            resumed.send(Touch(Gesture("noise", 3, 3)))
            resumed.send(Hand(True, 7))
            resumed.process(3)
            resumed.resume(state)
            if isinstance(left.vocoders.waiting, Ear):
                resumed.change_vocoder(ready_ear(preset, left.vocoders.waiting.delay_samples))
        for when, action in sent:
            if when == frame:
                for instrument in filter(None, (left, resumed)):
                    do(instrument, action)
        expected = next_frame(left)
        if resumed is not None:
            found = next_frame(resumed)
            for mine, theirs in zip(found[0], expected[0], strict=True):
                assert torch.equal(mine, theirs), f"frame {frame}, saved at {save_at}"
            assert found[1] == expected[1]
    assert resumed is not None
    assert torch.equal(resumed.culture.cells(), left.culture.cells())
    assert resumed.state().place == left.state().place
    assert (resumed.clock, resumed.beats) == (left.clock, left.beats)
    assert resumed.arpeggiator.state == left.arpeggiator.state
    assert (resumed.frame, resumed.history.undos, resumed.history.redos) == (
        left.frame, left.history.undos, left.history.redos,
    )  # fmt: skip


SENT = st.lists(
    st.tuples(
        st.integers(0, N - 1),
        st.one_of(INSTRUMENT_EVENTS, st.builds(Touch, GESTURES), st.just(Undo()), st.sampled_from(DELAYS)),
    ),
    max_size=25,
)
SCHEDULED = st.lists(
    st.builds(Event, st.integers(0, N - 1), INSTRUMENT_EVENTS, st.floats(0, 1, exclude_max=True)), max_size=10
)


@pytest.mark.parametrize("rule", ["live", "notebook"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sent=SENT, scheduled=SCHEDULED, save_at=st.integers(0, N - 1))
def test_saved_at_any_frame_in_the_middle_of_anything(
    rule: str, sent: list[tuple[int, Action | int]], scheduled: list[Event], save_at: int
) -> None:
    with torch.inference_mode():
        assert_goes_on({"live": TINY, "notebook": NOTEBOOK}[rule], sent, scheduled, save_at)


WEB = [
    ("lfo1", "tilt_db"), ("lfo1", "lfo1_hz"), ("lfo2", "lfo1_hz"), ("lfo3", "weather_depth"), ("macro1", "width"),
    ("culture_activity", "steps_per_frame"), ("culture_strength", "lfo2_hz"), ("follower", "playhead_speed"),
    ("velocity", "attack_s"), ("envelope2", "fine_cents"), ("envelope2", "weather_speed"), ("random", "voice_pan"),
    ("key", "unison_detune_cents"), ("lfo2", "voice_level_db"), ("pressure", "volume_db"), ("bend", "sustain"),
    ("random", "voice_place"), ("velocity", "glide_s"), ("lfo1", "envelope2_decay_s"), ("macro1", "growth"),
]  # fmt: skip
"""Sources and parameters: of all kinds, and in circles."""
MIDDLES: dict[str, list[tuple[int, Action | int]]] = {
    "tilt": [(20, SetParameter("tilt_db", 6.0))],
    "width": [(20, SetParameter("width", 0.0))],
    "pitch": [(20, SetParameter("note", 76)), (22, SetParameter("fine_cents", -50))],
    "hand": [(15, Hand(True, 20.0, 4.0)), (24, Hand(True, 3.0, 9.0)), (40, Hand(False))],
    "hand that is not followed": [(10, SetParameter("follow_hand", False)), (15, Hand(True, 20.0, 4.0))],
    "wound": [(15, Touch(Gesture("erase", 4, 4, 5, 5)))],
    "stroke": [
        (15, Hand(True, 4)), (16, Touch(Gesture("erase", 4, 4))), (30, Touch(Gesture("paint", 9, 4))), (40, Undo()),
    ],
    "undo": [(10, Touch(Gesture("erase", 4, 4, 9, 9))), (20, Undo())],
    "vocoder that looks further ahead": [(12, 8800), (14, SetParameter("playhead_speed", -1.5))],
    "vocoder that looks less far ahead": [
        (2, 8800), (80, 0), (82, SetParameter("playhead_speed", -1.5)), (84, Hand(True, 9)),
    ],
    "slow culture": [(11, SetParameter("steps_per_frame", 0.37)), (18, LimitEvolution(0.3))],
    "tempo": [(12, SetParameter("tempo_bpm", 71.3)), (30, SetParameter("tempo_bpm", 200.0))],
    "arpeggio": [
        (11, SetParameter("arp_on", True)), (11, SetParameter("tempo_bpm", 290.0)), (11, SetParameter("arp_mode", 4.0)),
        (12, NoteOn(1, 60, 0.7)), (12, NoteOn(2, 67, 0.4, 1)), (12, NoteExpression(2, "bend", 1.5)),
        (13, ChannelExpression(1, "sustain", 1.0)), (14, NoteOff(2)), (30, SongPosition(7.3, runs=True)),
        (40, SetParameter("arp_rate", 1.0)), (60, ChannelExpression(1, "sustain", 0.0)),
    ],
    "frozen": [(20, SetParameter("frozen", True)), (50, SetParameter("frozen", False))],
    "notes and their ends": [
        (12, NoteOn(1, 60, 0.7)), (13, NoteOn(2, 64, 0.4, 1)), (15, NoteExpression(2, "bend", 1.5)), (20, NoteOff(1)),
    ],
    "notes that a pedal holds": [
        (12, NoteOn(1, 60, 0.7)), (13, ChannelExpression(0, "sustain", 1.0)), (14, NoteOff(1)),
        (40, ChannelExpression(0, "sustain", 0.0)),
    ],
    "glide and unison": [
        (11, SetParameter("voice_mode", 2)), (11, SetParameter("glide_s", 0.5)), (11, SetParameter("unison", 3)),
        (12, NoteOn(1, 60, 0.7)), (16, NoteOn(2, 72, 0.7)), (40, NoteOff(2)),
    ],
    "notes that grow": [
        (10, SetParameter("growth", 0.7)), (10, SetParameter("steps_per_frame", 1.6)), (11, SetParameter("unison", 2)),
        (12, NoteOn(1, 60, 0.7)),
        (13, NoteOn(2, 64, 0.4, 1)), (40, NoteOff(1)), (50, NoteOn(3, 67, 0.5)),
    ],
    "a culture that is taken": [
        (2, SetParameter("growth", 1.0)), (3, SetParameter("growth_limit", 1.0)), (4, NoteOn(1, 60, 0.7)),
        (20, NoteOn(2, 64, 0.4)), (40, LimitEvolution(0.0)), (60, LimitEvolution(1.0)), (62, NoteOn(3, 64, 0.4)),
    ],
    "drone and tuning": [
        (12, HoldDrone(False)), (12, Tune(Tuning("odd", (math.nan, *(300.0 + i for i in range(127)))))),
        (14, NoteOn(1, 60, 1.0)), (15, NoteOn(2, 0, 1.0)), (40, HoldDrone(True)), (50, HoldDrone(False, 0.3)),
    ],
    "routes of everything": [
        (10, SetParameter("lfo1_shape", 5.0)), (10, SetParameter("lfo1_hz", 7.0)), (10, SetParameter("lfo2_run", 1.0)),
        (10, SetParameter("lfo2_shape", 4.0)), (10, SetParameter("lfo3_sync", 1.0)), (10, SetRegion(Region(0.7, 0.4))),
        *((11, SetRoute(1 + i, Route(source, target, 0.4, "bipolar"))) for i, (source, target) in enumerate(WEB)),
        (12, NoteOn(1, 60, 0.7)), (13, SetParameter("macro1", 0.8)), (13, Touch(Gesture("erase", 4, 4, 9, 9))),
        (14, NoteOn(2, 67, 0.4)), (15, NoteExpression(2, "bend", 1.5)), (20, NoteOff(1)), (30, NoteOn(3, 40, 1.0)),
        (40, SetRoute(2, None)),
    ],
    "quick stroke": [(20, Touch(Gesture("noise", column, 5, 12, 8))) for column in range(8)],
}  # fmt: skip


@pytest.mark.parametrize("which", ["first", "last"])
@pytest.mark.parametrize("what", MIDDLES)
def test_saved_soon_after_the_first_or_the_last_thing_that_was_done(what: str, which: str) -> None:
    """The frames a random test may miss: just after each thing that takes its time."""
    last = max(when for when, _ in MIDDLES[what])
    first = last if "less far" in what else min(when for when, _ in MIDDLES[what] if when >= 10)
    save_at = first + 1 if which == "first" else last + 4
    with torch.inference_mode():
        assert_goes_on(TINY, MIDDLES[what], [], save_at, min(N, max(last, save_at) + 30))


def test_what_was_saved_does_not_change_while_the_instrument_goes_on() -> None:
    left = made(TINY)
    left.send(Touch(Gesture("erase", 4, 4)))
    left.send(SetParameter("tilt_db", 3.0))
    left.process(5)
    left.send(Undo())
    left.process(1)
    state = left.state(with_history=True)
    before = json.dumps(told_of(state)), [array.copy() for array in arrays_of(state).values()]
    first = [next_frame(left) for _ in range(30)]
    for _ in range(2):
        resumed = made(TINY)
        resumed.resume(state)
        again = [next_frame(resumed) for _ in range(30)]
        pairs = [pair for a, b in zip(first, again, strict=True) for pair in zip(a[0], b[0], strict=True)]
        assert all(torch.equal(one, other) for one, other in pairs)
        resumed.send(Touch(Gesture("paint", 4, 4)))
        resumed.process(3)
    assert json.dumps(told_of(state)) == before[0]
    assert all((a == b).all() for a, b in zip(arrays_of(state).values(), before[1], strict=True))


def test_every_control_is_in_the_state() -> None:
    state = made(TINY).state()
    assert state.controls.keys() == PARAMETERS.keys()
    assert state.history is None
