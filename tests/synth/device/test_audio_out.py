"""The output: gaps, lost and stalled devices, choosing one."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.device import audio_out, sinks
from synth.device.audio_out import AudioOut
from synth.device.devices import Device, choose
from synth.device.ring import Ring
from synth.device.sinks import SilentSink, Sink
from synth.errors import AudioDeviceError
from tests.doubles.instruments import RATE, ScriptedSink, roughness, wait_until

BLOCK = 1024
HZ = 100 * np.sqrt(19.0)
LEVEL = 512


def tone(start: int, n: int) -> NDArray[np.float32]:
    """A tone that never repeats exactly, so that every stretch of it tells where it belongs."""
    return (0.2 * np.sin(2 * np.pi * HZ * np.arange(start, start + n) / RATE)).astype(np.float32)


def stretches(heard: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What is heard between silences of 2 ms and more."""
    loud = np.flatnonzero(heard)
    return [heard[part[0] : part[-1] + 1] for part in np.split(loud, np.flatnonzero(np.diff(loud) > 88) + 1)]


class Bench:
    """An output with a tone generator in the engine's place."""

    def __init__(self, *sinks: ScriptedSink | AudioDeviceError) -> None:
        self.sinks = list(sinks)
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
            self._open,
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
            self.ring.put(np.tile(tone(self.made, BLOCK), (2, 1)))
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
        wait_until(lambda: bench.out.underruns >= 1)
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
        assert bench.out.underruns >= 2


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
    assert np.abs(second.audio).max() > 0.1
    assert roughness(first.audio) < NO_CLICK


def test_a_lost_device_is_replaced_by_silence_and_comes_back() -> None:
    first, second = ScriptedSink("first"), ScriptedSink("second")
    with Bench(first, AudioDeviceError("still gone"), second).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        first.fail = True
        wait_until(lambda: bench.out.silent)
        made = bench.made
        wait_until(lambda: bench.made > made + 4 * BLOCK)
        wait_until(lambda: bench.out.name == "second")
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
        wait_until(lambda: bench.out.silent)
        assert time.monotonic() - start > 2.5
        made = bench.made
        wait_until(lambda: bench.made > made + 4 * BLOCK)
        sink.stall = False
    assert "takes no more sound" in bench.notices[0]


def test_reopening_is_given_up_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_out, "_REOPEN_AFTER_S", (0.05, 0.05))
    sink = ScriptedSink()
    with Bench(sink).running() as bench:
        wait_until(lambda: bench.made > 4 * BLOCK)
        sink.fail = True
        wait_until(lambda: len(bench.notices) == 2)
        time.sleep(0.2)
        assert len(bench.opened) == 3
    assert "Choose an output" in bench.notices[-1]


def test_without_any_device_time_goes_on_in_silence() -> None:
    with Bench().running() as bench:
        start = time.monotonic()
        wait_until(lambda: bench.made > 30 * BLOCK)
        assert 0.4 < time.monotonic() - start < 5
        assert bench.out.silent
    assert bench.notices == ["There is no sound output on this machine. Playing on in silence."]


def test_moving_to_another_device_fades_both() -> None:
    first, second = ScriptedSink("first"), ScriptedSink("second")
    with Bench(first, second).running() as bench:
        wait_until(lambda: bench.made > 8 * BLOCK)
        bench.out.set_device("second")
        wait_until(lambda: len(second.chunks) > 80)
    assert bench.opened == [None, "second"]
    assert first.closed
    for sink in (first, second):
        assert roughness(sink.audio) < NO_CLICK
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

    def device_sink(device: Device, rate_hz: int, latency_s: float) -> Sink:
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
    def device_sink(device: Device, rate_hz: int, latency_s: float) -> Sink:
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
