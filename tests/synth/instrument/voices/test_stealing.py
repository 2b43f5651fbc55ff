"""Which voice gives way at the limit, how unison voices go together, and which slots are used again."""

from dataclasses import replace

import numpy as np

from synth.instrument.note_events import (
    AllNotesOff,
)
from synth.instrument.voices.allocator import Phase
from synth.instrument.voices.notes import (
    Start,
    Stop,
)
from tests.synth.instrument.voices.allocated import MONO, POLY, QUIET, Player, off, on, pedal


def test_at_the_limit_the_oldest_held_note_is_stolen() -> None:
    player = Player(replace(POLY, limit=3))
    player.play(on(0), on(1), on(2))
    stop, start = player.play(on(3))
    assert isinstance(stop, Stop) and isinstance(start, Start)
    assert player.held == [61, 62, 63]
    # Its end comes later, and ends nothing else.
    assert player.play(off(0)) == []


def test_released_voices_are_stolen_first_the_quietest_of_them_then_what_a_pedal_holds() -> None:
    player = Player(replace(POLY, limit=5))
    player.play(on(0), on(1), on(2), off(1), off(2))
    player.play(pedal("sustain", True, 1), on(3, channel=1), on(4, channel=1), off(4))
    state = player.allocator.state
    player.levels[state.key == 61], player.levels[state.key == 62] = 0.5, 0.1
    taken = []
    for i in range(5, 10):
        before = set(state.key[state.phase != Phase.FREE].tolist())
        player.play(on(i))
        taken += sorted(before - set(state.key[state.phase != Phase.FREE].tolist()))
    assert taken == [62, 61, 64, 60, 63]


def test_a_lower_limit_stops_what_is_too_much_and_a_higher_one_makes_room() -> None:
    player = Player(replace(POLY, limit=8))
    player.play(*(on(i) for i in range(8)))
    player.how = replace(POLY, limit=3)
    stops = player.allocator.settle(player.how, QUIET)
    assert all(isinstance(a, Stop) for a in stops) and len(stops) == 5
    assert player.held == [65, 66, 67]
    player.how = replace(POLY, limit=5)
    assert player.allocator.settle(player.how, QUIET) == []
    player.play(on(8), on(9), on(10))
    assert player.held == [66, 67, 68, 69, 70]


def test_unison_voices_begin_end_and_are_stolen_together() -> None:
    player = Player(replace(POLY, limit=8, unison=3))
    starts = player.play(on(0), on(1))
    assert [(a.unison_index, a.unison_count) for a in starts if isinstance(a, Start)] == [(0, 3), (1, 3), (2, 3)] * 2
    player.play(off(0))
    assert (player.held, player.released) == ([61] * 3, [60] * 3)
    assert [type(a) for a in player.play(on(2))] == [Stop] * 3 + [Start] * 3
    assert player.held == [61] * 3 + [62] * 3


def test_a_note_has_no_more_unison_voices_than_the_limit_allows() -> None:
    player = Player(replace(POLY, limit=2, unison=8))
    player.play(on(0), on(1))
    assert player.held == [61, 61]
    player.how = replace(POLY, limit=1, unison=8)
    assert len(player.allocator.settle(player.how, QUIET)) == 1
    assert player.held == [61]


def test_another_unison_while_one_voice_plays_begins_it_anew() -> None:
    player = Player(MONO)
    player.play(on(0))
    player.how = replace(MONO, unison=4)
    actions = player.play(on(1))
    assert [type(a) for a in actions] == [Stop] + [Start] * 4
    assert all(a.legato for a in actions if isinstance(a, Start))


def test_slots_of_voices_that_ended_are_used_again() -> None:
    player = Player()
    (start,) = player.play(on(0))
    player.play(off(0))
    player.allocator.free(np.array([start.slot]))
    assert len(player.allocator.sounding) == 0
    (again,) = player.play(on(1))
    assert again.slot == start.slot


def test_a_flood_of_notes_that_never_end_is_remembered_up_to_a_bound() -> None:
    for how in (POLY, MONO):
        player = Player(how)
        player.play(*(on(i, i % 128) for i in range(5000)))
        assert len(player.allocator.state.held) <= 256
        player.play(AllNotesOff())
        assert player.held == []
