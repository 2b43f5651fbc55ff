"""Outputs as people have them: headsets with one channel, interfaces with eight, at rates of their own, renumbered."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.device import devices, sinks
from synth.device.devices import Device, choose, list_devices, preferred_rate_hz, told_apart
from synth.errors import AudioDeviceError
from synth.presets.file import save_preset
from tests.doubles.cultures import steady_preset
from tests.doubles.jack import jack_server

RATE = 44100


class PortAudioError(Exception):
    pass


@dataclass
class FakePortAudio:
    """PortAudio with one output that takes some formats only."""

    accepts: Callable[[int, int], bool]
    busy: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list)
    heard: list[NDArray[np.float32]] = field(default_factory=list)
    PortAudioError = PortAudioError

    def OutputStream(self, samplerate: int, channels: int, **_: Any) -> "FakePortAudio":  # noqa: N802 (PortAudio's)
        self.asked.append((samplerate, channels))
        if self.busy:
            raise PortAudioError("Error opening OutputStream: Device unavailable [PaErrorCode -9985]", -9985)
        if not self.accepts(samplerate, channels):
            code = -9998 if self.accepts(samplerate, 8) or self.accepts(samplerate, 1) else -9997
            raise PortAudioError(f"Error opening OutputStream: refused [PaErrorCode {code}]", code)
        return self

    write_available = 2048
    latency = 0.05

    def start(self) -> None:
        pass

    def write(self, chunk: NDArray[np.float32]) -> bool:
        self.heard.append(chunk.copy())
        return False

    def stop(self) -> None:
        """As PulseAudio's plugin for ALSA: what is queued is not heard."""
        self.heard = [np.concatenate(self.heard)[: -self.write_available]]

    def close(self) -> None:
        pass


def opened(
    monkeypatch: pytest.MonkeyPatch, device: Device, accepts: Callable[[int, int], bool], rate_hz: int = RATE
) -> tuple[sinks.Sink, FakePortAudio]:
    fake = FakePortAudio(accepts)
    monkeypatch.setattr(sinks, "portaudio", lambda: fake)
    monkeypatch.setattr(sinks, "find_device", lambda wanted: device)
    return sinks.open_sink(None, rate_hz), fake


def stereo(n: int = 512, rate_hz: int = RATE) -> NDArray[np.float32]:
    time_s = np.arange(n) / rate_hz
    return np.stack([np.sin(2 * np.pi * 440 * time_s), 0.5 * np.cos(2 * np.pi * 300 * time_s)], axis=1).astype("f4")


def test_one_channel_gets_the_mean_of_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    sink, fake = opened(monkeypatch, Device(0, "Headset", "ALSA", RATE, True, 1), lambda rate, n: n == 1)
    sink.write(stereo())
    assert fake.asked == [(RATE, 1)]
    assert fake.heard[0].shape == (512, 1)
    assert np.allclose(fake.heard[0][:, 0], stereo().mean(axis=1), atol=1e-7)


def test_the_end_of_the_sound_is_heard_before_an_output_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    sink, fake = opened(monkeypatch, Device(0, "Pulse", "ALSA", RATE, True, 2), lambda rate, n: n == 2)
    sink.write(stereo())
    sink.close()
    (heard,) = fake.heard
    assert np.allclose(heard[:512], stereo(), atol=1e-7)


def test_an_output_that_takes_all_its_channels_or_none_plays_on_its_first_two(monkeypatch: pytest.MonkeyPatch) -> None:
    sink, fake = opened(monkeypatch, Device(0, "Interface", "ALSA", RATE, True, 8), lambda rate, n: n == 8)
    sink.write(stereo())
    assert fake.heard[0].shape == (512, 8)
    assert np.array_equal(fake.heard[0][:, :2], stereo())
    assert not fake.heard[0][:, 2:].any()


def test_an_output_that_takes_two_of_its_channels_is_given_two(monkeypatch: pytest.MonkeyPatch) -> None:
    _, fake = opened(monkeypatch, Device(0, "Interface", "ALSA", RATE, True, 8), lambda rate, n: n == 2)
    assert fake.asked == [(RATE, 2)]


@pytest.mark.parametrize(
    ("own_hz", "only_hz", "channels"),
    [(192_000, 192_000, 2), (44100, 192_000, 2), (192_000, 192_000, 8), (16000, 16000, 1)],
)
def test_an_output_of_one_rate_only_is_converted_for(
    own_hz: int, only_hz: int, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where PortAudio takes another rate for its own than it has."""
    device = Device(0, "Interface", "ALSA", own_hz, True, channels)
    sink, fake = opened(monkeypatch, device, lambda rate, n: (rate, n) == (only_hz, channels), rate_hz=48000)
    assert sink.rate_hz == 48000
    for chunk in stereo(4096, 48000).reshape(-1, 256, 2):
        sink.write(chunk)
    heard = np.concatenate(fake.heard)
    assert heard.shape == pytest.approx((4096 * only_hz / 48000, channels), abs=8)
    if channels > 1:
        n = np.arange(len(heard))[400:-400]
        expected = np.sin(2 * np.pi * 440 * (n / only_hz - 16 / 48000))
        assert np.abs(heard[400:-400, 0] - expected).max() < 1e-3


def test_an_output_in_use_is_not_asked_for_every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakePortAudio(lambda rate, n: True, busy=True)
    monkeypatch.setattr(sinks, "portaudio", lambda: fake)
    monkeypatch.setattr(sinks, "find_device", lambda wanted: Device(0, "Interface", "ALSA", 48000, True, 8))
    with pytest.raises(AudioDeviceError, match="Device unavailable"):
        sinks.open_sink(None, RATE)
    assert fake.asked == [(RATE, 2), (48000, 2)]


@pytest.mark.parametrize(
    ("own_hz", "prepared_hz"),
    [
        (44100, 44100),
        (48000, 48000),
        (96000, 96000),
        (192_000, 48000),
        (176_400, 44100),
        (16000, 48000),
        (11025, 44100),
    ],
)
def test_the_instrument_is_prepared_for_a_rate_that_music_is_made_at(
    own_hz: int, prepared_hz: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "list_devices", lambda: [Device(0, "Interface", "ALSA", own_hz, True)])
    assert preferred_rate_hz(None) == prepared_hz


def test_a_headset_is_listed_and_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    class Listed(FakePortAudio):
        class default:  # noqa: N801 (PortAudio's)
            device = (-1, 1)

        def query_devices(self) -> list[dict[str, Any]]:
            named = [("Microphone", 0), ("Headset", 1), ("HDMI", 8)]
            return [
                {"name": name, "hostapi": 0, "max_output_channels": n, "default_samplerate": 48000.0}
                for name, n in named
            ]

        def query_hostapis(self) -> list[dict[str, Any]]:
            return [{"name": "ALSA", "default_output_device": 1}]

    monkeypatch.setattr(devices, "portaudio", lambda: Listed(lambda rate, n: True))
    assert [(d.name, d.channels) for d in list_devices()] == [("Headset", 1), ("HDMI", 8)]
    assert choose(list_devices(), None).name == "Headset"


def _alsa(*names: str) -> list[Device]:
    return told_apart([Device(i, name, "ALSA", 48000, i == 0) for i, name in enumerate(names)])


RENUMBERED = [
    (("HDA Intel: - (hw:0,0)", "USB Audio: - (hw:2,0)"), "USB Audio: - (hw:1,0) (ALSA)", 1),
    (("HDA Intel: - (hw:0,0)", "USB Audio: - (hw:2,0)"), "usb audio: - (hw:1,0)", 1),
    # Another device of the same card is another output.
    (("HDA: HDMI 0 (hw:1,3)", "HDA: HDMI 0 (hw:1,7)"), "HDA: HDMI 0 (hw:0,7) (ALSA)", 1),
    # Windows counts up before the name.
    (("Speakers (Realtek)", "Speakers (3- USB Audio)"), "Speakers (2- USB Audio) (ALSA)", 1),
    (("Speakers (Realtek)", "Speakers (USB Audio)"), "Speakers (2- USB Audio) (ALSA)", 1),
    # Its equal was unplugged.
    (("Built-in", "USB Audio"), "USB Audio (ALSA), no. 2", 1),
]


@pytest.mark.parametrize(("names", "wanted", "index"), RENUMBERED)
def test_an_output_that_has_another_number_than_before_is_found(
    names: tuple[str, ...], wanted: str, index: int
) -> None:
    assert choose(_alsa(*names), wanted).index == index


def test_the_number_decides_while_it_is_right() -> None:
    listed = _alsa("USB Audio: - (hw:1,0)", "USB Audio: - (hw:2,0)")
    assert [choose(listed, d.label).index for d in listed] == [0, 1]
    with pytest.raises(AudioDeviceError, match=r"could be 0 .* 1 .*: give the number"):
        choose(listed, "USB Audio: - (hw:3,0) (ALSA)")


def test_two_equal_outputs_are_told_apart_and_never_guessed() -> None:
    listed = _alsa("Built-in", "USB Audio", "USB Audio")
    assert [d.label for d in listed] == ["Built-in (ALSA)", "USB Audio (ALSA), no. 1", "USB Audio (ALSA), no. 2"]
    assert [choose(listed, d.label).index for d in listed] == [0, 1, 2]
    for wanted in ("USB Audio", "USB Audio (ALSA)", "usb"):
        with pytest.raises(AudioDeviceError, match=f"“{wanted}|could be 1 “USB Audio”, 2 “USB Audio”: give the number"):
            choose(listed, wanted)


@pytest.mark.parametrize("wanted", ["²", "①", "9" * 5000, "-1", "1.0", ""])
def test_what_is_no_number_of_an_output_is_one_sentence(wanted: str) -> None:
    with pytest.raises(AudioDeviceError, match="There is no output"):
        choose(_alsa("Built-in"), wanted)


@pytest.mark.parametrize(("rate_hz", "ports", "engine_hz"), [(192_000, 2, 48000), (48000, 8, 48000)])
def test_a_real_server_with_odd_ports_is_played_on(rate_hz: int, ports: int, engine_hz: int, tmp_path: Path) -> None:
    preset = save_preset(steady_preset(64), tmp_path / "steady.safetensors")
    with jack_server(rate_hz, ports) as environment:
        done = subprocess.run(
            [
                sys.executable, "-m", "synth.commands.cli", "play", str(preset), "--minutes", "0.03", "--json",
                "--device", "system",
            ],
            env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f'"rate_hz": {engine_hz}' in done.stdout
    # A machine that is busy with other tests may be told to queue more; it is never without the device.
    assert '"device": "no output"' not in done.stdout
    assert "in silence" not in done.stderr


def test_a_real_server_with_one_port_is_refused_in_a_sentence_and_ends_nothing(tmp_path: Path) -> None:
    preset = save_preset(steady_preset(64), tmp_path / "steady.safetensors")
    with jack_server(48000, 1) as environment:
        done = subprocess.run(
            [
                sys.executable, "-m", "synth.commands.cli", "play", str(preset), "--minutes", "0.01", "--json",
                "--device", "system",
            ],
            env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "single port" in done.stderr and "in silence" in done.stderr
