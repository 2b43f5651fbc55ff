"""The chain: each stage says by how much it is late; what is rendered and what is played go through the same one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.engine.engine import Engine
from synth.instrument.events import SetParameter
from synth.instrument.parameters.values import ParameterValues
from synth.output.audition import Audition
from synth.output.chain import Chain
from synth.output.master import Master
from synth.output.render import Job, render
from synth.output.test_tone import Tone
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import RATE, ScriptedSink, SineInstrument, wait_until
from tests.doubles.samples import live_preset

PRESET = live_preset()
QUIET = np.random.default_rng(0).uniform(-0.05, 0.05, (2, 9000)).astype(np.float32)


def test_without_effects_it_is_the_master_to_the_bit() -> None:
    chain = Chain(RATE, ParameterValues(), playing=True, after=(Tone(RATE), Audition(RATE)))
    master = Master(RATE)
    assert np.array_equal(chain.process(QUIET), master.process(QUIET))
    assert chain.delay_samples == master.delay_samples


def test_with_all_effects_off_it_is_the_master_to_the_bit_through_every_fade() -> None:
    """Whatever the effects' other controls say."""
    told = ParameterValues(fade_in_s=0.02, fade_out_s=0.03, reverb_mix=1.0, drive_db=36.0, eq_low_db=15.0)
    chain, master = Chain(RATE, told, playing=False), Master(RATE, told, playing=False)
    for move in ("play", "stop", "play", "stop"):
        getattr(chain.master, move)()
        getattr(master, move)()
        assert np.array_equal(chain.process(QUIET[:, :700]), master.process(QUIET[:, :700]))


ROOM = {"reverb_on": True, "reverb_mix": 1.0, "reverb_decay_s": 0.4, "fade_out_s": 0.02, "fade_in_s": 0.02}


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros((2, round(seconds * RATE)), np.float32)


def test_after_stop_the_tail_rings_out_and_ends_in_digital_silence() -> None:
    """As loud as if the sound itself had faded out before the effects; sound goes on, and is not heard."""
    chain, unstopped = (Chain(RATE, ParameterValues(ROOM), playing=True) for _ in range(2))
    for one in (chain, unstopped):
        one.process(QUIET)
    fade = 0.5 + 0.5 * np.cos(np.pi * np.minimum(1, np.arange(1, 9001) / round(0.02 * RATE)))
    chain.master.stop()
    heard = chain.process(QUIET)
    faded = (QUIET * fade).astype(np.float32)
    assert np.array_equal(heard, unstopped.process(faded))
    assert chain.master.silent
    assert not chain.silent
    assert np.abs(chain.process(QUIET)).max() > 1e-3
    chain.process(silence(2.0))
    assert not chain.process(QUIET).any()
    assert chain.silent


def test_who_closes_need_not_wait_for_a_tail() -> None:
    chain = Chain(RATE, ParameterValues({**ROOM, "reverb_decay_s": 20.0, "fade_out_s": 10.0}), playing=True)
    chain.process(QUIET)
    chain.master.stop(for_good=True)
    heard = chain.process(silence(0.2))
    assert chain.silent
    assert not chain.effects.silent
    assert np.abs(heard[:, : round(0.02 * RATE)]).max() > 1e-3
    assert not heard[:, round(0.13 * RATE) :].any()
    # One that had stopped already and rang on.
    chain = Chain(RATE, ParameterValues({**ROOM, "reverb_decay_s": 20.0}), playing=True)
    chain.process(QUIET)
    chain.master.stop()
    chain.process(silence(0.1))
    assert not chain.silent
    chain.master.stop(for_good=True)
    assert not chain.process(silence(0.2))[:, round(0.13 * RATE) :].any()
    assert chain.silent


@given(st.lists(st.integers(0, 9000), max_size=6), st.integers(0, 4000))
@settings(max_examples=20, deadline=None)
def test_any_partition_gives_the_same_bits_while_effects_go_on_and_off_in_a_fade(cuts: list[int], at: int) -> None:
    heard = []
    for parts in ([], cuts):
        chain, pieces = Chain(RATE, ParameterValues(ROOM), playing=True), []
        chain.obey({"fade_out_s": 0.1})
        for begin, end, told in (
            (0, at, {}),
            (at, at + 2000, {"reverb_on": False}),
            (at + 2000, 9000, {"eq_on": True}),
        ):
            chain.obey(told)
            if begin == at:
                chain.master.stop()
            inside = [cut - begin for cut in sorted(parts) if begin < cut < end]
            pieces += [chain.process(part) for part in np.split(QUIET[:, begin:end], inside, axis=1)]
        heard.append(np.concatenate(pieces, axis=1))
    assert np.array_equal(heard[0], heard[1])


def test_a_chain_goes_on_from_its_state_to_the_bit() -> None:
    chain, other = Chain(RATE, ParameterValues(ROOM), playing=True), Chain(RATE, ParameterValues(), playing=False)
    chain.process(QUIET)
    chain.obey({"delay_on": True, "reverb_place": 1.0})
    chain.master.stop(for_good=True)
    chain.process(QUIET[:, :500])
    other.restore(chain.save(), RATE)
    assert np.array_equal(other.process(QUIET), chain.process(QUIET))


def test_what_a_take_of_before_effects_kept_is_a_chain_without_them() -> None:
    chain = Chain(RATE, ParameterValues(), playing=True)
    chain.process(QUIET)
    before = {name: array for name, array in chain.save().items() if name != "master.farewell"}
    assert not any(name.startswith("effects") for name in before)
    other = Chain(RATE, ParameterValues(ROOM), playing=False)
    other.restore(before, RATE)
    assert np.array_equal(other.process(QUIET), chain.process(QUIET))


def test_a_stage_laid_over_it_makes_it_late_and_effects_do_not() -> None:
    class Late:
        delay_samples = 13

        def process(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
            return sound

    chain = Chain(RATE, ParameterValues(ROOM), playing=True, after=(Late(),))
    assert chain.delay_samples == 13 + Master(RATE).delay_samples


def rendered(**given: float) -> NDArray[np.float32]:
    """Half a second, low enough that the limiter, which counts its samples, does nothing."""
    controls = ParameterValues(volume_db=-12, fade_in_s=0.1, fade_out_s=0.15, **given)
    return render(PRESET, SpectralVocoder(PRESET.mel), Job(0.5, RATE, controls))


def test_a_render_has_its_effects_and_ends_at_its_end() -> None:
    plain, flat = rendered(), rendered(eq_on=True)
    # At 0 dB an equaliser changes nothing, but the sound is faded before it and once more at its end.
    shared = slice(round(0.1 * RATE), round(0.34 * RATE))
    assert np.allclose(flat[:, shared], plain[:, shared], atol=1e-7)
    room = rendered(reverb_on=True, reverb_mix=1.0, reverb_decay_s=20.0)
    assert room.shape == plain.shape
    assert np.abs(room[:, -3000:-2000]).max() > 1e-4
    assert np.abs(room[:, -2:]).max() < 1e-6


def test_the_engine_s_effects_follow_its_controls() -> None:
    sink = ScriptedSink()
    engine = Engine(SineInstrument(), playing=True, open_device=lambda *_: sink)
    engine.start()
    try:
        wait_until(lambda: len(sink.audio) > RATE // 2)
        before = np.abs(sink.audio[-2000:]).max()
        for id, value in (("eq_on", True), ("eq_mid_hz", 440.0), ("eq_mid_db", -12.0)):
            engine.send(SetParameter(id, value))
        # A peak of −12 dB at the sine's own frequency is a quarter of its height.
        wait_until(lambda: abs(np.abs(sink.audio[-2000:]).max() / before - 10 ** (-12 / 20)) < 0.01)
    finally:
        engine.close()
