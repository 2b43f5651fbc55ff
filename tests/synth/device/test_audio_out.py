"""The output as a whole: what is sent, moving to another device, requests that come at any step."""

import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from synth.device.audio_out import AudioOut
from synth.device.output_states import Event, State
from synth.device.ring import Ring
from synth.errors import AudioDeviceError
from tests.doubles.instruments import RATE, ScriptedSink, roughness, wait_until
from tests.synth.device.bench import BLOCK, LEVEL, NO_CLICK, Bench

if TYPE_CHECKING:
    from _typeshed import TraceFunction

pytestmark = pytest.mark.usefixtures("no_rescans")


def test_what_is_tapped_is_what_is_sent() -> None:
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 6 * BLOCK)
    assert np.array_equal(np.concatenate(bench.sent), sink.audio)


def test_a_request_that_comes_at_any_step_of_the_supervisor_is_not_lost() -> None:
    """A second one is made between every two bytecodes of the supervisor in turn, from where it takes up the first."""
    for moment in range(1, 400, 3):
        out = AudioOut(RATE, Ring(1 << 14), LEVEL, lambda chunk: None, lambda text, urgent: None)
        out._open_device = lambda wanted, rate_hz, latency_s: ScriptedSink(str(wanted))
        second, playing = _asked_at(out, moment)
        assert playing == ("second" if second else "first"), moment
        if not second:
            return
    raise AssertionError("the supervisor never came to rest")


def _asked_at(out: AudioOut, moment: int) -> tuple[bool, str]:
    """Ask for "first", for "second" at the n-th bytecode from then on: whether there were so many, and what plays."""
    steps, asked = [0], [False]

    def trace(frame: FrameType, event: str, arg: object) -> "TraceFunction | None":
        if not frame.f_code.co_filename.endswith("audio_out.py") or frame.f_code.co_name == "set_device":
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps[0] += 1
            if steps[0] == moment:
                asked[0] = True
                out.set_device("second")
        return trace

    out._do(Event.START)
    _until_playing(out)
    out.set_device("first")
    sys.settrace(trace)
    try:
        event = out._happened()
        if event is not None:
            out._do(event)
    finally:
        sys.settrace(None)
    _until_playing(out)
    playing = out.feeding.name
    out._do(Event.CLOSE)
    return asked[0], playing


def _until_playing(out: AudioOut) -> None:
    deadline = time.monotonic() + 5
    while (event := out._happened()) is not None or out.state is not State.PLAYING:
        assert time.monotonic() < deadline
        if event is not None:
            out._do(event)
        time.sleep(0.001)


@pytest.mark.parametrize(("device", "buffer_s"), [("second", None), (None, 0.09)])
def test_moving_to_another_device_or_buffer_fades_both_and_is_no_gap(
    device: str | None, buffer_s: float | None
) -> None:
    first, second = ScriptedSink("first"), ScriptedSink("second")
    with Bench(first, second).running() as bench:
        wait_until(lambda: bench.made > 8 * BLOCK)
        bench.out.set_device(device, buffer_s)
        wait_until(lambda: len(second.chunks) > 80)
        assert bench.out.feeding.underruns == 0
    assert bench.opened == [None, device]
    assert bench.latencies[1] == (buffer_s or bench.latencies[0])
    assert first.closed
    for sink in (first, second):
        # What a device plays before its first sample and after its last is silence.
        assert roughness(np.pad(sink.audio, ((2, 2), (0, 0)))) < NO_CLICK
        assert np.abs(sink.audio).max() > 0.19


def test_a_device_that_will_not_open_leaves_the_present_one() -> None:
    first, again = ScriptedSink("first"), ScriptedSink("first")
    refused = AudioDeviceError("The output “other” cannot be opened.")
    with Bench(first, refused, refused, again).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        bench.out.set_device("other")
        wait_until(lambda: len(again.chunks) > 60)
    assert bench.notices == ["The output “other” cannot be opened."]
    assert np.abs(again.audio).max() > 0.1
