"""Outputs that are lost, stall, hang or are not there yet: silence takes their place, and they come back."""

import threading
import time

import numpy as np
import pytest

from synth.device import audio_out
from synth.device.audio_out import LOOK_AGAIN_S
from synth.device.sinks import Sink
from synth.errors import AudioDeviceError
from tests.doubles.instruments import ScriptedSink, wait_until
from tests.synth.device.bench import BLOCK, Bench

pytestmark = pytest.mark.usefixtures("no_rescans")


def test_a_lost_device_is_replaced_by_silence_and_comes_back() -> None:
    first, second = ScriptedSink("first"), ScriptedSink("second")
    with Bench(first, AudioDeviceError("still gone"), second).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        first.fail = True
        wait_until(lambda: bench.out.feeding.silent)
        made = bench.made
        wait_until(lambda: bench.made > made + 4 * BLOCK)
        wait_until(lambda: bench.out.feeding.name == "second")
        wait_until(lambda: len(second.chunks) > 60)
    assert "unplugged" in bench.notices[0]
    assert bench.notices[-1] == "The output “second” is back."
    assert first.closed
    assert np.abs(second.audio).max() > 0.1


def test_a_stalled_device_is_noticed_after_three_seconds() -> None:
    sink = ScriptedSink("stuck")
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        sink.stall = True
        start = time.monotonic()
        wait_until(lambda: bench.out.feeding.silent)
        assert time.monotonic() - start > 2.5
        made = bench.made
        wait_until(lambda: bench.made > made + 4 * BLOCK)
        sink.stall = False
    assert "takes no more sound" in bench.notices[0]


def test_a_lost_device_is_looked_for_for_ever_and_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "LOOK_AGAIN_S", (0.02,))
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        sink.fail = True
        # More looks than the six after which it used to give up.
        wait_until(lambda: len(bench.opened) > 12)
        bench.sinks.append(ScriptedSink("again"))
        wait_until(lambda: bench.out.feeding.name == "again")
    assert len(bench.notices) == 2
    assert "unplugged" in bench.notices[0]
    assert bench.notices[1] == "The output “again” is back."


def test_a_start_without_a_device_looks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "LOOK_AGAIN_S", (0.02,))
    with Bench().running() as bench:
        wait_until(lambda: len(bench.opened) > 3)
        bench.sinks.append(ScriptedSink("plugged in"))
        wait_until(lambda: not bench.out.feeding.silent)
    assert bench.notices == [
        "There is no sound output on this machine. Playing on in silence.",
        "The output “plugged in” is there now.",
    ]


def test_looks_are_gentle_and_come_within_five_seconds() -> None:
    assert list(LOOK_AGAIN_S) == sorted(LOOK_AGAIN_S)
    assert LOOK_AGAIN_S[0] >= 0.5
    # And a second or two for PortAudio to look and the sound to flow.
    assert LOOK_AGAIN_S[-1] <= 3.0


class Gate:
    """Devices that answer only when told to, as those of a sound server that hangs; the first few answer at once."""

    def __init__(self, *prompt: ScriptedSink) -> None:
        self.prompt = list(prompt)
        self.asked: list[str | None] = []
        self.opened = threading.Event()
        self.late = ScriptedSink("late")

    def open(self, wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        self.asked.append(wanted)
        if self.prompt:
            return self.prompt.pop(0)
        assert self.opened.wait(10)
        return self.late


@pytest.mark.usefixtures("impatient")
def test_a_device_that_opens_after_the_limit_is_used_and_nobody_calls_twice() -> None:
    gate = Gate()
    with Bench(open_device=gate.open).running() as bench:
        wait_until(lambda: bench.made > 8 * BLOCK)
        assert bench.out.feeding.silent
        # A second call into a dead driver would only get stuck beside the first.
        assert len(gate.asked) == 1
        gate.opened.set()
        wait_until(lambda: bench.out.feeding.name == "late")
        wait_until(lambda: len(gate.late.chunks) > 60)
    assert len(bench.notices) == 2
    assert "does not answer" in bench.notices[0]
    assert np.abs(gate.late.audio).max() > 0.1


@pytest.mark.usefixtures("impatient")
def test_a_device_that_opens_when_nobody_wants_it_any_more_is_closed() -> None:
    first = ScriptedSink("first")
    gate = Gate(first)
    with Bench(open_device=gate.open).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        refused = bench.out.ask_device("late")
        assert "“late” does not answer" in refused.result(5)
        # What plays is left alone by a device that is silent.
        assert bench.out.feeding.name == "first"
        gate.opened.set()
        wait_until(lambda: gate.late.closed)
        assert bench.out.feeding.name == "first"
        assert not first.closed
    assert not gate.late.chunks


def test_a_program_that_was_halted_blames_no_device_and_says_so_once() -> None:
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        feeder, out = bench.out.feeding._feeder, bench.out
        assert feeder is not None
        # As after SIGCONT: the feeder's last success is a minute old, and the supervisor's tick took as long.
        out._trusted_from = 0.0
        feeder.moved_at = time.monotonic() - 60
        assert "takes no more sound" in out.feeding.trouble(out._trusted_from)
        feeder.moved_at = time.monotonic() - 60
        out._forgive_a_halt(60.0)
        # The gaps that the halt made are counted, and no reason for a longer delay.
        feeder.underruns += 5
        assert out.feeding.trouble(out._trusted_from) == ""
        wait_until(lambda: bench.made > 12 * BLOCK)
    assert bench.opened == [None]
    assert bench.notices == ["Petrichord stood still for 60 s, as when a machine sleeps, and plays on where it was."]


@pytest.mark.usefixtures("impatient")
def test_a_device_that_opens_while_the_program_closes_is_closed() -> None:
    gate = Gate()
    with Bench(open_device=gate.open).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
    gate.opened.set()
    wait_until(lambda: gate.late.closed)
    assert not gate.late.chunks


def test_without_any_device_time_goes_on_in_silence() -> None:
    with Bench().running() as bench:
        start = time.monotonic()
        wait_until(lambda: bench.made > 30 * BLOCK)
        assert 0.4 < time.monotonic() - start < 5
        assert bench.out.feeding.silent
    assert bench.notices == ["There is no sound output on this machine. Playing on in silence."]
