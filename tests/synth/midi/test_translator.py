"""Messages to note events, as a player would complain about them."""

import itertools

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.instrument.note_events import (
    AllNotesOff,
    AllSoundOff,
    ChannelExpression,
    NoteExpression,
    NoteOff,
    NoteOn,
)
from synth.midi.controllers import Controller, Move
from synth.midi.messages import Parser
from synth.midi.mpe import Zones
from synth.midi.translator import ProgramChange, Translated, Translator


def _play(translator: Translator, *messages: mido.Message) -> list[Translated]:
    """Through the wire's bytes, without the moves that come for every controller."""
    parser = Parser()
    events = [event for m in messages for read in parser.feed(m.bytes()) for event in translator.feed(read)]
    return [event for event in events if not isinstance(event, Move)]


def _on(key: int = 60, velocity: int = 127, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=key, velocity=velocity, channel=channel)


def _off(key: int = 60, velocity: int = 64, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=key, velocity=velocity, channel=channel)


def _cc(number: int, value: int, channel: int = 0) -> mido.Message:
    return mido.Message("control_change", control=number, value=value, channel=channel)


def _bend(pitch: int, channel: int = 0) -> mido.Message:
    return mido.Message("pitchwheel", pitch=pitch, channel=channel)


def _rpn(number: int, coarse: int, fine: int | None = None, channel: int = 0) -> list[mido.Message]:
    select = [_cc(101, number >> 7, channel), _cc(100, number & 127, channel), _cc(6, coarse, channel)]
    return select if fine is None else [*select, _cc(38, fine, channel)]


def test_a_note_begins_and_ends_by_the_same_id() -> None:
    assert _play(Translator(), _on(60, 64, 3), _off(60, 100, 3)) == [NoteOn(0, 60, 64 / 127, 3), NoteOff(0, 100 / 127)]


def test_velocity_zero_ends_a_note() -> None:
    assert _play(Translator(), _on(), _on(velocity=0)) == [NoteOn(0, 60, 1.0, 0), NoteOff(0)]


def test_five_note_ons_on_one_key_take_five_offs_oldest_first() -> None:
    events = _play(Translator(), *[_on()] * 5, *[_off()] * 6)
    assert [event.note_id for event in events if isinstance(event, NoteOn)] == [0, 1, 2, 3, 4]
    assert [event.note_id for event in events if isinstance(event, NoteOff)] == [0, 1, 2, 3, 4]


def test_channels_hold_their_own_notes() -> None:
    translator = Translator()
    _play(translator, _on(channel=1), _on(channel=2))
    assert _play(translator, _off(channel=2)) == [NoteOff(1, 64 / 127)]
    assert _play(translator, _off(channel=3)) == []


def test_two_sources_share_a_counter() -> None:
    ids = itertools.count(7)
    assert _play(Translator(ids), _on()) == [NoteOn(7, 60, 1.0)]
    assert _play(Translator(ids), _on()) == [NoteOn(8, 60, 1.0)]


def test_a_filter_leaves_other_channels_out() -> None:
    translator = Translator(channels=frozenset({2}))
    assert _play(translator, _on(channel=1), _cc(64, 127, 1), _on(channel=2)) == [NoteOn(0, 60, 1.0, 2)]


@pytest.mark.parametrize(
    ("number", "value", "dimension", "expected"),
    [
        (1, 127, "wheel", 1.0),
        (7, 100, "volume", 100 / 127),
        (10, 64, "pan", 0.0),
        (10, 127, "pan", 1.0),
        (10, 1, "pan", -1.0),
        (10, 0, "pan", -1.0),
        (11, 127, "expression", 1.0),
        (64, 127, "sustain", 1.0),
        (66, 127, "sostenuto", 1.0),
        (67, 0, "soft", 0.0),
        (74, 32, "timbre", 32 / 127),
    ],
)
def test_controllers_move_their_channel(number: int, value: int, dimension: str, expected: float) -> None:
    (event,) = _play(Translator(), _cc(number, value, 5))
    assert isinstance(event, ChannelExpression)
    assert (event.channel, event.dimension) == (5, dimension)
    assert event.value == pytest.approx(expected, abs=1e-12)


def test_a_pedal_is_down_from_64_on_and_not_below() -> None:
    """Where the standard puts it, in the terms of `ChannelExpression`: from 0.5 on."""
    values = [e.value for e in _play(Translator(), _cc(64, 63), _cc(64, 64)) if isinstance(e, ChannelExpression)]
    assert values[0] < 0.5 <= values[1]


def test_bend_reaches_exactly_its_range_both_ways() -> None:
    translator = Translator()
    events = _play(translator, _bend(8191), _bend(-8192), _bend(0), *_rpn(0, 12), _bend(8191), *_rpn(0, 7, 50))
    bends = [event.value for event in events if isinstance(event, ChannelExpression)]
    assert bends[:3] == [2.0, -2.0, 0.0]
    assert bends[4] == 12.0
    assert bends[-1] == pytest.approx(7.5, abs=1e-12), "a new range moves the wheel that is held"


def test_tuning_by_parameter_numbers_adds_to_the_wheel() -> None:
    translator = Translator()
    events = _play(translator, *_rpn(2, 64 + 3), *_rpn(1, 0x60, 0), _bend(8191))
    assert events[-1] == ChannelExpression(0, "bend", 3 + 0.5 + 2.0)


def test_pressure_of_the_channel_and_of_a_key() -> None:
    translator = Translator()
    _play(translator, _on(60), _on(64), _on(60))
    assert _play(translator, mido.Message("aftertouch", value=127)) == [ChannelExpression(0, "pressure", 1.0)]
    poly = mido.Message("polytouch", note=60, value=127)
    assert _play(translator, poly) == [NoteExpression(0, "pressure", 1.0), NoteExpression(2, "pressure", 1.0)]
    assert _play(translator, poly.copy(note=61)) == []


def test_a_program_is_chosen() -> None:
    assert _play(Translator(), mido.Message("program_change", program=5, channel=9)) == [ProgramChange(9, 5)]


@pytest.mark.parametrize("number", [123, 124, 125, 126, 127])
def test_all_notes_off_and_the_modes_that_imply_it(number: int) -> None:
    translator = Translator()
    _play(translator, _on(60, channel=4), _on(62, channel=4))
    assert _play(translator, _cc(number, 0, 4)) == [AllNotesOff(4)]
    assert _play(translator, _off(60, channel=4)) == [], "the notes are gone already"


def test_all_sound_off() -> None:
    translator = Translator()
    _play(translator, _on())
    assert _play(translator, _cc(120, 0)) == [AllSoundOff(0)]


def test_reset_controllers_follows_rp_015() -> None:
    translator = Translator()
    _play(translator, _on(), _bend(8191), _cc(7, 20), *_rpn(0, 12))
    events = _play(translator, _cc(121, 0))
    reset = {event.dimension: event.value for event in events if isinstance(event, ChannelExpression)}
    assert reset == {
        "bend": 0.0,
        "wheel": 0.0,
        "expression": 1.0,
        "sustain": 0.0,
        "sostenuto": 0.0,
        "soft": 0.0,
        "pressure": 0.0,
    }
    assert NoteExpression(0, "pressure", 0.0) in events
    assert _play(translator, _cc(6, 3), _bend(8191)) == [ChannelExpression(0, "bend", 12.0)], "the range stays"


def test_a_vanished_port_leaves_no_note_and_no_pedal() -> None:
    translator = Translator(channels=frozenset({1, 2}))
    _play(translator, _on(60, channel=1), _on(62, channel=1), _on(60, channel=2), _cc(64, 127, 2))
    events = translator.release_all()
    assert {event.note_id for event in events if isinstance(event, NoteOff)} == {0, 1, 2}
    assert ChannelExpression(2, "sustain", 0.0) in events and ChannelExpression(1, "sostenuto", 0.0) in events
    assert _play(translator, _off(60, channel=1)) == []


def test_a_system_reset_is_a_panic() -> None:
    translator = Translator()
    _play(translator, _on())
    assert {NoteOff(0), AllSoundOff()} <= set(_play(translator, mido.Message("reset")))


def test_a_learned_controller_has_no_other_meaning() -> None:
    translator = Translator(is_learned=lambda move: move.controller == Controller("cc", 1))
    parser = Parser()
    (message,) = parser.feed(_cc(1, 127).bytes())
    assert translator.feed(message) == [Move(0, Controller("cc", 1), 127)]
    (message,) = parser.feed(_cc(11, 127).bytes())
    assert translator.feed(message) == [
        ChannelExpression(0, "expression", 1.0),
        Move(0, Controller("cc", 11), 127),
    ]


class TestMpe:
    """Per-note expression."""

    def test_a_member_plays_on_its_zone_and_bends_its_own_note(self) -> None:
        translator = Translator(zones=Zones(lower=15))
        assert _play(translator, _on(60, 127, 1), _on(64, 127, 2)) == [NoteOn(0, 60, 1.0, 0), NoteOn(1, 64, 1.0, 0)]
        assert _play(translator, _bend(8191, 2)) == [NoteExpression(1, "bend", 48.0)]
        assert _play(translator, _bend(8191, 0)) == [ChannelExpression(0, "bend", 2.0)]
        assert _play(translator, mido.Message("aftertouch", value=127, channel=1)) == [
            NoteExpression(0, "pressure", 1.0)
        ]
        assert _play(translator, _cc(74, 0, 1)) == [NoteExpression(0, "timbre", 0.0)]

    def test_what_a_member_sent_before_its_note_is_the_notes(self) -> None:
        translator = Translator(zones=Zones(upper=5))
        assert _play(translator, _bend(-8192, 12), _cc(74, 127, 12)) == []
        assert _play(translator, _on(60, 127, 12)) == [
            NoteOn(0, 60, 1.0, 15),
            NoteExpression(0, "bend", -48.0),
            NoteExpression(0, "timbre", 1.0),
        ]

    def test_a_released_note_follows_its_channel_no_more(self) -> None:
        translator = Translator(zones=Zones(lower=15))
        _play(translator, _on(channel=1), _off(channel=1))
        assert _play(translator, _bend(8191, 1)) == []

    def test_zone_messages_on_a_member_mean_nothing(self) -> None:
        translator = Translator(zones=Zones(lower=15))
        program = mido.Message("program_change", program=5, channel=3)
        assert _play(translator, _cc(64, 127, 3), _cc(1, 3, 3), _cc(7, 3, 3), program) == []
        assert _play(translator, _cc(64, 127, 0)) == [ChannelExpression(0, "sustain", 1.0)]

    def test_a_controller_configures_itself(self) -> None:
        translator = Translator()
        _play(translator, _on(60, 127, 1), _on(60, 127, 9))
        assert _play(translator, *_rpn(6, 5)) == [NoteOff(0)], "channel 1 changes its part, channel 9 does not"
        assert translator.zones == Zones(lower=5)
        _play(translator, _on(61, 127, 5), _on(62, 127, 6))
        assert _play(translator, _bend(8191, 5), _bend(8191, 6)) == [
            NoteExpression(2, "bend", 48.0),
            ChannelExpression(6, "bend", 2.0),
        ]
        _play(translator, *_rpn(6, 0))
        assert translator.zones == Zones()
        assert _play(translator, _on(channel=5), _bend(8191, 5))[-1] == ChannelExpression(5, "bend", 2.0)

    def test_one_range_for_all_members(self) -> None:
        translator = Translator(zones=Zones(lower=3))
        _play(translator, _on(60, 127, 1), _on(62, 127, 3), *_rpn(0, 24, channel=2))
        assert _play(translator, _bend(8191, 3)) == [NoteExpression(1, "bend", 24.0)]
        assert _play(translator, _bend(8191, 0)) == [ChannelExpression(0, "bend", 2.0)]

    def test_all_notes_off_on_the_master_ends_the_zone(self) -> None:
        translator = Translator(zones=Zones(lower=3))
        _play(translator, _on(60, 127, 1))
        assert _play(translator, _cc(123, 0, 0)) == [AllNotesOff(0)]
        assert _play(translator, _off(60, 64, 1)) == []

    def test_the_filter_asks_for_the_master(self) -> None:
        translator = Translator(channels=frozenset({0}), zones=Zones(lower=3))
        assert _play(translator, _on(60, 127, 1)) == [NoteOn(0, 60, 1.0, 0)]
        assert _play(translator, _on(60, 127, 4)) == []


@given(st.binary(max_size=600), st.sampled_from([Zones(), Zones(15, 0), Zones(7, 7)]))
def test_any_bytes_leave_no_note_behind(noise: bytes, zones: Zones) -> None:
    """Every note that begins is ended by its own id, by its channel or at last by `release_all`, and only once."""
    translator, sounding = Translator(zones=zones), dict[int, int]()
    events = [event for message in Parser().feed(noise) for event in translator.feed(message)]
    for event in [*events, *translator.release_all()]:
        match event:
            case NoteOn(note, key, velocity, channel):
                assert note not in sounding and 0 < velocity <= 1 and 0 <= key <= 127
                sounding[note] = channel
            case NoteOff(note, velocity):
                assert note in sounding and 0 <= velocity <= 1
                del sounding[note]
            case AllNotesOff(ended) | AllSoundOff(ended) if ended is not None:
                sounding = {note: channel for note, channel in sounding.items() if channel != ended}
            case NoteExpression(note, _, value):
                assert note in sounding and abs(value) <= 127 + 2 + 64
            case _:
                pass
    assert not sounding
