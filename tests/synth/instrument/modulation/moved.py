"""An instrument that sounds nothing of its own, and what its routes make of a control."""

from dataclasses import replace

from synth.instrument.instrument import Instrument, Setup
from synth.instrument.modulation.routes import Route, Routes
from synth.instrument.parameters.values import ParameterValues
from tests.doubles.instruments import Echo
from tests.doubles.samples import live_preset
from tests.synth.instrument.test_state import TINY

RATE = 44100
FPS = TINY.mel.frames_per_second
PRESET = live_preset()
STILL = ParameterValues(frozen=True, weather_depth=0.0, width=0.0)


def silent(controls: ParameterValues | None = None, *routes: Route, seed: int = 3) -> Instrument:
    """An instrument whose sound does not matter."""
    preset = replace(TINY, routes=Routes(tuple(enumerate(routes, start=1))))
    return Instrument(preset, Echo(preset.mel, 0), RATE, controls, Setup(seed=seed))


def told(instrument: Instrument, n_frames: int, id: str) -> list[float]:
    """What a control is moved to, frame by frame."""
    found = []
    for _ in range(n_frames):
        instrument.process(1)
        found.append(instrument.values[id])
    return found
