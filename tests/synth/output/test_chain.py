"""The chain: each stage says by how much it is late; what is rendered and what is played go through the same one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.device.sinks import SilentSink, Sink
from synth.engine.engine import Engine
from synth.instrument.parameters.values import ParameterValues
from synth.output.audition import Audition
from synth.output.chain import Chain
from synth.output.master import Master, volume_gain
from synth.output.render import Job, render
from synth.output.test_tone import Tone
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.effects import Delay
from tests.doubles.instruments import RATE, ScriptedSink, SineInstrument, wait_until
from tests.doubles.samples import live_preset

PRESET = live_preset()
QUIET = np.random.default_rng(0).uniform(-0.05, 0.05, (2, 9000)).astype(np.float32)


def test_without_effects_it_is_the_master_to_the_bit() -> None:
    chain = Chain(RATE, ParameterValues(), playing=True, after=(Tone(RATE), Audition(RATE)))
    master = Master(RATE)
    assert np.array_equal(chain.process(QUIET), master.process(QUIET))
    assert chain.delay_samples == master.delay_samples


def test_an_impulse_comes_out_after_the_sum_of_the_delays() -> None:
    impulse = np.zeros((2, 4000), np.float32)
    impulse[:, 0] = 0.1
    chain = Chain(RATE, ParameterValues(), playing=True, effects=(Delay(700), Delay(41)), after=(Delay(13),))
    heard = chain.process(impulse)
    assert chain.delay_samples == 700 + 41 + 13 + Master(RATE).delay_samples
    assert np.flatnonzero(heard[0]).tolist() == [chain.delay_samples]
    assert heard[0, chain.delay_samples] == pytest.approx(0.1 * volume_gain(0))


def rendered(*effects: Delay) -> NDArray[np.float32]:
    """Half a second, low enough that the limiter, which counts its samples, does nothing."""
    controls = ParameterValues(volume_db=-12, fade_in_s=0.1, fade_out_s=0.15)
    return render(PRESET, SpectralVocoder(PRESET.mel), Job(0.5, RATE, controls), effects=effects)


def test_a_render_begins_and_fades_on_the_same_sample_whatever_its_effects_delay() -> None:
    plain = rendered()
    assert np.array_equal(rendered(Delay(5000), Delay(123)), plain)
    assert np.array_equal(rendered(Delay(10, gain=0.5)), plain * np.float32(0.5))
    assert np.abs(plain).max() > 0.01


def test_the_engine_plays_through_its_effects_and_tells_their_delay() -> None:
    def silent(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return SilentSink(rate_hz)

    told = []
    for effects in ((), (Delay(RATE // 10), Delay(RATE // 10))):
        engine = Engine(SineInstrument(), playing=True, open_device=silent, effects=effects)
        engine.start()
        try:
            wait_until(lambda engine=engine: engine.frames > 60)
            told.append(engine.status().latency_s)
        finally:
            engine.close()
    # What waits in the ring and the sink differs by less than a block.
    assert told[1] - told[0] == pytest.approx(0.2, abs=0.03)


def test_the_engine_s_effects_are_heard() -> None:
    levels = []
    for effects in ((), (Delay(0, gain=0.5),)):
        sink = ScriptedSink()
        engine = Engine(SineInstrument(), playing=True, open_device=lambda *_, sink=sink: sink, effects=effects)
        engine.start()
        try:
            wait_until(lambda sink=sink: len(sink.audio) > RATE // 2)
            levels.append(float(np.abs(sink.audio).max()))
        finally:
            engine.close()
    assert levels[1] / levels[0] == pytest.approx(0.5, abs=1e-3)
