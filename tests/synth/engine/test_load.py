"""The engine's answers to load: a slower culture, more work ahead, and telling when nothing helps."""

from types import SimpleNamespace

import numpy as np
import pytest

from synth.engine.load import MOST_AHEAD_S, STEP_S, EngineLoad, EvolutionLimit, WorkAhead
from tests.doubles.instruments import SineInstrument, wait_until
from tests.synth.engine.test_engine import playing, settled

ALARM_S, PLENTY_S = 0.03, 0.05


def test_load_slows_evolution_and_lets_it_recover() -> None:
    evolution = EvolutionLimit()
    for _ in range(60):
        evolution.note(0.025, 0.023, 0.05, 0.02)
    assert evolution.slowed
    assert evolution.limit < 0.5
    for _ in range(300):
        evolution.note(0.008, 0.023, 0.05, 0.02)
    assert evolution.limit == 1.0
    evolution.note(0.008, 0.023, 0.01, 0.02)
    assert evolution.limit == 0.5


def test_a_load_above_one_is_lost_after_a_second_unless_it_is_excused(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("synth.engine.load.time", SimpleNamespace(monotonic=lambda: clock[0]))
    load = EngineLoad()

    def block(took_s: float, excused: bool = False) -> bool:
        clock[0] += took_s
        load.note(took_s, 0.023, 0.05, 0.06)
        return load.is_lost(excused=excused)

    assert not any(block(0.02) for _ in range(200))
    began = clock[0]
    while not block(0.03):
        assert clock[0] < began + 3
    # The smoothed load needs a dozen blocks to pass 1, and only then does the second begin.
    assert clock[0] - began > 1.0
    began = clock[0]
    assert not any(block(0.03, excused=True) for _ in range(100))
    assert clock[0] > began + 2


def test_coming_close_raises_it_one_step_at_a_time_up_to_a_limit() -> None:
    ahead = WorkAhead()
    ahead.note(PLENTY_S, ALARM_S, 0.0)
    assert ahead.seconds == 0
    # A series of late blocks is one reason: until the engine had time to get ahead, they say nothing new.
    for now in np.arange(1.0, 1.4, 0.02):
        ahead.note(0.01, ALARM_S, now)
    assert ahead.seconds == STEP_S
    for now in range(2, 20):
        ahead.note(0.01, ALARM_S, now)
    assert ahead.seconds == pytest.approx(MOST_AHEAD_S)


def test_it_is_given_back_after_calm_but_not_when_that_would_come_close() -> None:
    ahead = WorkAhead()
    ahead.note(0.01, ALARM_S, 0.0)
    ahead.note(0.01, ALARM_S, 1.0)
    ahead.note(0.01, ALARM_S, 2.0)
    assert ahead.seconds == pytest.approx(3 * STEP_S)
    for now in np.arange(2.5, 20, 0.5):
        ahead.note(ALARM_S + STEP_S - 0.002, ALARM_S, now)
    assert ahead.seconds == pytest.approx(3 * STEP_S)
    # Twenty seconds in which it was needed once: without the step the sound would have come close.
    for now in np.arange(20, 23, 0.5):
        ahead.note(ALARM_S + 4 * STEP_S, ALARM_S, now)
    assert ahead.seconds == pytest.approx(3 * STEP_S)
    for now in np.arange(23, 44, 0.5):
        ahead.note(ALARM_S + 1.5 * STEP_S, ALARM_S, now)
    assert ahead.seconds == pytest.approx(2 * STEP_S)


@pytest.mark.parametrize("left_s", [ALARM_S + 3 * STEP_S + 0.001, float("inf")])
def test_all_of_it_is_given_back_within_half_a_minute_of_calm(left_s: float) -> None:
    ahead = WorkAhead()
    for now in range(3):
        ahead.note(0.01, ALARM_S, float(now))
    assert ahead.seconds == pytest.approx(MOST_AHEAD_S)
    for now in np.arange(2.5, 27, 0.5):
        ahead.note(left_s, ALARM_S, now)
    assert ahead.seconds == 0


def test_an_engine_that_was_nearly_late_works_further_ahead_and_says_so() -> None:
    instrument = SineInstrument()

    def late() -> bool:
        instrument.delay_before_s = 0.03
        return engine.pressed

    with playing(instrument) as (engine, _):
        settled(engine, 200)
        before, ahead_s = engine.status().latency_s, engine._load.ahead_s
        wait_until(late)
        wait_until(lambda: not engine.pressed)
        assert engine._load.ahead_s > ahead_s
        settled(engine, 200)
        assert engine.status().latency_s - before == pytest.approx(engine._load.ahead_s - ahead_s, abs=0.01)
