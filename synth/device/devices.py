"""Output devices: what there is, which one is meant, and opening it.

`sounddevice` is imported only here and inside functions: PortAudio may be missing.
"""

import atexit
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType

from synth.errors import AudioDeviceError

DEFAULT_RATE_HZ = 44100
"""Used when there is no device to ask."""


_USUAL_RATES_HZ = (44100, 96000)
_NUMBERED = re.compile(r"(?<=\bhw:)\d+(?=,)|(?<=\()\d+- |^\d+- |, no\. \d+$")
"""What is counted up when a device is plugged in again: ALSA's card, Windows' “2- ” before a name, and our own."""


@dataclass(frozen=True)
class Device:
    """An output as PortAudio lists it."""

    index: int
    name: str
    host_api: str
    rate_hz: int
    is_default: bool
    channels: int = 2
    """As many as it has; one is given both sides' mean, of more than two the first two are used."""
    twin: int = 0
    """Of several with the same name and host interface the first is 1; 0 for one that is alone."""

    @property
    def label(self) -> str:
        label = f"{self.name} ({self.host_api})"
        return f"{label}, no. {self.twin}" if self.twin else label


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
    """Every output, in PortAudio's order."""
    sd = portaudio()
    try:
        entries, apis = sd.query_devices(), sd.query_hostapis()
        default = int(sd.default.device[1])
    except sd.PortAudioError as cause:
        raise AudioDeviceError(f"The sound system does not answer ({cause}): check that it runs.") from cause
    if default < 0:
        default = next((a["default_output_device"] for a in apis if a["default_output_device"] >= 0), -1)
    return told_apart(
        [
            Device(
                i, d["name"], apis[d["hostapi"]]["name"], round(d["default_samplerate"]), i == default,
                d["max_output_channels"],
            )
            for i, d in enumerate(entries)
            if d["max_output_channels"] >= 1
        ]
    )  # fmt: skip


def told_apart(devices: list[Device]) -> list[Device]:
    """The same devices, those numbered that have the same name and host interface: two equal interfaces, plugged in."""
    seen = Counter((d.name, d.host_api) for d in devices)
    met: Counter[tuple[str, str]] = Counter()
    told = []
    for device in devices:
        key = (device.name, device.host_api)
        met[key] += 1
        told.append(replace(device, twin=met[key]) if seen[key] > 1 else device)
    return told


def choose(devices: list[Device], wanted: str | None) -> Device:
    """The device that `wanted` names: None for the default, an index, a name, or a unique part of a name.

    A name is also that of a device which only has another number than before; of two equal ones neither is guessed.
    """
    if not devices:
        raise AudioDeviceError("There is no sound output on this machine: connect one, or play in silence.")
    if wanted is None:
        return next((d for d in devices if d.is_default), devices[0])
    found = _named(devices, wanted)
    if not found:
        raise AudioDeviceError(f"There is no output “{wanted}”: choose one of {_listed(devices)}.")
    if len({d.name for d in found}) > 1 or len({d.host_api for d in found}) < len(found):
        raise AudioDeviceError(f"“{wanted}” could be {_listed(found)}: give the number.")
    return found[0]


def _named(devices: list[Device], wanted: str) -> list[Device]:
    """All that may be meant, by the most exact of the ways in which one may be."""
    key = wanted.strip().casefold()
    if key.isascii() and key.isdigit():
        return [d for d in devices if str(d.index) == (key.lstrip("0") or "0")]
    unnumbered = _without_number(key)
    ways: tuple[Callable[[Device], bool], ...] = (
        lambda d: key in (d.name.casefold(), d.label.casefold()),
        lambda d: unnumbered in (_without_number(d.name), _without_number(f"{d.name} ({d.host_api})")),
        lambda d: key != "" and key in d.label.casefold(),
    )
    found = next((found for way in ways if (found := [d for d in devices if way(d)])), [])
    preferred = next((d.host_api for d in devices if d.is_default), "")
    # Windows lists each output once per host interface: the default interface's is meant.
    return [d for d in found if d.host_api == preferred] or found


def _without_number(name: str) -> str:
    """A name as it stays when the device is plugged in again, or its equal unplugged."""
    return _NUMBERED.sub("", name.casefold())


def _listed(devices: list[Device]) -> str:
    return ", ".join(f"{d.index} “{d.name}”" for d in devices)


def find_device(wanted: str | None) -> Device:
    """The output that `wanted` names on this machine, or `AudioDeviceError` in one sentence."""
    return choose(list_devices(), wanted)


def preferred_rate_hz(wanted: str | None) -> int:
    """The rate an instrument should be prepared for: the device's own, or 44100 Hz when there is none.

    A device that runs only faster or slower than music is made for, at 192 or 16 kHz, is converted for.
    """
    try:
        own_hz = find_device(wanted).rate_hz
    except AudioDeviceError:
        return DEFAULT_RATE_HZ
    lowest, highest = _USUAL_RATES_HZ
    if lowest <= own_hz <= highest:
        return own_hz
    return 44100 if own_hz % 11025 == 0 else 48000


def rescan() -> None:
    """Let PortAudio look for devices again; only while no stream is open."""
    sd = portaudio()
    sd._terminate()
    sd._initialize()


def leave_open() -> None:
    """Do not shut PortAudio down when Python ends: a thread is stuck in it, and it would wait for that, or abort."""
    atexit.unregister(portaudio()._exit_handler)
