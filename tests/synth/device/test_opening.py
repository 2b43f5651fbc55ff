"""Opening an output: which device is meant, at which rate it is fed, and what silence does instead."""

import time

import numpy as np
import pytest

from synth.device import sinks
from synth.device.devices import Device, choose
from synth.device.sinks import SilentSink, Sink
from synth.errors import AudioDeviceError
from tests.doubles.instruments import RATE, ScriptedSink


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
