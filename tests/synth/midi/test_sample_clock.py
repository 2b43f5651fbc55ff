"""Placing events at a constant latency, by simulation: arrivals, an engine whose blocks begin irregularly, drift."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.midi.sample_clock import SampleClock

_RATE = 44100
_BLOCK = 512


@dataclass(frozen=True)
class _Run:
    placed: list[int]
    naive: list[int]
    """Where events would be without the clock: at the first sample of the next block."""
    true: list[float]
    """Where they belong by the device's own count."""
    clock: SampleClock


def _simulate(*, jitter_s: float, drift_ppm: float, latency: int, seconds: float = 60.0, seed: int = 0) -> _Run:
    """Blocks begin when the device asks for them and up to `jitter_s` later; notes come 20 times a second."""
    rng = np.random.default_rng(seed)
    device_rate = _RATE * (1 + drift_ppm * 1e-6)
    clock = SampleClock(_RATE, latency)
    arrivals = np.sort(rng.uniform(5.0, seconds, 20 * round(seconds)))
    placed, naive, true, waiting = [], [], [], list(arrivals)
    for block in range(int(seconds * device_rate / _BLOCK)):
        now = block * _BLOCK / device_rate + jitter_s * rng.beta(1, 4)
        clock.observe(now, block * _BLOCK)
        while waiting and waiting[0] <= now:
            arrived = waiting.pop(0)
            placed.append(clock.place(arrived))
            naive.append(block * _BLOCK)
            true.append(arrived * device_rate)
    return _Run(placed, naive, true, clock)


def _spread_ms(placed: list[int], true: list[float]) -> float:
    """p99 − p1 of the time from arrival to sound."""
    low, high = np.percentile(np.subtract(placed, true), [1, 99])
    return float(1000 * (high - low) / _RATE)


@pytest.mark.parametrize("drift_ppm", [0.0, 100.0, -100.0])
def test_jitter_of_the_engine_is_not_heard(drift_ppm: float) -> None:
    run = _simulate(jitter_s=0.006, drift_ppm=drift_ppm, latency=_BLOCK + round(0.006 * _RATE))
    assert _spread_ms(run.naive, run.true) > 11, "a block of 11.6 ms spreads notes by as much"
    assert _spread_ms(run.placed, run.true) < 0.5
    assert run.clock.late == 0


def test_drift_of_the_clocks_changes_no_delay() -> None:
    """100 ppm are 60 ms in ten minutes. A line of the nominal slope would lag by 0.2 ms: the slope is followed too."""
    delays = []
    for drift_ppm in (0.0, 100.0):
        run = _simulate(jitter_s=0.002, drift_ppm=drift_ppm, latency=_BLOCK + 200, seconds=600.0)
        delays.append(np.subtract(run.placed, run.true)[-4000:].mean())
    assert abs(delays[1] - delays[0]) < 0.00005 * _RATE


def test_a_late_event_is_moved_to_the_next_sample_and_counted() -> None:
    run = _simulate(jitter_s=0.006, drift_ppm=0.0, latency=_BLOCK // 2, seconds=20)
    assert run.clock.late > 20 and run.clock.worst_late_samples > 0
    assert np.all(np.array(run.placed) >= np.array(run.naive)), "never into a block that was computed"


@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(1, 4096), st.floats(-0.5, 0.5)), max_size=60))
def test_events_stay_in_order_and_out_of_the_past_whatever_happens(steps: list[tuple[float, int, float]]) -> None:
    clock, now, sample, last = SampleClock(_RATE, 500), 0.0, 0, 0
    for wait_s, block, when_s in steps:
        now += wait_s
        clock.observe(now, sample)
        placed = clock.place(now + when_s)
        assert placed >= sample and placed >= last
        last, sample = placed, sample + block


def test_an_interruption_begins_a_new_line() -> None:
    clock = SampleClock(_RATE, 1000)
    for block in range(200):
        clock.observe(block * _BLOCK / _RATE, block * _BLOCK)
    back = 200 * _BLOCK / _RATE + 3.0
    clock.observe(back, 200 * _BLOCK)
    assert clock.place(back) == 200 * _BLOCK + 1000


def test_an_event_before_the_first_block_waits_for_it() -> None:
    clock = SampleClock(_RATE, 1000)
    clock.observe(7.0, 0)
    assert clock.place(0.0) == 0


def test_a_source_that_is_ahead_of_time_holds_no_other_up() -> None:
    clock = SampleClock(_RATE, 100)
    clock.observe(0.0, 0)
    assert clock.place(1.0, "file") == _RATE + 100
    assert clock.place(0.0, "keyboard") == 100
    assert clock.place(0.5, "file") == _RATE + 100
