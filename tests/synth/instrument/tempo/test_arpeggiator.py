"""The arpeggiator's patterns against lists written by hand, and its onsets against the formula, in beats."""

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
from synth.instrument.tempo.arpeggiator import FIRST_ID, Arpeggiator, ArpeggioSettings
from synth.instrument.tempo.patterns import PlayedKey, notes_of_step

ON = ArpeggioSettings(on=True)
Begun = tuple[float, int]


class Played:
    """An arpeggiator, and everything that the voices hear of it with its place in the song."""

    def __init__(self, settings: ArpeggioSettings = ON, *, song_runs: bool = False, beats: float = 0.0) -> None:
        self.arpeggiator = Arpeggiator(5, settings)
        self.beats, self.song_runs = beats, song_runs
        self.heard: list[tuple[float, NoteEvent]] = []

    def until(self, beats: float) -> None:
        while self.arpeggiator.next_beats < beats:
            self.beats = max(self.beats, self.arpeggiator.next_beats)
            self._note(self.arpeggiator.play_next())
        self.beats = max(self.beats, beats)

    def do(self, beats: float, *events: NoteEvent) -> None:
        self.until(beats)
        for event in events:
            self._note(self.arpeggiator.take(event, beats, song_runs=self.song_runs))

    def obey(self, beats: float, settings: ArpeggioSettings) -> None:
        self.until(beats)
        self._note(self.arpeggiator.obey(settings, beats))

    def _note(self, events: list[NoteEvent]) -> None:
        self.heard += [(self.beats, event) for event in events]

    @property
    def onsets(self) -> list[Begun]:
        return [(beats, event.key) for beats, event in self.heard if isinstance(event, NoteOn)]

    @property
    def keys(self) -> list[int]:
        return [key for _, key in self.onsets]

    @property
    def ends(self) -> list[float]:
        return [beats for beats, event in self.heard if isinstance(event, NoteOff)]

    @property
    def sounding(self) -> set[int]:
        begun: set[int] = set()
        for _, event in self.heard:
            match event:
                case NoteOn(note_id):
                    assert note_id not in begun
                    begun.add(note_id)
                case NoteOff(note_id):
                    begun.discard(note_id)
                case AllSoundOff(None) | AllNotesOff(None):
                    begun.clear()
        return begun


def chord(*keys: int, channel: int = 0) -> list[NoteEvent]:
    return [NoteOn(i, key, 0.5 + i / 10, channel) for i, key in enumerate(keys)]


PATTERNS: dict[tuple[str, int], list[int]] = {
    # Held in this order: E, C, G.
    ("up", 1): [60, 64, 67, 60, 64, 67, 60],
    ("down", 1): [67, 64, 60, 67, 64, 60, 67],
    ("up-down", 1): [60, 64, 67, 64, 60, 64, 67],
    ("as played", 1): [64, 60, 67, 64, 60, 67, 64],
    ("up", 2): [60, 64, 67, 72, 76, 79, 60],
    ("down", 2): [79, 76, 72, 67, 64, 60, 79],
    ("up-down", 2): [60, 64, 67, 72, 76, 79, 76, 72, 67, 64, 60, 64],
    ("as played", 3): [64, 60, 67, 76, 72, 79, 88, 84, 91, 64],
}


@pytest.mark.parametrize(("mode", "octaves"), PATTERNS)
def test_patterns(mode: ArpeggioMode, octaves: int) -> None:
    wanted = PATTERNS[mode, octaves]
    played = Played(replace(ON, mode=mode, octaves=octaves))
    played.do(0.0, *chord(64, 60, 67))
    played.until(0.25 * len(wanted) - 0.01)
    assert played.keys == wanted


def test_a_chord_goes_up_by_octaves_as_a_whole() -> None:
    played = Played(replace(ON, mode="chord", octaves=2))
    played.do(0.0, *chord(64, 60, 67))
    played.until(0.6)
    assert played.onsets == [
        (0.0, 60), (0.0, 64), (0.0, 67), (0.25, 72), (0.25, 76), (0.25, 79), (0.5, 60), (0.5, 64), (0.5, 67),
    ]  # fmt: skip


def test_one_key_and_two_in_every_order() -> None:
    for mode in ARPEGGIO_MODES:
        for keys, wanted in (((60,), {60}), ((60, 72), {60, 72})):
            played = Played(replace(ON, mode=mode))
            played.do(0.0, *chord(*keys))
            played.until(10)
            assert set(played.keys) == wanted


def test_chance_plays_every_key_and_is_the_same_for_the_same_seed_and_step() -> None:
    keys = [PlayedKey(i, key, 0.5, 0) for i, key in enumerate((60, 64, 67, 71))]
    drawn = [notes_of_step(keys, "random", 2, step, 5)[0][1] for step in range(400)]
    assert drawn == [notes_of_step(keys, "random", 2, step, 5)[0][1] for step in range(400)]
    assert drawn != [notes_of_step(keys, "random", 2, step, 6)[0][1] for step in range(400)]
    assert set(drawn) == {60, 64, 67, 71, 72, 76, 79, 83}
    # 50 of each are expected, with a standard deviation of 6.6.
    assert all(25 < drawn.count(key) < 75 for key in set(drawn))


def test_keys_beyond_the_keyboard_are_left_out() -> None:
    keys = [PlayedKey(0, 120, 0.5, 0), PlayedKey(1, 110, 0.5, 0)]
    for mode in ARPEGGIO_MODES:
        steps = [notes_of_step(keys, mode, 4, step, 1) for step in range(40)]
        assert all(step and all(0 <= key <= 127 for _, key in step) for step in steps)
    assert [notes_of_step(keys, "up", 4, step, 1)[0][1] for step in range(4)] == [110, 120, 122, 110]


def test_velocity_and_channel_are_those_of_the_key() -> None:
    played = Played()
    played.do(0.0, NoteOn(1, 60, 0.3, 2), NoteOn(2, 64, 0.9, 5))
    played.until(0.3)
    begun = [event for _, event in played.heard if isinstance(event, NoteOn)]
    assert [(e.key, e.velocity, e.channel) for e in begun] == [(60, 0.3, 2), (64, 0.9, 5)]
    assert all(event.note_id >= FIRST_ID for event in begun)


@pytest.mark.parametrize("beats", [1 / 12, 0.25, 1 / 3, 16.0])
@pytest.mark.parametrize("swing", [0.5, 0.6, 2 / 3, 0.75])
@pytest.mark.parametrize("gate", [0.05, 0.5, 1.0, 1.7])
def test_onsets_and_ends_are_by_the_formula(beats: float, swing: float, gate: float) -> None:
    start, n = 3.2, 40
    played = Played(replace(ON, beats=beats, swing=swing, gate=gate), beats=start)
    played.do(start, NoteOn(1, 60, 0.5))
    played.until(start + (n + 4) * beats)
    onsets = [start + (2 * (k // 2) + (k % 2) * 2 * swing) * beats for k in range(n + 1)]
    assert [at for at, _ in played.onsets[:n]] == pytest.approx(onsets[:n], abs=1e-12 * start * n)
    ends = [onsets[k] + gate * (onsets[k + 1] - onsets[k]) for k in range(n)]
    assert sorted(played.ends)[: n - 3] == pytest.approx(sorted(ends)[: n - 3], abs=1e-11)


def test_a_full_gate_ends_a_note_just_before_the_next_one() -> None:
    played = Played(replace(ON, beats=1 / 3, gate=1.0), beats=0.1)
    played.do(0.1, NoteOn(1, 60, 0.5), NoteOn(2, 64, 0.5))
    played.until(5)
    kinds = [type(event) for _, event in played.heard]
    assert kinds == [NoteOn] + [NoteOff, NoteOn] * (len(kinds) // 2)


def test_with_the_songs_clock_steps_fall_on_the_songs_beats() -> None:
    played = Played(replace(ON, beats=0.5, swing=0.6), song_runs=True, beats=7.3)
    played.do(7.3, NoteOn(1, 60, 0.5))
    played.until(9.3)
    # On the beat straight, off the beat late by 0.1 of a pair of one beat.
    assert [at for at, _ in played.onsets] == pytest.approx([7.6, 8.0, 8.6, 9.0])
    again = Played(replace(ON, beats=0.5), song_runs=True, beats=8.0)
    again.do(8.0, NoteOn(1, 60, 0.5))
    again.until(8.2)
    assert again.onsets == [(8.0, 60)]


@pytest.mark.parametrize("by", [0.01, -0.01, 0.06, -0.06])
def test_a_correction_of_the_song_plays_no_step_twice_and_leaves_none_out(by: float) -> None:
    """Just before and just after steps, where a corrected one lies on the other side."""
    for moment in (7.0 - 1e-3, 7.0 + 1e-3, 7.12, 7.2):
        played = Played(song_runs=True, beats=6.0)
        played.do(6.0, NoteOn(1, 60, 0.5))
        played.until(moment)
        n = len(played.onsets)
        steps_done = round((played.onsets[-1][0] - 6.0) / 0.25) + 1
        assert n == steps_done
        played.beats += by
        played.arpeggiator.move_song(by, played.beats, song_runs=True)
        played.until(9.1)
        later = [at for at, _ in played.onsets[n:]]
        assert [round(at / 0.25) for at in later] == list(range(24 + steps_done, 37))
        assert all(at == pytest.approx(round(at / 0.25) * 0.25, abs=0.06 + 1e-9) for at in later)
        assert later[1:] == pytest.approx([round(at / 0.25) * 0.25 for at in later[1:]], abs=1e-9)
        assert len(played.sounding) <= 1


@pytest.mark.parametrize("to", [0.0, 1000.3, -3.0])
def test_a_jump_of_the_song_goes_on_with_the_next_step_there(to: float) -> None:
    played = Played(song_runs=True, beats=6.0)
    played.do(6.0, NoteOn(1, 60, 0.5))
    played.until(7.1)
    assert len(played.sounding) == 1
    n = len(played.onsets)
    played.beats = to
    played.arpeggiator.move_song(to - 7.1, to, song_runs=True)
    played.until(to + 1.0)
    first = played.onsets[n][0]
    assert first % 0.25 == pytest.approx(0, abs=1e-9) or first == to
    assert -0.0626 < first - to < 0.32
    assert len(played.onsets) - n in (3, 4, 5)


def test_a_step_that_the_song_has_passed_by_far_is_not_played_late() -> None:
    """The next step was due after 0.01 beats; at 100.1 the nearest of the song's lies 0.1 beats back."""
    played = Played(song_runs=True, beats=6.0)
    played.do(6.0, NoteOn(1, 60, 0.5))
    played.until(7.24)
    n, played.beats = len(played.onsets), 100.1
    played.arpeggiator.move_song(100.1 - 7.24, 100.1, song_runs=True)
    played.until(100.6)
    assert [at for at, _ in played.onsets[n:]] == pytest.approx([100.25, 100.5])


def test_the_songs_clock_begins_and_ends_under_held_keys() -> None:
    played = Played(beats=1.1)
    played.do(1.1, NoteOn(1, 60, 0.5))
    played.until(2.0)
    played.beats, played.song_runs = 40.0, True
    played.arpeggiator.move_song(38.0, 40.0, song_runs=True)
    played.until(41.0)
    assert [at for at, _ in played.onsets[-4:]] == pytest.approx([40.0, 40.25, 40.5, 40.75], abs=0.0626)
    played.arpeggiator.move_song(0.0, 41.0, song_runs=False)
    played.until(42.0)
    assert [at for at, _ in played.onsets[-4:]] == pytest.approx([41.0, 41.25, 41.5, 41.75])


def test_another_rate_goes_on_from_the_last_step() -> None:
    played = Played(replace(ON, beats=4.0), beats=0.5)
    played.do(0.5, NoteOn(1, 60, 0.5))
    played.obey(2.0, replace(ON, beats=0.5))
    played.until(3.4)
    assert [at for at, _ in played.onsets] == pytest.approx([0.5, 2.0, 2.5, 3.0])
    played.obey(3.4, replace(ON, beats=2.0))
    played.until(7.2)
    assert [at for at, _ in played.onsets][4:] == pytest.approx([5.0, 7.0])


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
