"""The engine's lead: raised when the sound came close to breaking, given back when it is not needed."""

import numpy as np
import pytest

from synth.engine.lead import MOST_S, STEP_S, Lead
from tests.doubles.instruments import SineInstrument, wait_until
from tests.synth.engine.test_engine import playing, settled

ALARM_S, PLENTY_S = 0.03, 0.05


def test_coming_close_raises_it_one_step_at_a_time_up_to_a_limit() -> None:
    lead = Lead()
    lead.note(PLENTY_S, ALARM_S, 0.0)
    assert lead.s == 0
    # A series of late blocks is one reason: until the engine had time to get ahead, they say nothing new.
    for now in np.arange(1.0, 1.4, 0.02):
        lead.note(0.01, ALARM_S, now)
    assert lead.s == STEP_S
    for now in range(2, 20):
        lead.note(0.01, ALARM_S, now)
    assert lead.s == pytest.approx(MOST_S)


def test_it_is_given_back_after_calm_but_not_when_that_would_come_close() -> None:
    lead = Lead()
    lead.note(0.01, ALARM_S, 0.0)
    lead.note(0.01, ALARM_S, 1.0)
    assert lead.s == 2 * STEP_S
    for now in np.arange(1.5, 19, 0.5):
        lead.note(ALARM_S + STEP_S - 0.002, ALARM_S, now)
    assert lead.s == 2 * STEP_S
    # Twenty seconds in which it was needed once: without the step the sound would have come close.
    for now in np.arange(19, 22, 0.5):
        lead.note(2 * ALARM_S + STEP_S, ALARM_S, now)
    assert lead.s == 2 * STEP_S
    for now in np.arange(22, 43, 0.5):
        lead.note(2 * ALARM_S + STEP_S, ALARM_S, now)
    assert lead.s == STEP_S
    for now in np.arange(43, 90, 0.5):
        lead.note(float("inf"), ALARM_S, now)
    assert lead.s == 0


def test_an_engine_that_was_nearly_late_works_further_ahead_and_says_so() -> None:
    instrument = SineInstrument()

    def late() -> bool:
        instrument.delay_before_s = 0.03
        return engine.pressed

    with playing(instrument) as (engine, _):
        settled(engine, 60)
        before, lead_s = engine.status().latency_s, engine._pace.lead_s
        wait_until(late)
        wait_until(lambda: not engine.pressed)
        assert engine._pace.lead_s > lead_s
        settled(engine, 60)
        assert engine.status().latency_s - before == pytest.approx(engine._pace.lead_s - lead_s, abs=0.01)
