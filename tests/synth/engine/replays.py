"""Takes of a running engine, and what is rendered from their performances."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.engine.takes.replay import Replay
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.parameters.values import ParameterValues
from synth.presets.model import Preset
from synth.takes.companion import companion_of
from synth.takes.performance import Performance, events_of, load_performance
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import RATE, ScriptedSink, wait_until

CONTROLS = ParameterValues(fade_in_s=0.2, fade_out_s=0.1)


def spectral(name: str, preset: Preset) -> Vocoder:
    assert name == "spectral"
    return SpectralVocoder(preset.mel)


def instrument(preset: Preset, seed: int = 0) -> Instrument:
    with torch.no_grad():
        made = Instrument(preset, SpectralVocoder(preset.mel), RATE, CONTROLS, Setup(seed=seed))
        made.warm_up()
        made.description()
    return made


@contextmanager
def running(first: Instrument, *, playing: bool, full_s: float = 0.046) -> Iterator[tuple[Engine, ScriptedSink]]:
    sink = ScriptedSink(full_s=full_s)

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    engine = Engine(first, playing=playing, sample_format="float32", open_device=open_device)
    engine.start()
    try:
        wait_until(lambda: engine.frames > 8)
        yield engine, sink
    finally:
        engine.close()


def recorded_s(engine: Engine, seconds: float) -> None:
    wait_until(lambda: engine.status().recording_s > seconds)


def finished(engine: Engine) -> None:
    engine.stop_recording()
    wait_until(lambda: engine.status().recording is None and not engine.status().armed)


def samples(take: Path) -> NDArray[np.float32]:
    read: NDArray[np.float32] = soundfile.read(take, dtype="float32")[0]
    return read


def rendered(performance: Performance, rate_hz: int | None = None) -> NDArray[np.float32]:
    return np.concatenate(list(Replay(performance, spectral, rate_hz).filed()))


def same(take: Path) -> Performance:
    """Asserts that the take and what is rendered from beside it are equal in every sample."""
    performance, kept = load_performance(take), samples(take)
    again = rendered(performance)
    assert performance.whole
    assert performance.exact
    assert again.shape == kept.shape
    different = np.flatnonzero((again != kept).any(axis=1))
    assert not len(different), f"{len(different)} of {len(kept)} samples differ, the first at {different[0]}"
    assert not events_of(companion_of(take)).exists()
    return performance
