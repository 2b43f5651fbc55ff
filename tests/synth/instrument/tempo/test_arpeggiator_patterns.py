"""Which notes an arpeggiator plays at each step, against lists written by hand."""

from dataclasses import replace

import pytest

from synth.instrument.note_events import (
    NoteOn,
)
from synth.instrument.parameters.tempo_rows import ARPEGGIO_MODES, ArpeggioMode
from synth.instrument.tempo.arpeggiator import FIRST_ID
from synth.instrument.tempo.patterns import PlayedKey, notes_of_step
from tests.synth.instrument.tempo.played import ON, Played, chord

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
