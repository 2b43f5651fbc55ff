"""What keys, pedals, latch and panic do to an arpeggiator, and that no sequence of them leaves a note hanging."""

import math
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
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
from synth.instrument.parameters.tempo_rows import ARPEGGIO_MODES, ArpeggioMode
from synth.instrument.tempo.arpeggiator import FIRST_ID, ArpeggioSettings
from synth.instrument.tempo.patterns import PlayedKey, notes_of_step
from tests.synth.instrument.tempo.played import ON, Played, chord

# Keys that come and go


def test_a_key_that_is_let_go_is_played_no_more_and_the_last_ends_the_sound() -> None:
    played = Played(replace(ON, beats=4.0, gate=1.0))
    played.do(0.0, *chord(60, 64))
    played.do(5.0, NoteOff(0))
    assert len(played.sounding) == 1
    played.do(6.0, NoteOff(1))
    assert played.sounding == set() and played.ends == [4.0, 6.0]
    assert not played.arpeggiator.active
    played.do(7.0, NoteOn(2, 67, 0.5))
    assert played.arpeggiator.next_beats == 7.0


def test_latch_collects_while_a_key_is_down_and_a_new_first_key_starts_anew() -> None:
    played = Played(replace(ON, latch=True))
    played.do(0.0, NoteOn(0, 60, 0.5))
    played.do(0.1, NoteOn(1, 64, 0.5))
    played.do(0.2, NoteOff(0), NoteOff(1))
    played.until(1.0)
    assert played.keys == [60, 64, 60, 64]
    # A new phrase, in its own phase; what sounded ends.
    played.do(1.1, NoteOn(2, 72, 0.5))
    assert played.sounding == set() and played.ends[-1] == 1.1
    played.do(1.15, NoteOn(3, 76, 0.5), NoteOff(2), NoteOff(3))
    played.until(2.0)
    assert played.onsets[4:] == [(1.0, 60)] + [(pytest.approx(1.1 + 0.25 * k), (72, 76)[k % 2]) for k in range(4)]
    played.obey(2.0, ON)
    assert played.sounding == set() and not played.arpeggiator.active


def test_opening_the_latch_keeps_what_is_still_down() -> None:
    played = Played(replace(ON, latch=True))
    played.do(0.0, *chord(60, 64))
    played.do(0.1, NoteOff(0))
    played.obey(0.2, ON)
    played.until(1.0)
    assert played.keys == [60, 64, 64, 64]


def test_the_pedal_holds_keys_and_not_the_notes_of_steps() -> None:
    played = Played()
    played.do(0.0, ChannelExpression(0, "sustain", 1.0), *chord(60, 64))
    played.do(0.1, NoteOff(0), NoteOff(1), ChannelExpression(1, "sustain", 1.0))
    played.do(0.6, NoteOn(2, 67, 0.5), NoteOff(2))
    played.until(1.0)
    assert played.keys == [60, 64, 60, 60]
    assert all(not isinstance(event, ChannelExpression) for _, event in played.heard)
    assert len(played.sounding) <= 1
    played.do(1.3, ChannelExpression(0, "sustain", 0.0))
    assert played.sounding == set() and not played.arpeggiator.active


def test_pedals_and_latch_together() -> None:
    """With the pedal down a latched phrase is added to; when it comes up, the latch still holds."""
    played = Played(replace(ON, latch=True))
    played.do(0.0, NoteOn(0, 60, 0.5), ChannelExpression(0, "sustain", 1.0))
    played.do(0.1, NoteOff(0), NoteOn(1, 64, 0.5), NoteOff(1))
    played.do(0.2, ChannelExpression(0, "sustain", 0.0))
    played.until(1.0)
    assert played.keys == [60, 64, 60, 64]
    played.do(1.1, NoteOn(2, 72, 0.5))
    played.until(1.3)
    assert set(played.keys[5:]) == {72}


@pytest.mark.parametrize("panic", [AllNotesOff(), AllSoundOff()])
def test_panic_ends_everything(panic: NoteEvent) -> None:
    played = Played(replace(ON, latch=True, gate=2.0))
    played.do(0.0, *chord(60, 64))
    played.do(0.3, NoteOff(0), panic)
    assert played.sounding == set() and not played.arpeggiator.active
    assert played.heard[-1][1] == panic
    played.until(9)
    assert len(played.onsets) == 2


def test_panic_of_one_channel_leaves_the_others() -> None:
    played = Played(replace(ON, gate=2.0))
    played.do(0.0, NoteOn(0, 60, 0.5, 0), NoteOn(1, 64, 0.5, 1))
    played.do(0.3, AllNotesOff(0))
    played.until(1.0)
    assert played.keys == [60, 64, 64, 64]


def test_switching_off_ends_its_notes_and_gives_the_pedal_back() -> None:
    played = Played(replace(ON, gate=2.0))
    played.do(0.0, ChannelExpression(3, "sustain", 1.0), *chord(60, 64))
    played.obey(0.3, ArpeggioSettings())
    assert played.sounding == set()
    assert played.heard[-1][1] == ChannelExpression(3, "sustain", 1.0)
    assert played.arpeggiator.next_beats == math.inf
    n = len(played.heard)
    played.do(0.4, NoteOff(0), NoteOn(9, 72, 0.5))
    # Off, it lets everything through.
    assert [event for _, event in played.heard[n:]] == [NoteOff(0), NoteOn(9, 72, 0.5)]


def test_switching_on_takes_over_what_is_held() -> None:
    played = Played(ArpeggioSettings())
    played.obey(1.0, ON)
    held = [PlayedKey(4, 60, 0.5, 0), PlayedKey(5, 67, 0.5, 1, down=False)]
    played.arpeggiator.adopt(held, [1], 1.0, song_runs=False)
    played.until(1.6)
    assert played.onsets == [(1.0, 60), (1.25, 67), (1.5, 60)]
    played.do(1.6, ChannelExpression(1, "sustain", 0.0))
    played.until(2.1)
    assert played.keys[3:] == [60, 60]


def test_a_key_that_comes_a_little_later_joins_the_chord_that_sounds() -> None:
    played = Played(replace(ON, mode="chord", beats=1.0))
    played.do(0.0, NoteOn(0, 60, 0.5))
    played.do(0.05, NoteOn(1, 64, 0.5))
    played.do(0.9, NoteOn(2, 67, 0.5))
    played.until(1.5)
    assert played.onsets == [(0.0, 60), (0.05, 64), (1.0, 60), (1.0, 64), (1.0, 67)]
    assert played.ends == pytest.approx([0.8, 0.8])


def test_what_is_said_of_a_note_alone_is_said_of_each_that_is_made_of_it() -> None:
    played = Played(replace(ON, beats=1.0))
    played.do(0.0, *chord(60, 64))
    played.do(0.1, NoteExpression(0, "bend", 0.5), NoteExpression(1, "pressure", 0.7))
    played.until(2.5)
    said = [(at, e.note_id - FIRST_ID, e.dimension, e.value) for at, e in played.heard if isinstance(e, NoteExpression)]
    assert said == [(0.1, 0, "bend", 0.5), (1.0, 1, "pressure", 0.7), (2.0, 2, "bend", 0.5)]


# Anything


EVENTS = st.one_of(
    st.builds(NoteOn, st.integers(0, 5), st.integers(0, 127), st.floats(0.01, 1), st.integers(0, 2)),
    st.builds(NoteOff, st.integers(0, 5)),
    st.builds(ChannelExpression, st.integers(0, 2), st.just("sustain"), st.sampled_from([0.0, 1.0])),
    st.builds(AllNotesOff, st.none() | st.integers(0, 2)),
)
SETTINGS = st.builds(
    ArpeggioSettings,
    st.booleans(),
    st.sampled_from(ARPEGGIO_MODES),
    st.sampled_from([1 / 12, 0.25, 2 / 3, 4.0]),
    st.floats(0.05, 2),
    st.integers(1, 4),
    st.floats(0.5, 0.75),
    st.booleans(),
)
JUMPS = st.tuples(st.floats(-50, 50), st.booleans())


@given(st.lists(st.tuples(st.floats(0, 1), st.one_of(EVENTS, SETTINGS, JUMPS)), max_size=40))
def test_no_sequence_of_anything_leaves_a_note_hanging(
    done: list[tuple[float, NoteEvent | ArpeggioSettings | tuple[float, bool]]],
) -> None:
    played = Played()
    for wait, what in done:
        at = played.beats + wait
        if isinstance(what, ArpeggioSettings):
            played.obey(at, what)
        elif isinstance(what, tuple):
            played.until(at)
            by, played.song_runs = what
            played.beats += by
            played.arpeggiator.move_song(by, played.beats, song_runs=played.song_runs)
        else:
            # A source ends the note that it has begun before it uses its id again.
            again = [NoteOff(what.note_id)] if isinstance(what, NoteOn) else []
            played.do(at, *again, what)
        assert len(played.arpeggiator.state.sounding) < 200
    ends: list[NoteEvent] = [NoteOff(i) for i in range(6)]
    pedals: list[NoteEvent] = [ChannelExpression(channel, "sustain", 0.0) for channel in range(3)]
    played.obey(played.beats, replace(played.arpeggiator._settings, latch=False))
    played.do(played.beats + 0.01, *ends, *pedals)
    assert played.sounding == set()
    assert not played.arpeggiator.active


def test_the_settings_name_every_mode() -> None:
    assert all(notes_of_step([PlayedKey(0, 60, 0.5, 0)], mode, 1, 3, 0) for mode in ARPEGGIO_MODES)
    with pytest.raises(ValueError, match="tuple"):
        ARPEGGIO_MODES.index(cast(ArpeggioMode, "sideways"))
