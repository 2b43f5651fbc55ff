"""Control changes as values: coarse, fine, and parameter numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.midi.controllers import Controller, ControllerReader, Move

_CC = Controller("cc", 1)


def _feed(reader: ControllerReader, *changes: tuple[int, int], channel: int = 0) -> list[Move | None]:
    return [reader.feed(channel, number, value) for number, value in changes]


def _last(reader: ControllerReader, *changes: tuple[int, int]) -> Move:
    move = _feed(reader, *changes)[-1]
    assert move is not None
    return move


def test_seven_bits_reach_both_ends() -> None:
    reader = ControllerReader()
    assert _last(reader, (1, 0)).value == 0
    assert _last(reader, (1, 127)).value == 1
    assert _last(reader, (74, 127)).value == 1


@given(st.integers(0, 16383))
def test_a_pair_is_one_value_of_14_bits(value: int) -> None:
    reader = ControllerReader()
    move = _last(reader, (1, value >> 7), (33, value & 127))
    assert (move.controller, move.value) == (_CC, value / 16383)


def test_a_new_coarse_half_sets_the_fine_one_to_zero() -> None:
    reader = ControllerReader()
    assert _last(reader, (1, 10), (33, 100), (1, 11)).value == (11 << 7) / 16383


def test_a_fine_number_alone_is_a_controller_of_its_own() -> None:
    assert _last(ControllerReader(), (33, 127)) == Move(0, Controller("cc", 33), 127)


@pytest.mark.parametrize(("kind", "fine", "coarse"), [("nrpn", 98, 99), ("rpn", 100, 101)])
def test_parameter_numbers_are_selected_in_either_order(kind: str, fine: int, coarse: int) -> None:
    for select in ([(coarse, 9), (fine, 5)], [(fine, 5), (coarse, 9)]):
        reader = ControllerReader()
        assert _feed(reader, *select) == [None, None]
        move = _last(reader, (6, 64), (38, 1))
        assert (move.controller.kind, move.controller.number, move.value) == (kind, 9 << 7 | 5, (64 << 7 | 1) / 16383)


def test_after_the_null_parameter_data_entry_is_a_plain_controller() -> None:
    reader = ControllerReader()
    move = _last(reader, (101, 0), (100, 0), (6, 12), (101, 127), (100, 127), (6, 3))
    assert move == Move(0, Controller("cc", 6), 3)


def test_half_a_selection_of_another_kind_selects_nothing() -> None:
    """A stray NRPN half after an RPN must not write to the parameter that the RPN had selected."""
    move = _last(ControllerReader(), (101, 0), (100, 0), (99, 1), (6, 3))
    assert move.controller == Controller("cc", 6)


def test_channels_do_not_mix() -> None:
    reader = ControllerReader()
    _feed(reader, (101, 0), (100, 0), channel=0)
    assert reader.feed(1, 6, 5) == Move(1, Controller("cc", 6), 5)


def test_increment_and_decrement_stop_at_the_ends() -> None:
    reader = ControllerReader()
    _feed(reader, (101, 0), (100, 2), (6, 126))
    values = [move.coarse for move in _feed(reader, *[(96, 0)] * 3, *[(97, 0)] * 2) if move is not None]
    assert values == [127, 127, 127, 126, 125]


@given(st.lists(st.tuples(st.integers(0, 119), st.integers(0, 127)), max_size=200))
def test_every_value_lies_in_its_range(changes: list[tuple[int, int]]) -> None:
    for move in _feed(ControllerReader(), *changes):
        assert move is None or (0 <= move.value <= 1 and 0 <= move.controller.number <= 16383)
