"""The output: gaps, lost and stalled devices, choosing one."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.device import audio_out, queue_length, sinks
from synth.device.audio_out import LOOK_AGAIN_S, AudioOut, OpenSink
from synth.device.devices import Device, choose
from synth.device.output_states import Event, State
from synth.device.ring import Ring
from synth.device.sinks import SilentSink, Sink
from synth.errors import AudioDeviceError
from tests.doubles.instruments import RATE, ScriptedSink, roughness, wait_until

if TYPE_CHECKING:
    from _typeshed import TraceFunction

BLOCK = 1024
HZ = 100 * np.sqrt(19.0)
LEVEL = 512


def tone(start: int, n: int) -> NDArray[np.float32]:
    """A tone that never repeats exactly, so that every stretch of it tells where it belongs."""
    wave: NDArray[np.float64] = 0.2 * np.sin(2 * np.pi * HZ * np.arange(start, start + n) / RATE)
    return wave.astype(np.float32)


def stretches(heard: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What is heard between silences of 2 ms and more."""
    loud = np.flatnonzero(heard)
    return [heard[part[0] : part[-1] + 1] for part in np.split(loud, np.flatnonzero(np.diff(loud) > 88) + 1)]


class Bench:
    """An output with a tone generator in the engine's place."""

    def __init__(self, *sinks: ScriptedSink | AudioDeviceError, open_device: OpenSink | None = None) -> None:
        self.sinks = list(sinks)
        self.level = 1.0
        self.opened: list[str | None] = []
        self.latencies: list[float] = []
        self.notices: list[str] = []
        self.sent: list[np.ndarray] = []
        self.ring = Ring(1 << 14)
        self.pause = threading.Event()
        self.made = 0
        self._over = threading.Event()
        self.out = AudioOut(
            RATE,
            self.ring,
            LEVEL + 1,
            self.sent.append,
            lambda text, urgent: self.notices.append(text),
            None,
            open_device or self._open,
        )
        self._thread = threading.Thread(target=self._make)

    def _open(self, wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        self.opened.append(wanted)
        self.latencies.append(latency_s)
        sink = self.sinks.pop(0) if self.sinks else AudioDeviceError("There is no sound output on this machine.")
        if isinstance(sink, AudioDeviceError):
            raise sink
        return sink

    def _make(self) -> None:
        while not self._over.is_set():
            if self.pause.is_set() or not self.ring.wait_at_most(LEVEL, 0.02):
                time.sleep(0.001)
                continue
            self.ring.put(np.tile(np.float32(self.level) * tone(self.made, BLOCK), (2, 1)))
            self.made += BLOCK

    @contextmanager
    def running(self) -> Iterator["Bench"]:
        self._thread.start()
        self.out.start()
        try:
            yield self
        finally:
            self.out.close()
            self._over.set()
            self._thread.join(5)


TONE_ROUGHNESS = 0.2 * (2 * np.pi * HZ / RATE) ** 2
# A raised cosine of 5 ms adds A·π²/(2·220²) and a cross term; ten times a tone's own is still no click.
NO_CLICK = 10 * TONE_ROUGHNESS


@pytest.fixture(autouse=True)
def _no_rescans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "rescan", lambda: None)


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


def test_what_is_tapped_is_what_is_sent() -> None:
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 6 * BLOCK)
    assert np.array_equal(np.concatenate(bench.sent), sink.audio)


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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "_OPEN_LIMIT_S", 0.1)
    monkeypatch.setattr(audio_out, "LOOK_AGAIN_S", (0.02,))


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


def test_without_any_device_time_goes_on_in_silence() -> None:
    with Bench().running() as bench:
        start = time.monotonic()
        wait_until(lambda: bench.made > 30 * BLOCK)
        assert 0.4 < time.monotonic() - start < 5
        assert bench.out.feeding.silent
    assert bench.notices == ["There is no sound output on this machine. Playing on in silence."]


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


def test_the_silent_sink_keeps_time() -> None:
    sink, start = SilentSink(RATE), time.monotonic()
    for _ in range(40):
        sink.write(np.zeros((256, 2), np.float32))
    # Never early; how late depends on the machine.
    assert 40 * 256 / RATE - sink.full_s - 0.001 < time.monotonic() - start < 2


def test_a_device_that_refuses_the_rate_is_converted_for(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = ScriptedSink(rate_hz=48000)

    def device_sink(device: Device, rate_hz: int, latency_s: float, channels: int) -> Sink:
        if rate_hz != 48000:
            raise AudioDeviceError("The output “Speakers” cannot be opened at 44100 Hz.")
        return inner

    monkeypatch.setattr(sinks, "find_device", lambda wanted: DEVICES[1])
    monkeypatch.setattr(sinks, "DeviceSink", device_sink)
    sink = sinks.open_sink(None, RATE)
    tone = 0.2 * np.sin(2 * np.pi * 1000 * np.arange(8 * 256) / RATE)
    for chunk in np.tile(tone[:, None], (1, 2)).astype(np.float32).reshape(8, 256, 2):
        sink.write(chunk)
    heard = inner.audio[200:-20, 0]
    n = np.arange(len(inner.audio))[200:-20]
    assert np.abs(heard - 0.2 * np.sin(2 * np.pi * 1000 * (n / 48000 - 16 / RATE))).max() < 1e-4
    assert sink.beyond_s() == pytest.approx(16 / RATE)


def test_a_device_that_refuses_its_own_rate_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def device_sink(device: Device, rate_hz: int, latency_s: float, channels: int) -> Sink:
        raise AudioDeviceError(f"refused at {rate_hz}")

    monkeypatch.setattr(sinks, "find_device", lambda wanted: DEVICES[1])
    monkeypatch.setattr(sinks, "DeviceSink", device_sink)
    with pytest.raises(AudioDeviceError, match="refused at 44100"):
        sinks.open_sink(None, RATE)


DEVICES = [
    Device(0, "Speakers", "MME", 44100, False),
    Device(3, "Speakers", "WASAPI", 48000, True),
    Device(4, "HDMI out", "WASAPI", 48000, False),
    Device(7, "USB out", "WASAPI", 48000, False),
]


@pytest.mark.parametrize(("wanted", "index"), [(None, 3), ("7", 7), ("speakers", 3), ("hdmi", 4), ("0", 0)])
def test_devices_are_chosen_by_number_or_name(wanted: str | None, index: int) -> None:
    assert choose(DEVICES, wanted).index == index


@pytest.mark.parametrize(
    ("wanted", "words"), [("9", "no output “9”"), ("tape", "choose one of 0 “Speakers”"), ("out", "give the number")]
)
def test_a_wrong_device_is_one_sentence(wanted: str, words: str) -> None:
    with pytest.raises(AudioDeviceError, match=words):
        choose(DEVICES, wanted)


def test_no_device_is_one_sentence() -> None:
    with pytest.raises(AudioDeviceError, match="no sound output"):
        choose([], None)
