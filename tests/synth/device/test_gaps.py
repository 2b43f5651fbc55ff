"""Gaps in the output: faded, counted, answered with a longer queue that is short again when all is calm."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.device import queue_length
from tests.doubles.instruments import ScriptedSink, roughness, wait_until
from tests.synth.device.bench import BLOCK, LEVEL, NO_CLICK, Bench, tone

pytestmark = pytest.mark.usefixtures("no_rescans")


def stretches(heard: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What is heard between silences of 2 ms and more."""
    loud = np.flatnonzero(heard)
    return [heard[part[0] : part[-1] + 1] for part in np.split(loud, np.flatnonzero(np.diff(loud) > 88) + 1)]


def test_a_late_engine_costs_a_faded_gap_and_not_one_sample() -> None:
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 12 * BLOCK)
        bench.pause.set()
        wait_until(lambda: bench.out.feeding.underruns >= 1)
        time.sleep(0.1)
        bench.pause.clear()
        made = bench.made
        wait_until(lambda: bench.made > made + 12 * BLOCK)
    heard = stretches(sink.audio[:, 0])
    assert len(heard) >= 2
    assert roughness(sink.audio) < NO_CLICK
    made_sound, expected = tone(0, bench.made), 0
    for part in heard:
        # The first and last chunk of a stretch are faded. A fade begins with an exact zero, hence two samples of grace.
        begins = [
            b
            for b in range(expected - 2, expected + 3)
            if np.array_equal(part[256:-512], made_sound[max(0, b) + 256 :][: len(part) - 768])
        ]
        assert begins, "samples were lost or repeated"
        expected = begins[0] + len(part)


def test_latency_does_not_grow_by_a_gap() -> None:
    with Bench(ScriptedSink()).running() as bench:
        for _ in range(2):
            made = bench.made
            wait_until(lambda made=made: bench.made > made + 10 * BLOCK)
            bench.pause.set()
            time.sleep(0.15)
            bench.pause.clear()
        made = bench.made
        wait_until(lambda: bench.made > made + 10 * BLOCK)
        assert bench.ring.ready <= LEVEL + BLOCK
        assert bench.out.feeding.underruns >= 2


def test_gaps_that_pile_up_are_answered_with_a_longer_queue() -> None:
    first, second = ScriptedSink("first"), ScriptedSink("second", full_s=0.1)
    with Bench(first, second).running() as bench:
        while len(bench.opened) < 2:
            made = bench.made
            wait_until(lambda made=made: bench.made > made + 4 * BLOCK or len(bench.opened) == 2)
            bench.pause.set()
            time.sleep(0.12)
            bench.pause.clear()
        wait_until(lambda: len(second.chunks) > 60)
    assert bench.latencies == pytest.approx([0.045, 0.09])
    assert "too busy" in bench.notices[0]
    assert "as quick as before once the machine is calm" in bench.notices[0]
    assert np.abs(second.audio).max() > 0.1
    assert roughness(first.audio) < NO_CLICK


def test_a_queue_that_was_made_longer_is_as_short_as_before_when_all_is_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_length, "CALM_S", 1.0)
    sinks = [ScriptedSink(name, full_s=full_s) for name, full_s in (("short", 0.046), ("long", 0.1), ("again", 0.046))]
    with Bench(*sinks).running() as bench:
        while len(bench.opened) < 2:
            made = bench.made
            wait_until(lambda made=made: bench.made > made + 4 * BLOCK or len(bench.opened) == 2)
            bench.pause.set()
            time.sleep(0.12)
            bench.pause.clear()
        wait_until(lambda: len(sinks[2].chunks) > 60)
    assert bench.latencies == pytest.approx([0.045, 0.09, 0.045])
    # As much as the device held, which is twice as much now.
    assert "46 ms later" in bench.notices[0]
    assert bench.notices[1] == "The machine is calm again: what you play is heard as quickly as before."
    for sink in sinks:
        assert roughness(sink.audio) < NO_CLICK


def test_gaps_in_silence_are_not_counted() -> None:
    sink = ScriptedSink()
    bench = Bench(sink)
    bench.level = 0.0
    with bench.running():
        wait_until(lambda: bench.made > 8 * BLOCK)
        bench.pause.set()
        time.sleep(0.2)
        bench.pause.clear()
        made = bench.made
        wait_until(lambda: bench.made > made + 8 * BLOCK)
        assert bench.out.feeding.underruns == 0
        bench.level = 1.0
        wait_until(lambda: np.abs(sink.audio[-2000:]).max() > 0.1)
        bench.pause.set()
        time.sleep(0.2)
        bench.pause.clear()
        wait_until(lambda: bench.out.feeding.underruns == 1)


def test_a_sink_that_was_halted_and_does_not_tell_is_a_counted_gap() -> None:
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 12 * BLOCK)
        before = bench.out.feeding.underruns
        sink.stall = True
        time.sleep(0.4)
        sink.stall = False
        wait_until(lambda: bench.out.feeding.underruns > before)
    assert bench.notices == []
