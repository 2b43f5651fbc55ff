"""The tone for trying an output: soft, faded, first left and then right, and nothing else is touched by it."""

import numpy as np
import pytest

from synth.output.test_tone import FADE_S, SIDE_S, TONE_DB, TONE_HZ, Tone

RATE = 48000


def played(tone: Tone, block: int, seconds: float = 2.0) -> np.ndarray:  # type: ignore[type-arg]
    silence = np.zeros((2, block), np.float32)
    return np.concatenate([tone.process(silence) for _ in range(round(seconds * RATE / block))], axis=1)


def test_left_then_right_at_its_level_and_pitch() -> None:
    tone = Tone(RATE)
    tone.start()
    sound, side = played(tone, 1000), round(SIDE_S * RATE)
    left, right = sound[0, :side], sound[1, side : 2 * side]
    assert not sound[1, :side].any()
    assert not sound[0, side:].any()
    assert not sound[:, 2 * side :].any()
    for heard in (left, right):
        assert 20 * np.log10(np.abs(heard).max()) == pytest.approx(TONE_DB, abs=0.01)
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(side)))
        assert int(spectrum.argmax()) * RATE / side == pytest.approx(TONE_HZ, abs=1)


def test_it_begins_and_ends_softly() -> None:
    tone = Tone(RATE)
    tone.start()
    heard = played(tone, 512)
    steady = 10 ** (TONE_DB / 20) * (2 * np.pi * TONE_HZ / RATE) ** 2
    assert np.abs(np.diff(heard, n=2, axis=1)).max() < 1.5 * steady
    edge = round(FADE_S * RATE / 10)
    assert np.abs(heard[0, :edge]).max() < 0.05 * np.abs(heard).max()


def test_what_plays_goes_on_below_it_and_cannot_clip() -> None:
    loudest = np.full((2, 4800), 10 ** (-1 / 20), np.float32)
    tone = Tone(RATE)
    assert tone.process(loudest) is loudest
    tone.start()
    sounds = [tone.process(loudest) for _ in range(20)]
    assert max(np.abs(sound).max() for sound in sounds) < 1
    quiet = Tone(RATE)
    quiet.start()
    difference = np.concatenate(sounds, axis=1) - np.tile(loudest, 20)
    np.testing.assert_allclose(difference, played(quiet, 4800), atol=1e-6)
    assert (loudest == np.float32(10 ** (-1 / 20))).all()


def test_any_blocks_give_the_same_and_a_second_press_changes_nothing() -> None:
    one, other = Tone(RATE), Tone(RATE)
    one.start()
    other.start()
    first = other.process(np.zeros((2, 480), np.float32))
    other.start()
    rest = played(other, 480, 1.99)
    np.testing.assert_array_equal(played(one, 96000), np.concatenate([first, rest], axis=1))
