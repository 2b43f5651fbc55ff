"""Notes on an instrument, at samples, in blocks: what is heard of them."""

from collections.abc import Sequence

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.instrument.events import Action, HoldDrone, at_sample
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset

RATE, SPF = 44100, 512
PRESET = steady_preset(n_frames=43)
Audio = NDArray[np.float32]
Timed = tuple[int, Action]


def instrument(preset: Preset = PRESET, *, drone: bool = False, **controls: float) -> Instrument:
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE, ParameterValues(controls), Setup(seed=3))
    made.do(HoldDrone(drone))
    return made


def sound(played: Instrument, events: Sequence[Timed], n_frames: int, blocks: Sequence[int] = (4,)) -> Audio:
    """(2, N): events by their samples, in blocks of these sizes again and again."""
    fmt = played.preset.mel
    played.schedule(at_sample(sample, action, fmt, played.out_rate_hz) for sample, action in events)
    parts, done, i = [], 0, 0
    with torch.inference_mode():
        while done < n_frames:
            n = min(blocks[i % len(blocks)], n_frames - done)
            parts.append(played.process(n))
            done, i = done + n, i + 1
    return np.concatenate(parts, axis=1)


def level_db(x: Audio) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(x))) + 1e-12))


BLOCKS = st.lists(st.integers(1, 9), min_size=1, max_size=4)
