"""Many voices in the spectral vocoder: they sound together, each as it would alone, and as the contract says.

Axes: `V` voices, `B` heads, `M` mel bands, `n` frames, `N` samples.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from synth.mel import MelFormat
from synth.presets.model import Vibrato
from synth.vocoder.arrays import Floats
from synth.vocoder.contract import Onset, VoiceFrames, add_to_the_end, samples_until
from synth.vocoder.spectral.amplitudes import AmplitudeSolver
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.sounds import coloured_noise, frames_of, play, preset_for, silence, spectral, tones
from tests.synth.vocoder.spectral.played_voices import F22, F44, HOP, TONE, Doubles, onset, rich, sound, voices

# --- sums -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_noise")
def test_voices_sound_as_the_sum_of_each_alone() -> None:
    preset, frames = rich(24)
    ratios, gains = [1.0, 0.7, 1.5, 0.25], [0.5, 0.9, 0.2, 0.6]
    each = [torch.roll(frames, 3 * i, dims=2) for i in range(4)]

    def rendered(which: list[int]) -> Doubles:
        vocoder = spectral(preset, 48000, 2)
        for i in which:
            vocoder.start(i, note=i + 5)
        pitch, gain = torch.tensor([ratios[i] for i in which])[:, None], torch.tensor([gains[i] for i in which])
        return sound(vocoder, voices(which, torch.stack([each[i] for i in which]), 24, pitch, gain[:, None, None]))

    together, alone = rendered([0, 1, 2, 3]), [rendered([i]) for i in range(4)]
    difference = np.abs(together - np.sum(alone, axis=0)).max()
    # What is left is the rounding of sums in single precision.
    assert difference < 1e-5 * np.abs(together).max()
    assert min(float(one.std()) for one in alone) > 0.01


@pytest.mark.parametrize("gains", [(1.0, 1.0), (0.3, 1.0, 0.5), (0.4,) * 12])
def test_the_power_of_voices_noise_adds_up(gains: tuple[float, ...]) -> None:
    preset = preset_for(inharmonic=True)
    columns = frames_of(coloured_noise(2.6, 22050), F22)[:, :, :200].expand(2, -1, -1)
    shifts = [torch.roll(columns, 11 * i, dims=2) for i in range(len(gains))]
    alone = sound(spectral(preset, 44100, 2), voices([0], columns[None], 200))[:, 4 * HOP :]
    gain = torch.tensor(gains)[:, None, None]
    together = sound(spectral(preset, 44100, 2), voices(range(len(gains)), torch.stack(shifts), 200, 1.0, gain))
    power = np.square(together[:, 4 * HOP :]).mean() / np.square(alone).mean()
    # 2.3 s of noise below 500 Hz know their power to a few percent; added as waves two would be 3 dB off.
    assert abs(10 * math.log10(power / sum(g * g for g in gains))) < 0.5


def test_noise_of_sides_follows_their_gains() -> None:
    preset = preset_for(inharmonic=True)
    columns = frames_of(coloured_noise(1.3, 22050), F22)[:, :, :100].expand(1, 2, -1, -1)
    gain = torch.tensor([1.0, 0.25])[None, :, None]
    left, right = sound(spectral(preset, 44100, 2), voices([0], columns, 100, 1.0, gain))
    assert abs(20 * math.log10(right.std() / left.std()) - 20 * math.log10(0.25)) < 0.1


def test_equal_sides_are_exact_mono_with_many_voices() -> None:
    preset, frames = rich(20)
    both = frames[:1].expand(2, -1, -1)
    ratios = torch.tensor([1.0, 0.6, 1.9])[:, None]
    left, right = sound(spectral(preset, 44100, 2), voices([0, 1, 2], both.expand(3, -1, -1, -1), 20, ratios))
    assert np.array_equal(left, right) and left.std() > 0.01


# --- chance -----------------------------------------------------------------------------------------------------------


def test_a_note_is_a_function_of_seed_slot_and_note() -> None:
    preset, frames = rich(12)

    def note(seed: int, slot: int, number: int, before: int = 0) -> Doubles:
        vocoder = spectral(preset, 44100, 2, seed)
        for other in range(before):
            vocoder.start(20 + other, 9)
            vocoder.free(20 + other)
        vocoder.start(slot, number)
        return sound(vocoder, voices([slot], frames[None], 12))

    first = note(1, 2, 3)
    assert np.array_equal(first, note(1, 2, 3)) and np.array_equal(first, note(1, 2, 3, before=4))
    for other in (note(2, 2, 3), note(1, 3, 3), note(1, 2, 4)):
        assert np.abs(first - other).max() > 0.1 * first.std()


def test_vibrato_is_each_voices_own() -> None:
    """Two notes sway at different moments, one note always at the same."""
    preset = preset_for(hz=[1000.0], amplitudes=[0.3], root_hz=1000.0, vibrato=Vibrato(5.5, 30.0, 0.0))
    column = frames_of(tones([1000.0], [0.3], 0.5, 22050), F22)[0, :, 10]
    angles = []
    for note in (1, 2, 1):
        vocoder = spectral(preset, 44100, 2)
        vocoder.start(4, note)
        out = sound(vocoder, voices([4], column, 172))[0][22050:]
        t = np.arange(len(out)) / 44100
        base = np.convolve(out * np.exp(-2j * np.pi * 1000.0 * t), np.hanning(882), "valid")[::441]
        cents = 1200 * np.log2(1 + np.angle(base[1:] / base[:-1]) / (2 * np.pi) * 100 / 1000.0)
        turn = np.sum((cents - cents.mean()) * np.exp(-2j * np.pi * 5.5 * np.arange(len(cents)) / 100))
        assert abs(2 * abs(turn) / len(cents) - 30.0) < 4.0
        angles.append(float(np.angle(turn)))
    assert angles[0] == angles[2] and abs(angles[0] - angles[1]) > 0.1


# --- blocks, cost, safety ---------------------------------------------------------------------------------------------


def script(vocoder: SpectralVocoder, frames: Tensor, sizes: Sequence[int]) -> Doubles:
    """24 frames with events before the frames 0, 6, 12 and 18; `sizes` splits what lies between them."""
    rng = np.random.default_rng(4)
    gains = torch.from_numpy(rng.random((8, 2, 24)).astype(np.float32)) * (torch.arange(24) % 5 > 0)
    ratios = torch.from_numpy(2 ** rng.uniform(-1.5, 1, (8, 24))).float()
    parts = []
    for first in (0, 6, 12, 18):
        for slot in range(first // 6, 3 + first // 6):
            vocoder.start(slot, first + slot)
        if first == 12:
            vocoder.free(0)
        slots = [0, 1, 2, 3, 4, 5][first // 6 : first // 6 + 4] if first < 18 else [5]
        at = first
        while at < first + 6:
            n = min(sizes[at % len(sizes)], first + 6 - at)
            cut = slice(at, at + n)
            columns = torch.stack([torch.roll(frames, slot, dims=2)[:, :, cut] for slot in slots])
            block = VoiceFrames(tuple(slots), columns, ratios[slots, cut], gains[slots][:, :, cut])
            parts.append(vocoder.process_voices(block, 0.4))
            at += n
    parts.append(vocoder.flush())
    return torch.cat(parts, dim=1).numpy().astype(np.float64)


@settings(max_examples=8)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.sampled_from([44100, 48000]))
def test_samples_do_not_depend_on_how_frames_are_split(sizes: list[int], rate_hz: int) -> None:
    preset, frames = rich(24)
    whole = script(spectral(preset, rate_hz, 2), frames, [6])
    assert np.array_equal(whole, script(spectral(preset, rate_hz, 2), frames, sizes))
    assert whole.std() > 0.01


def test_a_voice_left_out_is_a_voice_at_gain_0() -> None:
    preset, frames = rich(18)
    left_out = spectral(preset, 44100, 2)
    first, last = voices([0, 1], frames[None, :, :, :6].expand(2, -1, -1, -1), 6), frames[None, :, :, 12:]
    a = sound(left_out, first, voices([0], frames[None, :, :, 6:12], 6), voices([0, 1], last.expand(2, -1, -1, -1), 6))
    silent = torch.tensor([1.0, 0.0])[:, None, None]
    middle = voices([0, 1], frames[None, :, :, 6:12].expand(2, -1, -1, -1), 6, 1.0, silent)
    b = sound(spectral(preset, 44100, 2), first, middle, voices([0, 1], last.expand(2, -1, -1, -1), 6))
    assert np.array_equal(a, b)


def test_voices_at_gain_0_are_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    preset, frames = rich(6)
    solved: list[int] = []
    solve = AmplitudeSolver.solve

    def counted(self: AmplitudeSolver, columns: Floats) -> tuple[Floats, Floats]:
        solved.append(len(columns))
        return solve(self, columns)

    monkeypatch.setattr(AmplitudeSolver, "solve", counted)
    vocoder = spectral(preset, 44100, 2)
    solved.clear()
    gain = torch.tensor([0.0, 1.0, 1e-7, 0.0])[:, None, None]
    sound(vocoder, voices([0, 1, 2, 3], frames.expand(4, -1, -1, -1), 6, 1.0, gain))
    # One voice of four is heard, with two heads that differ, in 6 frames; heads that read the same count once.
    assert sum(solved) == 12
    sound(vocoder, voices([1], frames[:1].expand(1, 2, -1, -1), 6))
    assert sum(solved) == 12 + 6


@pytest.mark.parametrize(("fmt", "rate_hz"), [(F22, 22050), (F22, 44100), (F22, 96000), (F44, 44100), (F44, 48000)])
def test_anything_gives_finite_sound_without_subnormal_numbers(fmt: MelFormat, rate_hz: int) -> None:
    preset, _ = rich(8, fmt)
    rng = np.random.default_rng(5)
    vocoder = spectral(preset, rate_hz, 2)
    outs = []
    for k in range(25):
        slots = sorted(rng.choice(12, int(rng.integers(0, 7)), replace=False).tolist())
        n, V = int(rng.integers(1, 4)), len(slots)
        columns = rng.uniform(-14, 3.5, (V, 2, fmt.n_mels, n))
        columns[rng.random(columns.shape) < 0.01] = rng.choice([np.nan, np.inf, -np.inf])
        ratios, gains = 2.0 ** rng.uniform(-9, 9, (V, n)), 10 ** rng.uniform(-40, 1, (V, 2, n))
        ratios[rng.random(ratios.shape) < 0.05] = rng.choice([np.nan, np.inf, -np.inf, 0.0])
        gains[rng.random(gains.shape) < 0.05] = rng.choice([np.nan, np.inf, -1.0, 0.0])
        for slot in slots[::2] if k else ():
            path = torch.from_numpy(columns[0][:, :, [0, 0, 0]]).float()
            begins = Onset(path, torch.from_numpy(gains[0, :, [0, 0, 0]].T).float(), float(ratios[0, 0]))
            add_to_the_end(outs[-1], vocoder.strike(slot, k, int(rng.integers(0, 200)), begins))
        given = [torch.from_numpy(x).float() for x in (columns, ratios, gains)]
        outs.append(vocoder.process_voices(VoiceFrames(tuple(slots), *given), float(rng.random())))
    outs.append(vocoder.process_voices(VoiceFrames((), torch.zeros(0, 2, fmt.n_mels, 20), *empty(20))))
    out = torch.cat(outs, dim=1).numpy()
    assert np.isfinite(out).all() and np.abs(out).max() < 1e5
    assert not ((out != 0) & (np.abs(out) < np.finfo(np.float32).tiny)).any()
    for name in ("levels", "lines"):
        kept = getattr(vocoder._voices, name)
        assert not ((kept != 0) & (np.abs(kept) < np.finfo(np.float32).tiny)).any()


def test_long_silence_does_not_end_in_subnormal_numbers() -> None:
    """750 frames at the floor and at full level: what is remembered of lines is gone."""
    preset, frames = rich(8)
    vocoder = spectral(preset, 44100, 2)
    sound(vocoder, voices([0], frames[None], 8), voices([0], silence(F22, 1)[0, :, 0], 200))
    assert vocoder._voices.lines.any()
    out = sound(vocoder, voices([0], silence(F22, 1)[0, :, 0], 550))
    assert not vocoder._voices.lines.any() and not out.any()


def empty(n: int) -> tuple[Tensor, Tensor]:
    return torch.zeros(0, n), torch.zeros(0, 2, n)


# --- one voice, and refusals ------------------------------------------------------------------------------------------


def test_one_voice_at_full_level_is_the_drone() -> None:
    preset, frames = rich(20)
    drone = play(spectral(preset, 48000, 2), frames, 0.8, 0.5)
    vocoder = spectral(preset, 48000, 2)
    out = torch.cat([vocoder.process_voices(voices([0], frames[None], 20, 0.8), 0.5), vocoder.flush()], dim=1)
    assert np.array_equal(drone, out.double().numpy()[:, vocoder.delay_samples :])


def test_one_voice_sounds_as_before_there_were_several() -> None:
    """Against samples of the oscillators that were one matrix product of cosines per frame."""
    with np.load(Path(__file__).parents[3] / "data" / "one_voice.npz") as stored:
        frames, ratios, wanted = (torch.from_numpy(stored[name]) for name in ("frames", "ratios", "sound"))
    preset, _ = rich(8)
    out = spectral(preset, 44100, 2, seed=11).process(frames, ratios.expand(2, -1), 0.6)
    assert wanted.std() > 0.02
    assert (out - wanted).abs().max() < 10 ** (-90 / 20)


def test_no_voice_is_silence_of_the_right_length() -> None:
    vocoder = spectral(TONE, 48000, 2)
    out = vocoder.process_voices(voices([], torch.zeros(0, 2, 80, 9), 9))
    assert out.shape == (2, samples_until(9, F22, 48000)) and not out.any()
    assert vocoder.flush().shape == (2, vocoder.delay_samples)


def test_what_contradicts_the_contract_is_refused() -> None:
    column = torch.zeros(80)
    with pytest.raises(ValueError, match="gains"):
        VoiceFrames((0,), torch.zeros(1, 2, 80, 3), torch.zeros(1, 3), torch.zeros(1, 2, 2))
    with pytest.raises(ValueError, match="different slots"):
        voices([1, 1], column, 3)
    with pytest.raises(ValueError, match="different slots"):
        voices([-1], column, 3)
    vocoder = spectral(TONE, 44100, 2)
    with pytest.raises(ValueError, match="65 voices"):
        vocoder.process_voices(voices(range(65), column, 1))
    assert vocoder.process_voices(voices(range(64), silence(F22, 1)[0, :, 0], 1)).shape == (2, HOP)
    with pytest.raises(ValueError, match="512 samples into a frame"):
        vocoder.strike(0, 0, 512, onset(column))
    with pytest.raises(ValueError, match="three columns"):
        vocoder.strike(0, 0, 0, Onset(torch.zeros(2, 80, 2), torch.ones(2, 3), 1.0))
