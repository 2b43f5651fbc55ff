"""Output devices: what there is, which one is meant, and opening it.

`sounddevice` is imported only here and inside functions: PortAudio may be missing.
"""

import atexit
from dataclasses import dataclass
from types import ModuleType

from synth.errors import AudioDeviceError

DEFAULT_RATE_HZ = 44100
"""Used when there is no device to ask."""


@dataclass(frozen=True)
class Device:
    """A stereo output as PortAudio lists it."""

    index: int
    name: str
    host_api: str
    rate_hz: int
    is_default: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.host_api})"


def portaudio() -> ModuleType:
    """The `sounddevice` module; `AudioDeviceError` with the remedy when PortAudio is missing."""
    try:
        import sounddevice
    except OSError as cause:
        raise AudioDeviceError(
            "PortAudio is not installed, so there is no sound output: install it (on Debian or Ubuntu: "
            "apt install libportaudio2) and start again."
        ) from cause
    module: ModuleType = sounddevice
    return module


def list_devices() -> list[Device]:
    """Every output with two channels or more, in PortAudio's order."""
    sd = portaudio()
    try:
        entries, apis = sd.query_devices(), sd.query_hostapis()
        default = int(sd.default.device[1])
    except sd.PortAudioError as cause:
        raise AudioDeviceError(f"The sound system does not answer ({cause}): check that it runs.") from cause
    if default < 0:
        default = next((a["default_output_device"] for a in apis if a["default_output_device"] >= 0), -1)
    return [
        Device(i, d["name"], apis[d["hostapi"]]["name"], round(d["default_samplerate"]), i == default)
        for i, d in enumerate(entries)
        if d["max_output_channels"] >= 2
    ]


def choose(devices: list[Device], wanted: str | None) -> Device:
    """The device that `wanted` names: None for the default, an index, a name, or a unique part of a name."""
    if not devices:
        raise AudioDeviceError("There is no sound output on this machine: connect one, or play in silence.")
    if wanted is None:
        return next((d for d in devices if d.is_default), devices[0])
    names = ", ".join(f"{d.index} “{d.name}”" for d in devices)
    # `isdigit` is true of “²” as well, which `int` does not read.
    if wanted.strip().isdecimal():
        found = [d for d in devices if d.index == int(wanted)]
    else:
        key = wanted.strip().casefold()
        found = [d for d in devices if key in (d.name.casefold(), d.label.casefold())]
        found = found or [d for d in devices if key and key in d.label.casefold()]
        preferred = next((d.host_api for d in devices if d.is_default), "")
        # Windows lists each output once per host interface: the default interface's is meant.
        found = [d for d in found if d.host_api == preferred] or found
    if not found:
        raise AudioDeviceError(f"There is no output “{wanted}”: choose one of {names}.")
    if len({d.name for d in found}) > 1:
        several = ", ".join(f"{d.index} “{d.name}”" for d in found)
        raise AudioDeviceError(f"“{wanted}” could be {several}: give the number.")
    return found[0]


def find_device(wanted: str | None) -> Device:
    """The output that `wanted` names on this machine, or `AudioDeviceError` in one sentence."""
    return choose(list_devices(), wanted)


def preferred_rate_hz(wanted: str | None) -> int:
    """The rate an instrument should be prepared for: the device's own, or 44100 Hz when there is none."""
    try:
        return find_device(wanted).rate_hz
    except AudioDeviceError:
        return DEFAULT_RATE_HZ


def rescan() -> None:
    """Let PortAudio look for devices again; only while no stream is open."""
    sd = portaudio()
    sd._terminate()
    sd._initialize()


def leave_open() -> None:
    """Do not shut PortAudio down when Python ends: a thread is stuck in it, and it would wait for that, or abort."""
    atexit.unregister(portaudio()._exit_handler)
