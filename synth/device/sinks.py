"""Where sound goes: a PortAudio stream, or a clock that swallows it. Axes: `N` samples; chunks are (N, 2)."""

import time
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.device.devices import Device, find_device, portaudio
from synth.device.outputs import BUFFER_S
from synth.device.resampler import Resampler
from synth.errors import AudioDeviceError

PERIOD = 256
"""Samples the feeder writes at a time."""
_INVALID_RATE, _INVALID_CHANNELS = -9997, -9998
"""PortAudio's paInvalidSampleRate and paInvalidChannelCount."""
_OTHER_RATES_HZ = (48000, 44100, 96000, 88200, 192_000, 176_400, 32000, 16000)
_JACK_PERIODS = 2
"""Queued for JACK: one is being played while the other is made."""
_PERIODS_TO_BE_SURE, _SHORTEST_LOOK_S = 3, 0.002
_LOOKS_IN_A_PERIOD = 10
_ALSA_STEPS = 4
"""PortAudio divides the queue that is asked of ALSA into so many periods: measured at 45, 90, 180 and 200 ms."""
_LONGEST_WAIT_S = 1.0
_MOST = 64
"""Channels; who has more is a mixer in software, which takes two as well."""


class FormatRefused(AudioDeviceError):
    """A device has no such sample rate or number of channels; another may do."""


class Sink(Protocol):
    """A clocked consumer of sound."""

    name: str
    rate_hz: int
    full_s: float
    """Sound it queues before a write waits."""
    step_s: float
    """Sound it takes from its queue at a time where that grows with the queue; 0 where it does not."""

    def write(self, chunk: NDArray[np.float32]) -> bool:
        """Queue (N, 2), waiting while there is no room; True when it had run dry before."""
        ...

    def queued_s(self) -> float:
        """Sound written and not yet played, as far as the sink knows."""
        ...

    def beyond_s(self) -> float:
        """Further delay that `queued_s` does not see."""
        ...

    def close(self, abort: bool = False) -> None:
        """Let go of the device, after what is queued or at once."""
        ...


class DeviceSink:
    """A PortAudio stream written to with blocking calls, which release the GIL and survive a busy one."""

    def __init__(self, device: Device, rate_hz: int, latency_s: float, channels: int = 2) -> None:
        """`channels` of the device are opened: both sides are mixed into one, or go to the first two of many.

        `FormatRefused` where it has no such rate or number of channels, `AudioDeviceError` for all else.
        """
        self._sd = portaudio()
        self.name, self.rate_hz, self._channels = device.name, rate_hz, channels
        self._seen, self._begun_s = (0, 0.0), 0.0
        """What was queued when it was looked at last, and when the period began that is being played."""
        try:
            self._stream = self._sd.OutputStream(
                samplerate=rate_hz,
                # A fixed block would be rounded to 46 or 70 ms of queue.
                blocksize=0,
                device=device.index,
                channels=channels,
                dtype="float32",
                latency=latency_s,
                extra_settings=_host_settings(self._sd, device),
            )
            self._stream.start()
            self._paced = "JACK" in device.host_api
            self._capacity = self._drained() if self._paced else max(PERIOD, int(self._stream.write_available))
            self._kept = self._capacity
            if self._paced:
                # As the server's own period says; a buffer of another length than usual is so many times that.
                usual = _JACK_PERIODS * float(self._stream.latency) * rate_hz
                self._kept = min(self._capacity, round(usual * max(1.0, latency_s / BUFFER_S)))
            self.full_s = self._kept / rate_hz
            self.step_s = latency_s / _ALSA_STEPS if "ALSA" in device.host_api else 0.0
        except (self._sd.PortAudioError, ValueError) as cause:
            refused = any(code in cause.args for code in (_INVALID_RATE, _INVALID_CHANNELS))
            raise (FormatRefused if refused else AudioDeviceError)(
                f"The output “{device.name}” cannot be opened at {rate_hz} Hz ({_reason(cause)}): close other "
                "programs that use it or choose another."
            ) from cause

    def write(self, chunk: NDArray[np.float32]) -> bool:
        try:
            if self._paced:
                self._wait_for_room(len(chunk))
            return bool(self._stream.write(routed(chunk, self._channels)))
        except self._sd.PortAudioError as cause:
            raise AudioDeviceError(f"The output “{self.name}” is gone ({_reason(cause)}).") from cause

    def queued_s(self) -> float:
        try:
            queued = max(0, self._capacity - int(self._stream.write_available))
            if not self._paced:
                return queued / self.rate_hz
            # It changes by periods: what has passed of the present one is played already.
            now = time.monotonic()
            if queued < self._seen[0]:
                self._begun_s = now
            self._seen = queued, now
            return max(0.0, queued / self.rate_hz - min(now - self._begun_s, float(self._stream.latency)))
        except self._sd.PortAudioError as cause:
            raise AudioDeviceError(f"The output “{self.name}” is gone ({_reason(cause)}).") from cause

    def beyond_s(self) -> float:
        if self._paced:
            return float(self._stream.latency)
        return max(0.0, float(self._stream.latency) - self._capacity / self.rate_hz)

    def _drained(self) -> int:
        """What a stream holds that begins full of silence, as PortAudio's of JACK do: once that has been played."""
        period_s = max(float(self._stream.latency), _SHORTEST_LOOK_S)
        available, since = int(self._stream.write_available), time.monotonic()
        while time.monotonic() - since < _PERIODS_TO_BE_SURE * period_s:
            time.sleep(period_s / 4)
            if (now := int(self._stream.write_available)) != available:
                available, since = now, time.monotonic()
        return max(PERIOD, available)

    def _wait_for_room(self, n: int) -> None:
        """Until `n` more samples are no more than should be queued; a stalled server is given up elsewhere."""
        period_s, until = float(self._stream.latency), time.monotonic() + _LONGEST_WAIT_S
        while self._capacity - int(self._stream.write_available) + n > max(self._kept, n):
            if time.monotonic() > until:
                return
            time.sleep(period_s / _LOOKS_IN_A_PERIOD)

    def _play_out(self) -> None:
        """Send silence until all that was queued before has been played, which `stop` does not wait for everywhere.

        ALSA's plugin for PulseAudio drops what is queued: 50 ms of a queue of 56, 250 of 250, and a fade with it.
        """
        left = self._kept + round(self.step_s * self.rate_hz)
        while left > 0:
            self.write(np.zeros((PERIOD, 2), np.float32))
            left -= PERIOD

    def close(self, abort: bool = False) -> None:
        try:
            if abort:
                self._stream.abort()
            else:
                self._play_out()
                self._stream.stop()
            self._stream.close()
        except self._sd.PortAudioError as cause:
            raise AudioDeviceError(f"The output “{self.name}” did not close ({_reason(cause)}).") from cause


class SilentSink:
    """Consumes sound at the right pace and drops it, so that life and takes go on without a device."""

    def __init__(self, rate_hz: int, name: str = "no output", latency_s: float = 0.056) -> None:
        self.name, self.rate_hz, self.full_s, self.step_s = name, rate_hz, latency_s, 0.0
        self._capacity = round(latency_s * rate_hz)
        self._start = time.monotonic()
        self._written = 0

    def write(self, chunk: NDArray[np.float32]) -> bool:
        queued = self._queued()
        dry = self._written > 0 and queued < 0
        if queued < 0:
            self._start, self._written = time.monotonic(), 0
        self._written += len(chunk)
        excess = self._queued() - self._capacity
        if excess > 0:
            time.sleep(excess / self.rate_hz)
        return dry

    def _queued(self) -> float:
        return self._written - (time.monotonic() - self._start) * self.rate_hz

    def queued_s(self) -> float:
        return max(0.0, self._queued() / self.rate_hz)

    def beyond_s(self) -> float:
        return 0.0

    def close(self, abort: bool = False) -> None:
        """Nothing to let go of."""


class ConvertingSink:
    """A sink of another rate behind a live rate converter."""

    def __init__(self, sink: Sink, rate_hz: int) -> None:
        self._sink, self._resampler = sink, Resampler(rate_hz, sink.rate_hz)
        self.name, self.rate_hz, self.full_s, self.step_s = sink.name, rate_hz, sink.full_s, sink.step_s

    def write(self, chunk: NDArray[np.float32]) -> bool:
        return self._sink.write(self._resampler.process(chunk))

    def queued_s(self) -> float:
        return self._sink.queued_s()

    def beyond_s(self) -> float:
        return self._sink.beyond_s() + self._resampler.delay_samples / self.rate_hz

    def close(self, abort: bool = False) -> None:
        self._sink.close(abort)


def open_sink(wanted: str | None, rate_hz: int, latency_s: float = BUFFER_S) -> Sink:
    """A stream on the output that `wanted` names (see `devices.choose`), converted where it refuses `rate_hz`, mixed
    down where it has one channel, and on its first two channels where it takes no less than all it has."""
    device = find_device(wanted)
    if device.channels == 1 and "JACK" in device.host_api:
        # Measured with PortAudio 19.6 and 19.7: it overwrites its memory, and the process ends.
        raise AudioDeviceError(
            f"The output “{device.name}” of JACK has a single port, which PortAudio cannot serve: start it with two."
        )
    first: AudioDeviceError | None = None
    for rate, channels in _ways(device, rate_hz):
        try:
            sink = DeviceSink(device, rate, latency_s, channels)
        except AudioDeviceError as error:
            first = first or error
            if not isinstance(error, FormatRefused) and rate == device.rate_hz:
                # It is in use, or gone: no other format helps.
                break
        else:
            return sink if rate == rate_hz else ConvertingSink(sink, rate_hz)
    assert first is not None
    raise first


def _ways(device: Device, rate_hz: int) -> Iterator[tuple[int, int]]:
    """Rates and numbers of channels to open a device with, the best first."""
    usual = min(2, device.channels)
    rates = list(dict.fromkeys((rate_hz, device.rate_hz, *_OTHER_RATES_HZ)))
    all_of_them = min(device.channels, _MOST)
    ways = [(rate, usual) for rate in rates[:2]]
    ways += [(rate, channels) for rate in rates for channels in (usual, all_of_them)]
    yield from dict.fromkeys(ways)


def routed(chunk: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """(N, 2) as a device of so many channels takes it, (N, channels): the mean for one, silence beyond the second."""
    if channels == 2:
        return chunk
    if channels == 1:
        return np.ascontiguousarray(chunk.mean(axis=1, keepdims=True))
    wide = np.zeros((len(chunk), channels), np.float32)
    wide[:, :2] = chunk
    return wide


def rate_refusal(device: Device, rate_hz: int) -> str:
    """Why a device cannot run at this rate, in a sentence, or ""; one that is in use may not be able to say."""
    sd = portaudio()
    try:
        sd.check_output_settings(
            device.index,
            channels=min(2, device.channels),
            dtype="float32",
            samplerate=rate_hz,
            extra_settings=_host_settings(sd, device),
        )
    except sd.PortAudioError as cause:
        if _INVALID_RATE in cause.args:
            return (
                f"The output “{device.name}” cannot run at {rate_hz / 1000:g} kHz: choose another rate, or its own, "
                f"{device.rate_hz / 1000:g} kHz."
            )
    return ""


def _host_settings(sd: object, device: Device) -> object | None:
    """Let WASAPI convert rates as every other host interface does."""
    settings = getattr(sd, "WasapiSettings", None)
    return settings(auto_convert=True) if settings is not None and "WASAPI" in device.host_api else None


def _reason(cause: Exception) -> str:
    """PortAudio's own words without its decorations."""
    text = str(cause.args[0]) if cause.args else str(cause)
    return text.split(" [")[0].removeprefix("Error opening OutputStream: ").rstrip(".")
