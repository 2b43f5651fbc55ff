"""Routes to the output's controls: smooth, the same in a render, the engine and a take, and left without a trace."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.engine.mixdown import Mixdown
from synth.engine.preset_cross_fade import PresetCrossFade
from synth.engine.takes.replay import Replay
from synth.engine.transport import Transport
from synth.instrument.events import HoldDrone, SetParameter, SetRoute
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.modulation.routes import Route, Routes
from synth.instrument.note_events import NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.output.chain import Chain
from synth.output.leads import Lead, LedChain
from synth.output.led_ramp import LedRamp
from synth.output.render import Job, render
from synth.presets.model import Preset
from synth.takes.branch import instrument_at
from synth.takes.performance import load_performance
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.performances import OfflineTake
from tests.doubles.samples import live_preset

RATE = 44100
STILL = {"frozen": True, "width": 0.0, "weather_depth": 0.0, "playhead_speed": 0.0}


def routed(*routes: Route) -> Preset:
    return replace(live_preset(), routes=Routes(tuple(enumerate(routes, start=1))))


def spectral(name: str, preset: Preset) -> Vocoder:
    return SpectralVocoder(preset.mel)


@given(st.lists(st.integers(1, 50), max_size=8))
def test_a_led_ramp_goes_in_a_straight_line_whatever_the_blocks(blocks: list[int]) -> None:
    ramp = LedRamp(0.5, 100)
    ramp.lead(0.9, 80)
    parts, left = [], 80
    for n in [*blocks, 80]:
        n = min(n, left)
        left -= n
        if n:
            parts.append(np.broadcast_to(ramp.take(n), n))
    assert np.concatenate(parts) == pytest.approx(0.5 + 0.4 * np.arange(1, 81) / 80, abs=1e-12)
    assert ramp.value == 0.9
    # Left alone it goes back to its own target along its own curve, from where it is.
    ramp.lead(None, 80)
    values = np.broadcast_to(ramp.take(101), 101)
    assert abs(values[0] - 0.9) < 1e-3
    assert values[-1] == 0.5
    assert (np.diff(values) <= 0).all()


SMOOTH = {
    # Parameter, its low end, middle and top here, and how deep a route spans them.
    "volume_db": (-60.0, -30.0, 0.0, 30 / 72),
    "voice_level_db": (-60.0, -30.0, 0.0, 30 / 72),
    "fine_cents": (0.0, 50.0, 100.0, 0.25),
    "tilt_db": (-6.0, 0.0, 6.0, 0.5),
    "voice_pan": (-1.0, 0.0, 1.0, 0.5),
}


def above_13_khz_db(id: str, value: float, *routes: Route, shape: float = 0.0) -> float:
    """The largest sample above 13 kHz of a note and the drone that stand still, dBFS: a step of height A leaves A / 4
    there."""
    controls = ParameterValues(STILL | {id: value, "lfo1_hz": 20.0, "lfo1_shape": shape})
    preset = routed(*routes)
    with torch.inference_mode():
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls)
        instrument.send(NoteOn(1, 64, 0.8))
        cross_fade, chain = PresetCrossFade(instrument), Chain(RATE, controls, playing=True)
        mixdown = Mixdown(cross_fade, Transport(chain.master, held=True), chain, RATE)
        parts = []
        for _ in range(40):
            mixdown.begin(cross_fade.begin)
            parts.append(mixdown.finish((), cross_fade.take))
    sound = np.concatenate(parts, axis=1)[:, 16 * 512 :].astype(np.float64)
    high = scipy.signal.butter(8, 13_000, "high", fs=RATE, output="sos")
    loudest = np.abs(scipy.signal.sosfiltfilt(high, sound, axis=1)[:, 512:-512]).max()
    return float(20 * np.log10(loudest + 1e-12))


@pytest.mark.parametrize("shape", [0.0, 3.0], ids=["sine", "square"])
@pytest.mark.parametrize("id", SMOOTH)
def test_a_full_depth_lfo_at_20_hz_makes_no_step_above_minus_60_dbfs(id: str, shape: float) -> None:
    low, middle, high, depth = SMOOTH[id]
    moved = above_13_khz_db(id, middle, Route("lfo1", id, depth, "bipolar"), shape=shape)
    steady = max(above_13_khz_db(id, value) for value in (low, middle, high))
    # −60 − 12 dB, or no more than what the steady sound has there by itself.
    assert moved <= max(-72.0, steady + 3.0)


OUTPUT_ROUTES = (
    Route("lfo1", "volume_db", 0.1, "bipolar"),
    Route("lfo2", "drive_bias", 0.5),
    Route("velocity", "delay_mix", 0.4),
    Route("lfo1", "tilt_db", 0.2, "bipolar"),
)
LIVELY = ParameterValues(lfo1_hz=9.0, lfo2_hz=3.0, drive_on=True, delay_on=True, fade_in_s=0.02, fade_out_s=0.02)


def played_by_frames(preset: Preset, controls: ParameterValues, n_frames: int) -> NDArray[np.float32]:
    """As the engine plays it, from its first frame on."""
    with torch.inference_mode():
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls)
        cross_fade, chain = PresetCrossFade(instrument), Chain(RATE, controls, playing=True)
        transport = Transport(chain.master, held=True)
        mixdown = Mixdown(cross_fade, transport, chain, RATE)
        parts = []
        for i in range(n_frames):
            mixdown.begin(cross_fade.begin)
            # Some frames as a whole, and some by quarters.
            parts += [mixdown.finish((), cross_fade.take, until) for until in ((4,) if i % 3 else (1, 2, 3, 4))]
    return np.concatenate(parts, axis=1)


def test_a_render_leads_the_output_at_the_samples_at_which_the_engine_does() -> None:
    preset = routed(*OUTPUT_ROUTES)
    # Effects would remember the fade, which is not the same in both, through the whole piece.
    dry = LIVELY.with_values({"delay_on": False, "drive_on": False})
    rendered = render(preset, SpectralVocoder(preset.mel), Job(seconds=0.6, controls=dry))
    played = played_by_frames(preset, dry, 60)
    lead = SpectralVocoder(preset.mel)
    lead.prepare(preset, RATE, n_heads=2)
    late = lead.delay_samples + Chain(RATE, LIVELY, playing=True).delay_samples
    middle = slice(2000, 24_000)
    assert np.array_equal(rendered[:, middle], played[:, late:][:, middle])


class Noting(Chain):
    """Notes at which sample it is led."""

    def __init__(self) -> None:
        super().__init__(RATE, ParameterValues(), playing=True)
        self.done = 0
        self.led: list[tuple[int, float]] = []

    def lead(self, values: Mapping[str, float], n_samples: int) -> None:
        self.led.append((self.done, values["drive_bias"]))

    def process(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        self.done += sound.shape[1]
        return sound


@given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
def test_a_rendered_block_is_led_at_each_frame_however_it_is_cut(blocks: list[int]) -> None:
    noting = Noting()
    chain, frames = LedChain(noting), [(557 * i, 0.1 * i) for i in range(1, 5)]
    chain.follow(Lead(begin, 557, {"drive_bias": value}) for begin, value in frames)
    for n in [*blocks, 557 * 6]:
        assert chain.process(np.ones((2, n), np.float32)).shape == (2, n)
    assert noting.led == frames


def asked(n: int) -> Iterable[SetRoute | SetParameter | NoteOn | HoldDrone]:
    """What is asked before the n-th pair of frames."""
    if n == 4:
        return [NoteOn(1, 60, 0.9)]
    if n == 7:
        return [SetRoute(1, None), SetParameter("drive_bias", 0.3)]
    if n == 9:
        return [SetRoute(2, None), SetRoute(6, Route("lfo3", "reverb_mix", 0.5))]
    return []


def test_a_take_with_routes_is_rendered_to_the_bit(tmp_path: Path) -> None:
    """It begins while the output is led, and routes are taken away and added in it."""
    preset = routed(*OUTPUT_ROUTES)
    with torch.no_grad():
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, LIVELY, Setup(seed=2))
        instrument.warm_up()
        instrument.description()
    take = OfflineTake(tmp_path / "routes.wav", instrument, n_before=9)
    for n in range(14):
        take.play(1, asked(n))
    sound = take.end()
    performance = load_performance(tmp_path / "routes.petrichord.safetensors")
    again = np.concatenate(list(Replay(performance, spectral).sound()))
    assert np.array_equal(again, sound)


def test_one_goes_back_into_a_take_to_the_culture_that_its_routes_made(tmp_path: Path) -> None:
    """Which is done without sound: sources of notes, of the culture and of the level are the same there."""
    routes = (
        Route("culture_activity", "steps_per_frame", 0.3),
        Route("velocity", "weather_speed", 0.4),
        Route("envelope2", "steps_per_frame", 0.2),
        Route("follower", "weather_depth", 0.2),
    )
    with torch.no_grad():
        preset = routed(*routes)
        controls = ParameterValues(release_s=0.05)
        instrument = Instrument(preset, SpectralVocoder(preset.mel), RATE, controls, Setup(seed=2))
        instrument.warm_up()
        instrument.description()
    take = OfflineTake(tmp_path / "back.wav", instrument, n_before=3)
    for actions in ([NoteOn(1, 60, 0.9)], [NoteOff(1)], []):
        take.play(6, actions)
    sound = take.end()
    soundfile.write(tmp_path / "back.wav", sound, RATE, subtype="FLOAT")
    back = instrument_at(tmp_path / "back.wav", len(sound) / RATE, RATE)[1]
    assert back.frame == instrument.frame
    assert torch.equal(back.culture.cells(), instrument.culture.cells())
    assert back.motion.state.moved == instrument.motion.state.moved
    assert instrument.controls["weather_depth"] != instrument.values["weather_depth"]


def test_a_chain_that_is_led_goes_on_from_what_was_saved() -> None:
    noise = np.random.default_rng(0).uniform(-0.2, 0.2, (2, 512 * 6)).astype(np.float32)
    led = [
        {"volume_db": -12.0, "drive_bias": 0.9},
        {"volume_db": -3.0, "drive_bias": 0.2},
        {"drive_bias": 0.7},
        {},
        {},
        {},
    ]
    one = Chain(RATE, LIVELY, playing=True)
    for i in range(3):
        one.lead(led[i], 512)
        one.process(noise[:, 512 * i : 512 * (i + 1)])
    other = Chain(RATE, LIVELY, playing=True)
    other.restore(one.save(), RATE)
    for i in range(3, 6):
        block = noise[:, 512 * i : 512 * (i + 1)]
        for chain in (one, other):
            if i == 4:
                chain.obey({"drive_bias": 0.4, "volume_db": 2.0})
            chain.lead(led[i], 512)
        assert np.array_equal(one.process(block), other.process(block))
    # What is led no longer is what the controls say.
    assert one.effects.values["drive_bias"] == 0.4


def test_controls_that_are_turned_while_they_are_led_hold_from_when_they_are_let_go() -> None:
    chain = Chain(RATE, LIVELY, playing=True)
    chain.lead({"drive_bias": 0.9}, 512)
    chain.obey({"drive_bias": 0.1, "delay_mix": 0.2})
    assert (chain.effects.values["drive_bias"], chain.effects.values["delay_mix"]) == (0.9, 0.2)
    chain.lead({}, 512)
    assert chain.effects.values["drive_bias"] == 0.1
