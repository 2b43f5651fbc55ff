"""`play`, `devices` and `doctor` as their user meets them."""

import argparse
import json
from pathlib import Path

import pytest
import soundfile

from synth.commands import doctor
from synth.commands.cli import main
from synth.device import devices
from synth.errors import AudioDeviceError
from synth.log import log_path, log_unexpected
from synth.midi import ports
from synth.presets.file import save_preset
from tests.doubles.cultures import steady_preset


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "steady.safetensors"
    save_preset(steady_preset(), path)
    return path


@pytest.fixture
def _no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_devices", list)


@pytest.mark.usefixtures("_no_device")
def test_play_without_a_device_still_records_a_take(
    preset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = tmp_path / "take.wav"
    assert main(["play", str(preset), "--minutes", "0.03", "--record", str(take), "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert "no sound output" in err
    assert report["take"] == str(take)
    assert report["underruns"] == 0
    sound, rate = soundfile.read(take)
    assert len(sound) / rate == pytest.approx(1.8, abs=0.7)
    assert abs(sound).max() > 1e-3


@pytest.mark.usefixtures("_no_device")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--device", "nowhere"], "no sound output"),
        (["--minutes", "-1"], "not possible"),
        (["--minutes", "nan"], "not possible"),
        (["--gesture-every", "0"], "too often"),
        (["--record", "/dev/null/take.wav"], "choose another folder"),
        (["--record", "take.flac"], "take.flac ends in .flac, and a take is a WAV file"),
        (["--volume", "99"], "Volume"),
    ],
)
def test_absurd_arguments_are_one_sentence_and_exit_code_2(
    preset: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", str(preset), *options]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("_no_device")
def test_a_missing_preset_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "no such preset"]) == 2
    assert "no such preset" in capsys.readouterr().err


def test_devices_are_listed_with_the_default_marked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [devices.Device(0, "HDMI", "ALSA", 48000, False), devices.Device(2, "Speakers", "ALSA", 44100, True)]
    monkeypatch.setattr(devices, "list_devices", lambda: known)
    monkeypatch.setattr(ports, "list_ports", lambda: ports.PortList(("MPK mini", "Keystation"), has_virtual=True))
    assert main(["devices"]) == 0
    out = capsys.readouterr().out
    assert "*   2  Speakers (ALSA), 44100 Hz" in out
    assert "  MIDI  MPK mini\n  MIDI  Keystation\n" in out and "a port “Petrichord” of our own" in out
    assert main(["devices", "--json"]) == 0
    assert [d["index"] for d in json.loads(capsys.readouterr().out)] == [0, 2]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (ports.PortList(trouble="No permission."), "No permission.\n"),
        (ports.PortList(has_virtual=True), "Nothing that sends MIDI is connected.\n"),
    ],
)
def test_midi_ports_are_listed_by_themselves(
    there: ports.PortList, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a look at the audio outputs, of which there may be none."""
    monkeypatch.setattr(ports, "list_ports", lambda: there)
    assert main(["devices", "--midi"]) == 0
    assert capsys.readouterr().out.startswith(words)
    assert main(["devices", "--midi", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ports": list(there.ports),
        "has_virtual": there.has_virtual,
        "trouble": there.trouble,
    }


def test_missing_portaudio_names_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    class Absent:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(AudioDeviceError, match="apt install libportaudio2"):
        devices.portaudio()
    assert devices.preferred_rate_hz(None) == devices.DEFAULT_RATE_HZ


@pytest.mark.usefixtures("_no_device")
def test_doctor_looks_at_everything_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_MEASURE_S", 0.1)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.run(argparse.Namespace(json=True)) == 0
    found = {f["subject"]: f for f in json.loads(capsys.readouterr().out)}
    assert set(found) == {"versions", "audio", "display", "gpu", "bigvgan", "weights", "presets", "speed", "log"}
    assert all(f["good"] or f["remedy"] for f in found.values())
    assert not found["audio"]["good"]
    assert "steps/s in float32" in found["speed"]["text"]
    assert str(log_path()) in found["log"]["text"]


def test_doctor_tells_an_unused_nvidia_card_from_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    for name, vendor, kind in (("0", "0x8086", "0x030000"), ("1", "0x10de", "0x040300")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "vendor").write_text(vendor + "\n")
        (tmp_path / name / "class").write_text(kind + "\n")
    assert doctor.nvidia_card(tmp_path) == ""
    (tmp_path / "1" / "class").write_text("0x030200\n")
    assert doctor.nvidia_card(tmp_path) == "an NVIDIA card"


def test_unexpected_errors_are_logged_with_their_traceback() -> None:
    try:
        raise ZeroDivisionError("a test's own")
    except ZeroDivisionError as error:
        path = log_unexpected(error)
    assert path == log_path()
    assert "ZeroDivisionError: a test's own" in path.read_text()
    assert "test_device.py" in path.read_text()
