"""Notes to voices, by table: how many sound, which note each plays, what every pedal, mode and limit does to them."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
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
from synth.instrument.voices.allocator import Allocator, Phase
from synth.instrument.voices.notes import (
    FREE_NOTE,
    Move,
    Note,
    Release,
    Retrigger,
    Start,
    VoiceMode,
    VoiceSettings,
)
from tests.synth.instrument.voices.allocated import (
    LEGATO,
    MONO,
    POLY,
    QUIET,
    SOSTENUTO,
    SOSTENUTO_UP,
    SUSTAIN,
    SUSTAIN_UP,
    Player,
    off,
    on,
    pedal,
)

LADDER: list[tuple[str, VoiceMode, list[NoteEvent], list[int], list[int]]] = [
    ("one note", "poly", [on(0)], [60], []),
    ("one note and its end", "poly", [on(0), off(0)], [], [60]),
    ("a chord", "poly", [on(0), on(1), on(2)], [60, 61, 62], []),
    ("the end of a note that never began", "poly", [on(0), off(9)], [60], []),
    ("an end that comes twice", "poly", [on(0), on(1), off(0), off(0)], [61], [60]),
    ("five notes on one key", "poly", [on(i, 60) for i in range(5)], [60] * 5, []),
    ("two of five ends", "poly", [*(on(i, 60) for i in range(5)), off(3), off(0)], [60] * 3, [60] * 2),
    ("all five ends", "poly", [*(on(i, 60) for i in range(5)), *(off(i) for i in range(5))], [], [60] * 5),
    ("one id twice is one key restruck", "poly", [on(0), on(0)], [60], []),
    ("pedal before the note", "poly", [SUSTAIN, on(0), off(0)], [60], []),
    ("pedal after the note", "poly", [on(0), SUSTAIN, off(0)], [60], []),
    ("pedal after the note's end", "poly", [on(0), off(0), SUSTAIN], [], [60]),
    ("pedal lifted after the end", "poly", [SUSTAIN, on(0), off(0), SUSTAIN_UP], [], [60]),
    ("pedal lifted while the key is down", "poly", [SUSTAIN, on(0), SUSTAIN_UP], [60], []),
    ("pedal of another channel", "poly", [pedal("sustain", True, 1), on(0), off(0)], [], [60]),
    ("a key restruck under the pedal", "poly", [SUSTAIN, on(0, 60), off(0), on(1, 60)], [60], []),
    ("and let go, and the pedal", "poly", [SUSTAIN, on(0, 60), off(0), on(1, 60), off(1), SUSTAIN_UP], [], [60]),
    ("another channel's key is another string", "poly", [SUSTAIN, on(0, 60), off(0), on(1, 60, 1)], [60, 60], []),
    ("a key restruck while its tail fades", "poly", [on(0, 60), off(0), on(1, 60)], [60], [60]),
    ("sostenuto holds what was down", "poly", [on(0), SOSTENUTO, off(0)], [60], []),
    ("but not what comes after", "poly", [on(0), SOSTENUTO, on(1), off(1), off(0)], [60], [61]),
    ("sostenuto lifted", "poly", [on(0), SOSTENUTO, off(0), SOSTENUTO_UP], [], [60]),
    ("sostenuto lifted, sustain down", "poly", [on(0), SOSTENUTO, SUSTAIN, off(0), SOSTENUTO_UP], [60], []),
    ("sustain lifted, sostenuto down", "poly", [on(0), SOSTENUTO, SUSTAIN, off(0), SUSTAIN_UP], [60], []),
    ("sostenuto pressed on while it is down", "poly", [SOSTENUTO, on(0), SOSTENUTO, off(0)], [], [60]),
    ("all notes off", "poly", [on(0), on(1), AllNotesOff()], [], [60, 61]),
    ("all notes off of one channel", "poly", [on(0), on(1, channel=1), AllNotesOff(1)], [60], [61]),
    ("all notes off leaves the pedal its notes", "poly", [SUSTAIN, on(0), on(1), AllNotesOff()], [60, 61], []),
    ("all sound off takes them", "poly", [SUSTAIN, on(0), on(1), off(1), AllSoundOff()], [], []),
    ("all sound off of one channel", "poly", [on(0), on(1, channel=1), AllSoundOff(1)], [60], []),
    ("mono: the last key", "mono", [on(0), on(1), on(2)], [62], []),
    ("mono: back to the key still down", "mono", [on(0), on(1), on(2), off(2)], [61], []),
    ("mono: an inner key let go", "mono", [on(0), on(1), on(2), off(1)], [62], []),
    ("mono: and then back past it", "mono", [on(0), on(1), on(2), off(1), off(2)], [60], []),
    ("mono: all let go", "mono", [on(0), on(1), off(0), off(1)], [], [61]),
    ("mono: pedal holds what sounds", "mono", [SUSTAIN, on(0), on(1), off(1)], [61], []),
    ("mono: pedal lifted, a key is down", "mono", [SUSTAIN, on(0), on(1), off(1), SUSTAIN_UP], [60], []),
    ("mono: pedal lifted, none is", "mono", [SUSTAIN, on(0), on(1), off(1), off(0), SUSTAIN_UP], [], [61]),
    ("mono: sostenuto's note comes back", "mono", [on(0), SOSTENUTO, off(0), on(1), off(1)], [60], []),
    (
        "mono: a key that is down comes before a pedal's",
        "mono",
        [on(1), on(0), SOSTENUTO, off(0), on(2), off(2)],
        [61],
        [],
    ),
    ("mono: keys of all channels share the voice", "mono", [on(0), on(1, channel=1)], [61], []),
    ("mono: all sound off", "mono", [on(0), on(1), AllSoundOff()], [], []),
    ("legato: back to the key still down", "legato", [on(0), on(1), off(1)], [60], []),
]


@pytest.mark.parametrize(
    ("mode", "events", "held", "released"), [row[1:] for row in LADDER], ids=[r[0] for r in LADDER]
)
def test_so_many_voices_sound(mode: VoiceMode, events: list[NoteEvent], held: list[int], released: list[int]) -> None:
    player = Player(VoiceSettings(mode))
    player.play(*events)
    assert (player.held, player.released) == (held, released)


@pytest.mark.parametrize(
    ("priority", "after_three", "after_off"), [("last", 62, 65), ("low", 60, 62), ("high", 65, 65)]
)
def test_priority_chooses_among_the_keys_that_are_down(priority: str, after_three: int, after_off: int) -> None:
    player = Player(replace(MONO, priority=priority))  # type: ignore[arg-type]
    player.play(on(0, 65), on(1, 60), on(2, 62))
    assert player.held == [after_three]
    player.play(off(1), *([off(2)] if priority == "last" else []))
    assert player.held == [after_off]


def test_under_the_pedal_a_lower_key_sounds_although_the_highest_has_priority() -> None:
    player = Player(replace(MONO, priority="high"))
    player.play(SUSTAIN, on(0, 70), off(0), on(1, 60))
    assert player.held == [60]


def test_mono_begins_its_envelope_anew_and_legato_goes_on() -> None:
    for how, expected in ((MONO, Retrigger), (LEGATO, Move)):
        player = Player(how)
        assert [type(a) for a in player.play(on(0))] == [Start]
        assert [type(a) for a in player.play(on(1))] == [expected]
        assert [type(a) for a in player.play(off(1))] == [expected]
        # Nothing is held any more: a new note is a new beginning, from wherever the tail is.
        assert [type(a) for a in player.play(off(0), on(2))] == [Release, Retrigger]


def test_a_voice_keeps_its_slot_as_its_note_changes() -> None:
    player = Player(LEGATO)
    slots = {a.slot for a in player.play(on(0), on(1), off(0), on(2), off(2), off(1), on(3))}
    assert len(slots) == 1


def test_notes_that_overlap_say_so_for_the_glide() -> None:
    player = Player()
    (first,), (second,) = player.play(on(0)), player.play(on(1))
    (third,) = player.play(off(0), off(1), on(2))[2:]
    assert isinstance(first, Start) and isinstance(second, Start) and isinstance(third, Start)
    assert (first.legato, second.legato, third.legato) == (False, True, False)


def test_a_key_restruck_under_the_pedal_is_one_note_from_then_on() -> None:
    player = Player()
    player.play(SUSTAIN, on(0, 60), off(0))
    (again,) = player.play(on(1, 60))
    assert isinstance(again, Retrigger) and not again.legato
    assert [h.note.note_id for h in player.allocator.state.held] == [1]


def test_from_poly_to_mono_every_other_note_is_released() -> None:
    player = Player()
    player.play(on(0), on(1), on(2))
    player.how = MONO
    player.play(on(3))
    assert (player.held, player.released) == ([63], [60, 61])
    # The keys are still down, and are gone back to.
    player.play(off(3))
    assert player.held == [62]


def test_the_soft_pedal_marks_what_begins_under_it() -> None:
    player = Player()
    actions = player.play(on(0), pedal("soft", True), on(1), on(2, channel=1), pedal("soft", False), on(3))
    assert [a.note.soft for a in actions if isinstance(a, Start)] == [False, True, False, False]


def test_a_latch_holds_what_is_let_go_until_it_is_opened() -> None:
    player = Player(replace(POLY, latch=True))
    player.play(on(0), off(0), on(1, channel=3), off(1), on(2))
    assert player.allocator.settle(player.how, QUIET) == []
    assert player.held == [60, 61, 62]
    player.how = POLY
    assert [type(a) for a in player.allocator.settle(player.how, QUIET)] == [Release, Release]
    assert (player.held, player.released) == ([62], [60, 61])


def test_expression_is_no_matter_of_the_allocator() -> None:
    assert Player().play(NoteExpression(0, "bend", 1.0), ChannelExpression(0, "volume", 0.5)) == []


IDS, CHANNELS = st.integers(0, 12), st.integers(0, 2)
EVENTS = st.one_of(
    st.builds(NoteOn, IDS, st.integers(50, 56), st.just(0.5), CHANNELS),
    st.builds(NoteOff, IDS),
    st.builds(
        ChannelExpression, CHANNELS, st.sampled_from(["sustain", "sostenuto", "soft"]), st.sampled_from([0.0, 1.0])
    ),
    st.builds(AllNotesOff, st.none() | CHANNELS),
    st.builds(AllSoundOff, st.none() | CHANNELS),
)
SETTINGS = st.builds(
    VoiceSettings,
    st.sampled_from(["poly", "mono", "legato"]),
    st.sampled_from(["last", "low", "high"]),
    st.integers(1, 9),
    st.integers(1, 8),
    st.booleans(),
)


ONE_ID_ON_TWO_CHANNELS = [
    (on(0, 50), None),
    (off(0), None),
    (on(1, 51), None),
    (on(0, 50), None),
    (on(0, 50), VoiceSettings("mono", "high", 1, 1, False)),
    (on(0, 50, channel=1), None),
    (AllSoundOff(1), None),
]
"""The voice is the first channel's, what holds it the second's."""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.none() | SETTINGS), max_size=60))
@example(ONE_ID_ON_TWO_CHANNELS)
def test_whatever_is_played_ends_in_silence_and_a_saved_state_goes_on_the_same(
    played: list[tuple[NoteEvent, VoiceSettings | None]],
) -> None:
    player = Player()
    restored = Player()
    for event, how in played:
        if how is not None:
            player.how = restored.how = how
            player.allocator.settle(how, QUIET)
        restored.allocator = Allocator(player.allocator.state.copy())
        assert player.play(event) == restored.play(event)
        state = player.allocator.state
        sounding = state.phase != Phase.FREE
        assert sounding.sum() <= max(player.how.limit, 0)
        assert (state.note_id[~sounding] == FREE_NOTE).all()
        # A voice is held by somebody, or it is on its way out.
        held = {h.note.note_id for h in state.held}
        assert set(state.note_id[state.phase == Phase.HELD].tolist()) <= held
    player.how = replace(player.how, latch=False)
    player.allocator.settle(player.how, QUIET)
    for channel in range(3):
        player.play(AllNotesOff(channel), pedal("sustain", False, channel), pedal("sostenuto", False, channel))
    assert player.held == [] and player.allocator.state.held == ()


def test_absurd_settings_are_refused() -> None:
    for wrong in ({"limit": 0}, {"limit": 65}, {"unison": 0}, {"unison": 9}):
        with pytest.raises(ValueError, match="limit"):
            VoiceSettings(**wrong)  # type: ignore[arg-type]


def test_a_note_is_what_the_event_said() -> None:
    (start,) = Player().play(NoteOn(7, 64, 0.25, 3))
    assert isinstance(start, Start) and start.note == Note(7, 64, 0.25, 3)
