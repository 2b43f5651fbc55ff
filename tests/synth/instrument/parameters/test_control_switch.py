"""All controls changed at once, as between states A and B, are heard without a click."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.instrument.events import set_parameters
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.output.master import Master
from synth.presets.library import load
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import roughness

RATE, SPF = 44100, 512
A = ParameterValues(
    steps_per_frame=0.5,
    weather_depth=0.5,
    weather_speed=0.5,
    playhead_speed=-1.0,
    fine_cents=-40,
    width=0.0,
    tilt_db=-3.0,
    volume_db=-9.0,
)
B = ParameterValues(
    steps_per_frame=3.0,
    weather_depth=1.5,
    weather_speed=2.0,
    playhead_speed=1.5,
    fine_cents=60,
    width=1.0,
    tilt_db=3.0,
    volume_db=-3.0,
    note=64,
)


def played(name: str, states: tuple[ParameterValues, ...], frames: int = 30) -> NDArray[np.float32]:
    """Each state in turn for so many frames, in the engine's blocks, (N, 2)."""
    preset = load(name)
    instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, states[0], Setup(seed=3))
    master = Master(RATE, states[0])
    blocks = []
    with torch.inference_mode():
        for controls in states:
            for event in set_parameters(controls):
                instrument.send(event)
            master.obey(controls)
            blocks += [master.process(instrument.process(2)) for _ in range(frames // 2)]
    return np.concatenate(blocks, axis=1).T


@pytest.mark.parametrize("name", ["violin", "temple_bell"])
def test_switching_to_and_fro_is_no_rougher_than_either_state(name: str) -> None:
    switching = played(name, (A, B, A, B))
    start = 20 * SPF
    steady = max(roughness(played(name, (state,), 120)[start:]) for state in (A, B))
    assert roughness(switching[start:]) < 1.3 * steady


def test_the_measure_hears_a_click() -> None:
    """Without the volume's ramp, the same switch is far rougher."""
    sound = played("violin", (A,), 80)
    steady = roughness(sound[20 * SPF :])
    sound[40 * SPF + 37 :] *= 3
    assert roughness(sound[20 * SPF :]) > 1.3 * steady
