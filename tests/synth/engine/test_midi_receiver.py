"""What MIDI asks for, at an engine."""

import pytest

from synth.engine.notes.midi_receiver import EngineReceiver
from synth.instrument.events import SetParameter
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS
from synth.midi.learn import ParameterMove
from tests.doubles.engine import FakeEngine, as_engine


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def receiver(engine: FakeEngine) -> EngineReceiver:
    return EngineReceiver(
        as_engine(engine), lambda number: engine.calls.append(f"program {number}"), engine.calls.append
    )


def test_notes_and_programs_are_passed_on(engine: FakeEngine, receiver: EngineReceiver) -> None:
    receiver.play_notes([NoteOn(1, 60, 1.0)], 2.5, "keyboard")
    receiver.choose_program(7)
    assert engine.notes == [(NoteOn(1, 60, 1.0), 2.5, "keyboard")] and engine.calls == ["program 7"]


def test_a_clock_is_followed_when_the_controls_say_so(engine: FakeEngine, receiver: EngineReceiver) -> None:
    assert not receiver.follows_clock
    engine.send(SetParameter("midi_clock", True))
    assert receiver.follows_clock
    receiver.move_tempo(99.5)
    receiver.tell("The clock is gone.")
    assert engine.sent(SetParameter)[-1] == SetParameter("tempo_bpm", 99.5) and engine.calls == ["The clock is gone."]


@pytest.mark.parametrize("id", sorted(PARAMETERS))
def test_every_parameter_can_be_moved_to_both_ends_and_read_back(
    id: str, engine: FakeEngine, receiver: EngineReceiver
) -> None:
    for share, value in ((0.0, PARAMETERS[id].minimum), (1.0, PARAMETERS[id].maximum)):
        receiver.move_parameter(ParameterMove(id, share))
        (moved,) = engine.sent(SetParameter)[-1:]
        assert isinstance(moved, SetParameter) and (moved.id, moved.value) == (id, pytest.approx(value, rel=1e-12))
        assert receiver.known(id) and receiver.current(id) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("id", sorted(PARAMETERS))
def test_a_snapped_value_is_what_the_engine_then_has(id: str, receiver: EngineReceiver) -> None:
    for step in range(0, 128, 7):
        receiver.move_parameter(ParameterMove(id, step / 127))
        assert receiver.current(id) == pytest.approx(receiver.snapped(id, step / 127), abs=1e-9)


def test_the_brush_and_what_is_not_known_here_is_no_parameter(receiver: EngineReceiver) -> None:
    assert not receiver.known("a_parameter_of_a_later_version")
    assert not any(receiver.known(id) for id in BRUSH_PARAMETERS)
