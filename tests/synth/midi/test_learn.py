"""MIDI learn and soft takeover."""

import json
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.midi.controllers import Controller, Move
from synth.midi.learn import LearnedFile, MidiLearn, ParameterMove, Source


class _Parameters:
    """Values that an engine holds; each set arrives `delay` moves later."""

    def __init__(self, *, delay: int = 0, steps: int = 0, **values: float) -> None:
        self.values = values
        self._delay, self._steps = delay, steps
        self._on_the_way: deque[ParameterMove] = deque()

    def known(self, parameter: str) -> bool:
        return parameter in self.values

    def current(self, parameter: str) -> float:
        return self.values[parameter]

    def snapped(self, parameter: str, value: float) -> float:
        return round(value * self._steps) / self._steps if self._steps else value

    def set(self, move: ParameterMove | None) -> None:
        if move is not None:
            self._on_the_way.append(move)
        while len(self._on_the_way) > (self._delay if move is not None else 0):
            arrived = self._on_the_way.popleft()
            self.values[arrived.parameter] = self.snapped(arrived.parameter, arrived.value)


def _move(value: int, number: int = 20, channel: int = 0, kind: str = "cc") -> Move:
    return Move(channel, Controller(kind, number), value)  # type: ignore[arg-type]


def _learned(parameters: _Parameters, number: int = 20) -> MidiLearn:
    return MidiLearn(parameters, {Source(0, Controller("cc", number)): "tilt"})


def test_the_next_controller_is_learned() -> None:
    learn = MidiLearn(_Parameters(tilt=0.5))
    learn.learn("tilt")
    assert learn.is_learned(_move(64))
    assert learn.feed(_move(64)) == ParameterMove("tilt", 64 / 127)
    assert learn.waiting == "" and learn.learned == {Source(0, Controller("cc", 20)): "tilt"}
    assert not learn.is_learned(_move(64, number=21)) and learn.feed(_move(64, number=21)) is None
    assert not learn.is_learned(_move(64, channel=1))


def test_one_controller_for_a_parameter_and_one_parameter_for_a_controller() -> None:
    learn = MidiLearn(_Parameters(tilt=0.5, width=0.5))
    for parameter, number in (("tilt", 20), ("width", 20), ("tilt", 21), ("tilt", 22)):
        learn.learn(parameter)
        learn.feed(_move(0, number=number))
    assert learn.learned == {Source(0, Controller("cc", 20)): "width", Source(0, Controller("cc", 22)): "tilt"}
    learn.forget("tilt")
    assert list(learn.learned.values()) == ["width"]


def test_bank_select_and_registered_parameters_are_no_knobs() -> None:
    learn = MidiLearn(_Parameters(tilt=0.5))
    learn.learn("tilt")
    for move in (_move(1, number=0), _move(1, number=32), _move(2, number=0, kind="rpn")):
        assert not learn.is_learned(move) and learn.feed(move) is None
    assert learn.waiting == "tilt"
    assert learn.feed(_move(64, number=999, kind="nrpn")) == ParameterMove("tilt", 64 / 127)


def test_a_parameter_waits_for_its_controller() -> None:
    parameters = _Parameters(tilt=0.8)
    learn = _learned(parameters)
    assert [learn.feed(_move(value)) for value in (10, 40, 90)] == [None, None, None]
    assert learn.feed(_move(110)) == ParameterMove("tilt", 110 / 127), "0.8 has been passed"
    parameters.set(ParameterMove("tilt", 110 / 127))
    assert learn.feed(_move(3)) == ParameterMove("tilt", 3 / 127), "once it leads it may jump"


def test_a_parameter_that_was_moved_elsewhere_waits_again() -> None:
    parameters = _Parameters(tilt=0.0)
    learn = _learned(parameters)
    parameters.set(learn.feed(_move(0)))
    parameters.set(learn.feed(_move(30)))
    parameters.values["tilt"] = 0.9
    assert learn.feed(_move(31)) is None
    parameters.values["tilt"] = 30 / 127
    assert learn.feed(_move(5)) is not None, "passed on the way from 31 to 5"
    parameters.values["tilt"] = 0.9
    assert learn.feed(_move(6)) is None
    parameters.values["tilt"] = 30 / 127
    assert learn.feed(_move(7)) is None, "where it once was led to is not where it is led now"


def test_a_parameter_in_steps_is_led_all_the_way() -> None:
    parameters = _Parameters(steps=3, tilt=0.0)
    learn = _learned(parameters)
    for value in range(128):
        move = learn.feed(_move(value))
        assert move == ParameterMove("tilt", value / 127)
        parameters.set(move)


@given(st.floats(0, 1), st.lists(st.integers(0, 127), min_size=1, max_size=60), st.integers(0, 20))
def test_nothing_jumps_before_the_takeover_and_nothing_is_lost_after_it(
    start: float, positions: list[int], delay: int
) -> None:
    """However late the engine reports the values it was sent."""
    parameters = _Parameters(delay=delay, tilt=start)
    learn, before, leads = _learned(parameters), None, False
    for position in positions:
        value = position / 127
        move = learn.feed(_move(position))
        reached = abs(value - start) <= 1.5 / 127
        passed = before is not None and min(before, value) <= start <= max(before, value)
        leads = leads or reached or passed
        assert (move is not None) == leads
        parameters.set(move)
        before = value
    if leads:
        parameters.set(None)
        assert parameters.values["tilt"] == positions[-1] / 127


def test_a_pair_moves_in_14_bits() -> None:
    learn = _learned(_Parameters(tilt=0.0), number=1)
    move = Move(0, Controller("cc", 1), 0, 1, has_fine=True)
    assert learn.feed(move) == ParameterMove("tilt", 1 / 16383)


def test_learned_controllers_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "midi.json"
    learned = {
        Source(0, Controller("cc", 74)): "tilt",
        Source(15, Controller("nrpn", 1234)): "a_parameter_of_a_later_version",
    }
    LearnedFile(path).write(learned)
    again = LearnedFile(path)
    assert again.learned == learned and again.problems == []
    learn = MidiLearn(_Parameters(tilt=0.0), again.learned)
    assert not learn.is_learned(_move(3, number=1234, channel=15, kind="nrpn")), "unknown here: it has no effect"
    again.write({})
    assert LearnedFile(path).learned == {}


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (3, "an object"),
        ({"channel": 0, "kind": "cc", "number": 1, "parameter": "tilt"}, "a whole number from 1 to 16"),
        ({"channel": 1, "kind": "cc", "number": 128, "parameter": "tilt"}, "a whole number from 0 to 127"),
        ({"channel": 1, "kind": "x", "number": 1, "parameter": "tilt"}, "a kind"),
        ({"channel": 1, "kind": ["cc"], "number": 1, "parameter": "tilt"}, "a kind"),
        ({"channel": 1, "kind": "cc", "number": 1}, "a text"),
    ],
)
def test_a_damaged_entry_costs_only_itself(tmp_path: Path, entry: object, wanted: str) -> None:
    path = tmp_path / "midi.json"
    good = {"channel": 2, "kind": "cc", "number": 1, "parameter": "tilt"}
    path.write_text(json.dumps({"controllers": [entry, good]}))
    stored = LearnedFile(path)
    assert stored.learned == {Source(1, Controller("cc", 1)): "tilt"}
    (problem,) = stored.problems
    assert str(path) in problem and "controller 1 " in problem and wanted in problem


@pytest.mark.parametrize("content", ["", "[]", "{", '{"controllers": 3}', "\0"])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "midi.json"
    path.write_text(content)
    stored = LearnedFile(path)
    assert stored.learned == {} and len(stored.problems) == 1 and str(path) in stored.problems[0]
