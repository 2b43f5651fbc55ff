"""Two presets played as one: each end is one of them exactly, and in between their sounds add up."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from synth.mel import LOG_MEL_FLOOR, log_mel_from_grid
from synth.vocoder.contract import Onset, Vocoder, VoiceFrames
from synth.vocoder.pair import PairVocoder, first_of, second_seed
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.siblings import siblings

RATE, SEED, N = 48000, 4, 14
"""Frames are no whole numbers of samples at this rate."""
FIRST, SECOND = siblings()
LEVEL = 1.5


def alone(preset_of_second: bool = False) -> SpectralVocoder:
    vocoder = SpectralVocoder(FIRST.mel)
    seed = second_seed(SEED) if preset_of_second else SEED
    vocoder.prepare(SECOND if preset_of_second else FIRST, RATE, n_heads=2, seed=seed)
    return vocoder


def pair() -> PairVocoder:
    both = PairVocoder(SpectralVocoder(FIRST.mel), SpectralVocoder(FIRST.mel), SECOND, LEVEL)
    both.prepare(FIRST, RATE, n_heads=2, seed=SEED)
    return both


def voices(preset_of_second: bool = False, gain: float = 1.0, n: int = N) -> VoiceFrames:
    preset = SECOND if preset_of_second else FIRST
    columns = log_mel_from_grid(preset.state[0], preset.reference_db)
    read = torch.stack([columns[:, 3 : 3 + n], columns[:, 20 : 20 + n]])
    return VoiceFrames((0, 5), torch.stack([read, read - 1]), torch.full((2, n), 1.1), torch.full((2, 2, n), gain))


def part(of: VoiceFrames, frames: slice) -> VoiceFrames:
    second = None if of.second is None else part(of.second, frames)
    return VoiceFrames(of.slots, of.columns[..., frames], of.pitch_ratio[:, frames], of.gain[..., frames], second)


def played(vocoder: Vocoder, given: VoiceFrames) -> Tensor:
    return torch.cat([vocoder.process_voices(given, 0.5), vocoder.flush()], dim=1)


def test_without_a_second_preset_the_sound_is_the_first_ones_to_the_bit() -> None:
    assert torch.equal(played(pair(), voices()), played(alone(), voices()))
    silent = replace(voices(), second=voices(True, gain=0.0))
    assert torch.equal(played(pair(), silent), played(alone(), voices()))


def test_the_second_preset_alone_sounds_as_by_itself() -> None:
    found = played(pair(), replace(voices(gain=0.0), second=voices(True)))
    # One multiplication by the level apart.
    assert torch.allclose(found, LEVEL * played(alone(True), voices(True)), atol=1e-7)
    assert found.abs().max() > 0.05


def test_the_sounds_of_both_add_up_however_frames_are_split() -> None:
    given = replace(voices(gain=0.7), second=voices(True, gain=0.4))
    whole = played(pair(), given)
    parts, split = [], pair()
    for begin, end in ((0, 1), (1, 6), (6, 7), (7, N)):
        parts.append(split.process_voices(part(given, slice(begin, end)), 0.5))
    assert torch.equal(torch.cat([*parts, split.flush()], dim=1), whole)
    expected = played(alone(), voices(gain=0.7)) + LEVEL * played(alone(True), voices(True, gain=0.4))
    assert torch.allclose(whole, expected, atol=1e-7)


def test_noise_of_the_two_is_not_the_same_noise() -> None:
    """Of one seed it would add up as waves: 3 dB too loud."""
    noisy = VoiceFrames((0,), torch.full((1, 2, 80, 40), -3.0), torch.ones(1, 40), torch.ones(1, 2, 40))
    bare = replace(FIRST, partials=None, root_hz=0.0)
    both = PairVocoder(SpectralVocoder(bare.mel), SpectralVocoder(bare.mel), bare, 1.0)
    both.prepare(bare, RATE, n_heads=2, seed=SEED)
    power = both.process_voices(replace(noisy, second=noisy)).square().mean()
    both.reset()
    once = both.process_voices(noisy).square().mean()
    # The two differ by chance by less than this over 0.4 s.
    assert 10 * math.log10(float(power / once)) == pytest.approx(3.0, abs=0.6)


def test_a_second_preset_may_join_a_sound_that_is_under_way() -> None:
    first, going = alone(), alone()
    joined = [going.process_voices(part(voices(), slice(0, 5)), 0.5)]
    both = PairVocoder.beside(going, alone(True), SECOND, LEVEL)
    given = part(voices(), slice(5, N))
    joined += [both.process_voices(replace(given, second=part(voices(True, gain=0.0), slice(5, N))), 0.5), both.flush()]
    assert torch.equal(torch.cat(joined, dim=1), played(first, voices()))
    assert first_of(both) is going
    assert first_of(going) is going


def test_saved_in_the_middle_both_go_on_to_the_bit() -> None:
    given = replace(voices(gain=0.7), second=voices(True, gain=0.4))
    left, resumed = pair(), pair()
    left.process_voices(part(given, slice(0, 6)), 0.5)
    saved = left.save()
    assert saved is not None
    resumed.process_voices(part(given, slice(0, 2)), 0.5)
    resumed.restore(saved)
    rest = part(given, slice(6, N))
    assert torch.equal(played(left, rest), played(resumed, rest))


def test_a_note_that_is_struck_begins_in_both() -> None:
    def onset(second: Onset | None = None, quieter: float = 0.0) -> Onset:
        columns = torch.full((2, 80, 3), LOG_MEL_FLOOR)
        columns[:, 4:9] = -2.0 - quieter
        return Onset(columns, torch.ones(2, 3), 1.2, second)

    both, first, second = pair(), alone(), alone(True)
    nothing = VoiceFrames((), torch.zeros(0, 2, 80, 3), torch.zeros(0, 3), torch.zeros(0, 2, 3))
    for vocoder in (both, first, second):
        vocoder.process_voices(nothing)
    found = both.strike(7, 1, 100, onset(onset(quieter=1.0)))
    expected = first.strike(7, 1, 100, onset()) + LEVEL * second.strike(7, 1, 100, onset(quieter=1.0))
    assert torch.allclose(found, expected, atol=1e-7)
    assert found.abs().max() > 1e-3
    assert torch.equal(both.strike(8, 2, 9, onset()), first.strike(8, 2, 9, onset()))
