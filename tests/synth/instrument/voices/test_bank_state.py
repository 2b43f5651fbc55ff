"""Whatever is played, the bank's numbers stay finite, and a bank that is restored plays the same."""

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteEvent,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.instrument.voices.bank import VoiceBank
from synth.instrument.voices.bank_frame import BankFrame, BankState
from synth.instrument.voices.controls import VoiceControls
from synth.instrument.voices.envelope import EnvelopeShape
from synth.instrument.voices.glide import GlideSettings
from synth.instrument.voices.notes import VoiceSettings
from tests.synth.instrument.voices.banks import FPS, FRAME_S, LEAD_S, PLAIN, STRUCK, T, bank, on

IDS, CHANNELS = st.integers(0, 9), st.integers(0, 2)
EVENTS = st.one_of(
    st.builds(NoteOn, IDS, st.integers(0, 127), st.floats(0.001, 1), CHANNELS),
    st.builds(NoteOff, IDS),
    st.builds(NoteExpression, IDS, st.sampled_from(["bend", "pressure", "timbre"]), st.floats(0, 1)),
    st.builds(
        ChannelExpression, CHANNELS, st.sampled_from(["sustain", "sostenuto", "soft"]), st.sampled_from([0.0, 1.0])
    ),
    st.builds(
        ChannelExpression, CHANNELS, st.sampled_from(["bend", "wheel", "volume", "pan", "timbre"]), st.floats(0, 1)
    ),
    st.builds(AllNotesOff, st.none() | CHANNELS),
    st.builds(AllSoundOff, st.none() | CHANNELS),
)
CONTROLS = st.builds(
    VoiceControls,
    st.builds(
        VoiceSettings,
        st.sampled_from(["poly", "mono", "legato"]),
        st.sampled_from(["last", "low", "high"]),
        st.integers(1, 12),
        st.integers(1, 8),
    ),
    st.builds(
        EnvelopeShape,
        st.floats(0, 0.05),
        st.floats(0, 0.1),
        st.floats(0, 0.05),
        st.floats(0, 0.1),
        st.floats(0, 0.2),
        st.floats(-1, 1),
        st.floats(-1, 1),
        st.floats(-1, 1),
    ),
    st.floats(0, 1),
    st.builds(
        GlideSettings, st.floats(0, 0.2), st.sampled_from(["always", "legato"]), st.sampled_from(["time", "rate"])
    ),
    start=st.sampled_from(["follow", "place", "random"]),
    place=st.floats(0, 1),
)
Played = Sequence[tuple[VoiceControls | None, list[tuple[NoteEvent, float]]]]


def equal(a: Any, b: Any) -> bool:
    """Deep equality of dataclasses that hold arrays; not a number equals itself."""
    if is_dataclass(a):
        return type(a) is type(b) and all(equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return bool(a == b) or (a != a and b != b)


def play(voices: VoiceBank, controls: VoiceControls, events: list[tuple[NoteEvent, float]], how: bool) -> BankFrame:
    if how:
        voices.settle(controls)
    for event, share in sorted(events, key=lambda e: e[1]):
        voices.handle(event, controls, share * FRAME_S, culture=30.0)
    return voices.frame(controls, LEAD_S)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | CONTROLS, st.lists(st.tuples(EVENTS, st.floats(0, 0.999)), max_size=6)),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_is_played_is_finite_and_a_restored_bank_plays_the_same(played: Played) -> None:
    voices, other = bank(STRUCK, seed=3), bank(STRUCK, seed=3)
    controls = VoiceControls()
    for how, events in played:
        controls = how or controls
        other.restore(voices.save())
        frame, again = (play(b, controls, events, how is not None) for b in (voices, other))
        assert equal(frame, again) and equal(voices.save(), other.save())
        for values in (frame.distance, frame.pitch, frame.gain, frame.tilt_db, frame.contour):
            assert np.isfinite(values).all()
        assert (frame.gain >= 0).all() and (frame.distance >= 0).all() and (frame.distance < T).all()
        assert len(frame.slots) <= controls.voices.limit or how is None
        assert not set(frame.freed) & set(frame.slots.tolist())
    for channel in range(3):
        for pedal in ("sustain", "sostenuto"):
            voices.handle(ChannelExpression(channel, pedal, 0.0), controls)
    voices.handle(AllNotesOff(), controls)
    for _ in range(math.ceil(0.6 * FPS) + 2):
        voices.frame(controls, LEAD_S)
    assert voices.silent


def test_a_saved_state_is_not_changed_by_playing_on() -> None:
    voices = bank(STRUCK)
    voices.handle(on(0), PLAIN)
    voices.frame(PLAIN)
    saved = voices.save()
    copy = saved.copy()
    voices.handle(on(1), PLAIN)
    voices.handle(ChannelExpression(0, "volume", 0.1), PLAIN)
    voices.frame(PLAIN)
    assert equal(saved, copy) and not equal(saved, voices.save())
    assert isinstance(saved, BankState)
