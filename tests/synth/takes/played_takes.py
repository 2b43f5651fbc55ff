"""Takes of a steady preset, played without an engine and rendered again."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from synth.automaton.gestures import Gesture
from synth.engine.takes.replay import Replay
from synth.instrument.events import Redo, SetParameter, Touch, Undo
from synth.instrument.instrument import Instrument, Setup
from synth.takes.performance import Performance
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.performances import OfflineTake

RATE = 44100
STEADY = steady_preset()


def instrument(seed: int = 3, preset: Any = STEADY) -> Instrument:
    with torch.no_grad():
        made = Instrument(preset, SpectralVocoder(preset.mel), RATE, setup=Setup(seed=seed))
        made.send(Touch(Gesture("erase", 40, 30)))
        made.process(4)
    return made


def played(take: Path, preset: Any = STEADY) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A short take with an undo of what was done before it."""
    offline = OfflineTake(take, instrument(preset=preset))
    offline.play(3, [SetParameter("note", 57.0), Touch(Gesture("noise", 60, 20))])
    offline.play(3, [Undo(), Undo(), SetParameter("width", 0.3)], limit=0.5)
    offline.play(3, [Redo(), SetParameter("tilt_db", 2.0)])
    return offline.end()


def rendered(performance: Performance) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.concatenate(list(Replay(performance, lambda name, preset: SpectralVocoder(preset.mel)).sound()))
