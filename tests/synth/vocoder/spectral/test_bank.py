"""The compiled bank against a sum of sines in double precision, and how it is compiled.

Axes: `A` voices, `B` heads, `P` oscillators, `N` samples.
"""

import errno
import math

import numpy as np
import numpy.typing as npt
import pytest
from numba.core import caching

from synth.vocoder.spectral import kernels
from synth.vocoder.spectral.movement.shimmer import Shimmer
from synth.vocoder.spectral.oscillators import OscillatorBank
from synth.vocoder.spectral.voice_state import VoiceState

Doubles = npt.NDArray[np.float64]
HZ = np.sort(np.random.default_rng(0).random(40)) * 9000 + 60


def sum_of_sines(
    rate_hz: int, hop: float, cycles: Doubles, levels: Doubles, pitches: Doubles, onset: int = 0
) -> Doubles:
    """Levels (T, A, B, P) and pitches (T, A) at places 0, hop, 2 hop … , in straight lines between → (B, N)."""
    n = math.ceil((len(levels) - 1) * hop)
    t = np.arange(onset, n, dtype=np.float64)
    at = np.minimum((t / hop).astype(int), len(levels) - 2)
    x = t / hop - at
    pitch = pitches[at] * (1 - x[:, None]) + pitches[at + 1] * x[:, None]
    before = np.concatenate([np.zeros((1, pitches.shape[1])), np.cumsum((pitches[1:] + pitches[:-1]) / 2, axis=0)])
    integral = (before[at] + x[:, None] * (pitches[at] + pitch) / 2) * hop / rate_hz
    out = np.zeros((levels.shape[2], n))
    for voice in range(levels.shape[1]):
        wave = np.cos(2 * np.pi * (cycles[voice] + integral[:, voice, None] * HZ))
        level = levels[at, voice] * (1 - x[:, None, None]) + levels[at + 1, voice] * x[:, None, None]
        out[:, onset:] += np.einsum("nbp,np->bn", level, wave)
    return out


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("heads", [1, 2])
def test_the_bank_is_a_sum_of_sines(rate_hz: int, heads: int) -> None:
    rng = np.random.default_rng(1)
    hop = 256 * rate_hz / 22050
    bank = OscillatorBank(HZ, rate_hz, seed=3)
    voices = VoiceState.none(heads, 80, len(HZ))
    for slot in range(5):
        voices.add(slot, 0, *bank.chance(slot, 0))
    cycles = voices.cycles.copy()
    pitches = 2 ** rng.uniform(-1, 0.9, (7, 5))
    pitches[0] = pitches[1]
    levels = rng.random((7, 5, heads, len(HZ))).astype(np.float32) * 0.05
    levels[0] = 0
    out = np.zeros((heads, math.ceil(6 * hop)), np.float32)
    for i in range(1, 7):
        bank.advance(out, 0, (i - 1) * hop, i * hop, voices, levels[i], pitches[i])
    wanted = sum_of_sines(rate_hz, hop, cycles, levels.astype(np.float64), pitches)
    # Each oscillator is off by at most 5e-7 and by 32 cycles in single precision, 4e-6 of a cycle or 2.4e-5; 200 of
    # them add up by chance. The rounding of their sum, about 6 at most, is 200 times 3e-7 by chance.
    assert np.abs(out - wanted).max() < 2.4e-5 * math.sqrt(200) * 0.05
    assert np.abs(out - wanted).std() < 1e-5 * wanted.std()
    np.testing.assert_allclose(voices.cycles, voices.cycles % 1)


def test_phases_run_on_for_an_hour() -> None:
    """310 000 frames later each phase is what one multiplication says, to a thousandth of a cycle."""
    bank = OscillatorBank(HZ, 44100, seed=3)
    voices = VoiceState.none(1, 80, len(HZ))
    voices.add(0, 0, *bank.chance(0, 0))
    start, silent = voices.cycles.copy(), np.zeros((1, 1, len(HZ)), np.float32)
    out = np.zeros((1, 512), np.float32)
    for i in range(310_000):
        bank.advance(out, i * 512, i * 512, (i + 1) * 512, voices, silent, np.ones(1))
    turned = (voices.cycles - start - HZ * (310_000 * 512 / 44100)) % 1
    assert np.minimum(turned, 1 - turned).max() < 1e-3


def test_the_order_of_voices_does_not_matter_to_any_of_them() -> None:
    """A voice's samples do not depend on which voices sound beside it."""
    bank = OscillatorBank(HZ, 44100, seed=3)
    level = np.random.default_rng(2).random((1, 2, len(HZ))).astype(np.float32)
    sounds = []
    for beside in (0, 3):
        voices = VoiceState.none(2, 80, len(HZ))
        voices.add(9, 4, *bank.chance(9, 4))
        for slot in range(beside):
            voices.add(slot, 0, *bank.chance(slot, 0))
        out, levels = np.zeros((2, 512), np.float32), np.zeros((1 + beside, 2, len(HZ)), np.float32)
        levels[0] = level
        bank.advance(out, 0, 0.0, 512.0, voices, levels, np.ones(1 + beside))
        sounds.append(out)
    assert np.array_equal(sounds[0], sounds[1])


@pytest.mark.parametrize("trouble", ["no folder", "full disk"])
def test_without_a_place_to_keep_it_the_bank_is_compiled_for_this_process(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if trouble == "no folder":
        monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    else:
        monkeypatch.setattr(caching.IndexDataCacheFile, "load", lambda *_: None)
        monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    play = kernels.kernels.__wrapped__().play
    out, cycles, turn, one = np.zeros((1, 64), np.float32), np.zeros((1, 1)), np.array([1 / 64]), np.ones(1)
    level = np.ones((1, 1, 1), np.float32)
    still = Shimmer.none()
    play(
        out,
        0,
        64,
        0.0,
        64.0,
        np.zeros(1, np.int64),
        cycles,
        turn,
        one,
        one,
        level,
        level,
        np.zeros_like(cycles),
        np.zeros(2),
        still.noise,
        0,
        np.zeros(1, np.int64),
        1,
        still.own,
        still.shared,
    )
    np.testing.assert_allclose(out[0], np.cos(2 * np.pi * np.arange(64) / 64), atol=1e-6)


def test_the_bank_lets_other_threads_run_and_is_kept_on_disk() -> None:
    play = kernels.kernels().play
    assert play.targetoptions["nogil"]  # type: ignore[attr-defined]
    assert not isinstance(play._cache, caching.NullCache)  # type: ignore[attr-defined]
