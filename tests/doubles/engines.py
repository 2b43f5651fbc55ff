"""Every implementation of `EngineControl`, made alike, so that one suite of tests can be run on all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.device.devices import Device
from synth.device.outputs import Output
from synth.device.sinks import SilentSink, Sink
from synth.engine.engine import Engine
from synth.engine.protocol import EngineControl
from synth.engine.rate_change import ReopeningEngine
from synth.errors import AudioDeviceError
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument
from tests.doubles.engine import FakeEngine
from tests.doubles.instruments import PRESET, RATE

MISSING = "nowhere"
"""A device that none of them has."""
UNWRITABLE = Path("/dev/null/take.wav")
CONTROLS = ParameterValues(fade_in_s=0.005, fade_out_s=0.005)


@dataclass(frozen=True)
class Candidate:
    """An engine that has not been started, and how to make it complain about a folder."""

    engine: EngineControl
    complain: Callable[[], object]


def instrument() -> Instrument:
    return ready_instrument(PRESET, RATE, CONTROLS, "spectral")[0]


def _open(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
    _find(wanted)
    return SilentSink(rate_hz, name=wanted or "default")


def _find(wanted: str | None) -> Device:
    if wanted == MISSING:
        raise AudioDeviceError(f"There is no output “{wanted}”: choose one.")
    return Device(0, wanted or "default", "ALSA", 48000, wanted is None)


def _engine() -> Candidate:
    engine = Engine(instrument(), open_device=_open)
    return Candidate(engine, lambda: engine.record(UNWRITABLE))


def _reopening() -> Candidate:
    engine = ReopeningEngine(
        instrument(), Output(rate_hz=RATE), open_device=_open, find=_find, refusal=lambda device, rate_hz: ""
    )
    return Candidate(engine, lambda: engine.record(UNWRITABLE))


def _double() -> Candidate:
    engine = FakeEngine()
    engine.missing = {MISSING}
    return Candidate(engine, lambda: engine.notify("It cannot be written.", urgent=True, remedy="folder"))


ENGINES: Mapping[str, Callable[[], Candidate]] = {
    "engine": _engine,
    "rate-changing engine": _reopening,
    "window's double": _double,
}
