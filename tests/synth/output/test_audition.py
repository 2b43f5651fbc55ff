"""Sound from elsewhere over the instrument's: heard once, faded, never louder than either."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.device.sinks import SilentSink
from synth.engine.engine import Engine
from synth.instrument.instrument import Instrument
from synth.loading.choose_vocoder import choose_vocoder
from synth.output.audition import FADE_S, Audition
from tests.doubles.samples import live_preset

RATE = 48000
FADE = round(FADE_S * RATE)


def ground(n: int) -> NDArray[np.float32]:
    return np.full((2, n), 0.25, np.float32)


def mixed(audition: Audition, n: int, block: int) -> NDArray[np.float32]:
    """The ground as it comes out, in blocks of at most `block`."""
    return np.concatenate([audition.process(ground(min(block, n - i))) for i in range(0, n, block)], axis=1)


def test_without_other_sound_the_instrument_passes_untouched() -> None:
    sound = ground(100)
    assert Audition(RATE).process(sound) is sound


@pytest.mark.parametrize("block", [1, 37, 1024, 9000])
def test_it_is_the_sound_between_its_fades_whatever_the_blocks(block: int) -> None:
    samples = np.random.default_rng(0).uniform(-0.8, 0.8, (4000, 2)).astype(np.float32)
    audition = Audition(RATE)
    audition.play(samples)
    out = mixed(audition, 9000, block)
    assert np.array_equal(out[:, FADE : 4000 - FADE], samples.T[:, FADE : 4000 - FADE])
    assert np.array_equal(out[:, 4000:], ground(5000))
    # A raised cosine from one to the other, as defined.
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 1) / FADE)
    expected = (1 - rise) * 0.25 + rise * samples.T[:, :FADE]
    assert np.abs(out[:, :FADE] - expected).max() < 1e-6
    fall = 1 - rise
    expected = (1 - fall) * 0.25 + fall * samples.T[:, 4000 - FADE :]
    assert np.abs(out[:, 4000 - FADE : 4000] - expected).max() < 1e-6
    assert audition.at_s is None


def test_neither_sound_is_made_louder() -> None:
    audition = Audition(RATE)
    audition.play(np.full((3000, 2), -0.8, np.float32))
    out = mixed(audition, 6000, 512)
    assert out.max() <= 0.25 and out.min() >= -0.8


def test_another_sound_waits_until_the_first_has_faded() -> None:
    audition = Audition(RATE)
    audition.play(np.full((RATE, 2), 0.5, np.float32))
    mixed(audition, 3000, 512)
    audition.play(np.full((RATE, 2), -0.5, np.float32))
    out = mixed(audition, 4 * FADE, 512)
    assert np.allclose(out[:, FADE - 1], 0.25)
    assert np.allclose(out[:, 2 * FADE :], -0.5)
    # No step in between: a fade of 20 ms moves by at most π/2 of its range per fade length.
    assert np.abs(np.diff(out[0])).max() < 0.75 * np.pi / 2 / FADE * 1.05
    assert audition.at_s == pytest.approx(3 * FADE / RATE)


def test_stop_comes_back_to_the_instrument() -> None:
    audition = Audition(RATE)
    audition.play(np.full((RATE, 2), 0.5, np.float32))
    mixed(audition, 3000, 512)
    audition.stop()
    assert np.array_equal(mixed(audition, 3000, 512)[:, FADE:], ground(3000 - FADE))


@pytest.mark.parametrize("n", [0, 1, FADE // 3, FADE, 2 * FADE - 1])
def test_sounds_shorter_than_their_fades_are_faded_all_the_same(n: int) -> None:
    audition = Audition(RATE)
    audition.play(np.full((n, 2), 0.75, np.float32))
    out = mixed(audition, 3 * FADE, 100)
    assert np.array_equal(out[:, n:], ground(3 * FADE - n))
    assert out.max() <= 0.75


def test_the_engine_sends_it_even_while_the_instrument_is_stopped() -> None:
    preset = live_preset()
    vocoder, _ = choose_vocoder("spectral", preset)
    engine = Engine(Instrument(preset, vocoder, RATE), open_device=lambda *_: SilentSink(RATE))
    engine.start()
    try:
        engine.audition.play(np.full((RATE, 2), 0.5, np.float32))
        deadline = time.monotonic() + 10
        while engine.sound(2048).max() < 0.5 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert engine.sound(2048).max() == 0.5
        assert not engine.status().playing
    finally:
        engine.close()
