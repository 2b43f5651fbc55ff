"""Partials shimmer as the recording's do: as much in each band of rates, together or apart, by the same chance."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.mel import FORMATS
from synth.presets.model import SHIMMER_BANDS, HighBand, Preset, shimmer_edges_hz
from synth.vocoder.contract import Onset, VoiceFrames
from synth.vocoder.spectral.movement.shimmer import heard_by_frames
from tests.doubles.sounds import Doubles, frames_of, harmonics, play, preset_for, spectral, tones
from training.analysis.librosa_loops import librosa

F22 = FORMATS["22k80"]
F0_HZ, N = 900.0, 8
HZ = F0_HZ * np.arange(1.0, N + 1, dtype=np.float64)
EDGES_HZ = shimmer_edges_hz(F22)


def alive(depth: list[float], shared: float = 0.0, first: int = 1) -> Preset:
    """Multiples of 900 Hz, from one of them on, that all move as much."""
    numbers = range(first, N + 1)
    preset = preset_for(hz=[F0_HZ * k for k in numbers], amplitudes=[0.2 / k for k in numbers], root_hz=F0_HZ)
    assert preset.partials is not None
    shares = torch.full((SHIMMER_BANDS,), shared)
    moving = replace(preset.partials, shimmer=torch.tensor([depth] * len(numbers)), shimmer_shared=shares)
    return replace(preset, partials=moving)


def steady_frames(seconds: float, first: int = 1) -> torch.Tensor:
    """The tone's mean column for so long."""
    numbers = range(first, N + 1)
    tone = tones([F0_HZ * k for k in numbers], [0.2 / k for k in numbers], 1.0, 22050)
    frames = frames_of(tone, F22)[:, :, 20:60]
    return frames.exp().mean(dim=2, keepdim=True).log().repeat(1, 1, round(seconds * F22.frames_per_second))


def envelopes(wave: Doubles, rate_hz: int, hz: Doubles) -> Doubles:
    """Amplitude of what is within 250 Hz of each frequency at 1000 Hz, of its mean, (P, S)."""
    spectrum, n = np.fft.fft(wave), len(wave)
    offsets = np.fft.fftfreq(n, 1 / rate_hz)
    found = np.stack(
        [np.abs(np.fft.ifft(spectrum * (np.abs(offsets - each) < 250)))[:: rate_hz // 1000] for each in hz]
    )
    found = found[:, 300:-300]
    return np.asarray(found / found.mean(axis=1, keepdims=True) - 1)


def moved(envelope: Doubles, low_hz: float, high_hz: float) -> Doubles:
    """Standard deviation of the movement between two rates, (P,)."""
    window = np.hanning(envelope.shape[1])
    power = np.abs(np.fft.rfft(envelope * window, axis=1)) ** 2
    rates = np.fft.rfftfreq(envelope.shape[1], 1 / 1000)
    inside = (rates >= low_hz) & (rates < high_hz)
    return np.asarray(np.sqrt(2 * power[:, inside].sum(axis=1) / (len(window) * np.square(window).sum())))


@pytest.mark.parametrize("band", range(1, SHIMMER_BANDS))
def test_each_band_moves_as_much_as_frames_and_rows_leave_to_it(band: int) -> None:
    depth = [0.1 if band == at else 0.0 for at in range(SHIMMER_BANDS)]
    found = envelopes(play(spectral(alive(depth), 44000), steady_frames(6.0))[0], 44000, HZ)
    low_hz, high_hz = EDGES_HZ[band : band + 2]
    by_frames = np.sqrt(np.mean(1 - heard_by_frames(np.geomspace(low_hz, high_hz, 50), F22) ** 2))
    # What is faster than a row is wide lies in the next one, and is the culture's.
    rows = librosa.mel_frequencies(82, fmin=0, fmax=8000)[1:-1]
    in_row = np.clip(1 - np.sqrt(low_hz * high_hz) / np.interp(HZ, rows[1:], np.diff(rows)), 0, 1)
    # Six seconds of each partial hold 130 independent numbers in the lowest of the octaves, more above.
    assert moved(found, low_hz * 0.9, high_hz * 1.1) == pytest.approx(0.1 * by_frames * in_row, rel=0.2, abs=0.005)
    assert moved(found, 1.0, low_hz * 0.8).max() < 0.01
    assert moved(found, high_hz * 1.25, 250.0).max() < 0.015


@pytest.mark.parametrize(("shared", "low", "high"), [(0.0, -0.15, 0.15), (0.5, 0.35, 0.65), (1.0, 0.98, 1.0)])
def test_partials_move_together_as_far_as_the_recordings_do(shared: float, low: float, high: float) -> None:
    """A swell common to all partials is a tremolo; each by itself is a choir of one-note players."""
    preset = alive([0.0, 0.0, 0.0, 0.1, 0.1], shared, 5)
    found = envelopes(play(spectral(preset, 44000), steady_frames(4.0, 5))[0], 44000, HZ[4:])
    together = np.corrcoef(found)[np.triu_indices(N - 4, 1)]
    assert low < together.mean() < high


def test_frames_say_what_a_hann_window_sees() -> None:
    """A tone whose amplitude swings by a tenth, seen by the mel's own window every 256 samples."""
    for rate_hz in (5.0, 16.0, 30.0, 60.0):
        t = np.arange(4 * F22.rate_hz) / F22.rate_hz
        wave = (1 + 0.1 * np.cos(2 * np.pi * rate_hz * t)) * np.cos(2 * np.pi * 3000 * t)
        windows = np.lib.stride_tricks.sliding_window_view(wave, F22.win)[:: F22.hop] * np.hanning(F22.win + 1)[:-1]
        seen = np.abs(windows @ np.exp(-2j * np.pi * 3000 / F22.rate_hz * np.arange(F22.win)))
        swing = np.std(seen) / np.mean(seen) / (0.1 / np.sqrt(2))
        # Straight lines from frame to frame take their share.
        lines = np.sinc(rate_hz / F22.frames_per_second) ** 2
        assert float(heard_by_frames(np.array([rate_hz]), F22)[0]) == pytest.approx(swing * lines, abs=0.01)


def test_slow_movement_is_the_cultures_where_it_has_rows() -> None:
    hz = [1000.0, 2000.0, 11_000.0, 13_000.0]
    weights = torch.zeros(1, 81)
    weights[0, -1] = float(np.log(0.02))
    high = HighBand(torch.tensor([10_000.0, 15_000.0]), weights, torch.zeros(1))
    preset = preset_for(hz=hz, amplitudes=[0.3, 0.1, 0.02, 0.02], root_hz=1000.0, high_band=high)
    assert preset.partials is not None
    shimmer = torch.tensor([[0.3, 0, 0, 0, 0]] * 4)
    preset = replace(preset, partials=replace(preset.partials, shimmer=shimmer, shimmer_shared=torch.zeros(5)))
    frames = frames_of(harmonics(1000.0, 2, 1.0, 22050), F22)[:, :, 20:21].repeat(1, 1, 500)
    found = moved(envelopes(play(spectral(preset, 44000), frames)[0], 44000, np.array(hz)), 0.5, 12.0)
    assert found[:2].max() < 0.01
    # Eight seconds of 0.7 Hz and more: known to a quarter.
    assert found[2:] == pytest.approx([0.3, 0.3], rel=0.35)


def test_without_depth_nothing_changes() -> None:
    still = alive([0.0] * SHIMMER_BANDS)
    assert still.partials is not None
    unmeasured = replace(still, partials=replace(still.partials, shimmer=None, shimmer_shared=None))
    frames = steady_frames(0.5)
    assert np.array_equal(play(spectral(still), frames), play(spectral(unmeasured), frames))


def test_chance_does_not_depend_on_blocks_and_goes_on_after_a_save() -> None:
    preset, frames = alive([0.0, 0.1, 0.1, 0.1, 0.1], 0.3), steady_frames(0.6)
    whole = play(spectral(preset), frames)
    assert np.array_equal(whole, play(spectral(preset), frames, blocks=[1, 20, 3]))
    assert not np.array_equal(whole, play(spectral(preset, seed=1), frames))
    first, second, ones = spectral(preset), spectral(preset), torch.ones(1, 20)
    first.process(frames[:, :, :20], ones)
    saved = first.save()
    assert saved is not None
    second.restore(saved)
    assert torch.equal(first.process(frames[:, :, 20:40], ones), second.process(frames[:, :, 20:40], ones))


def test_a_struck_note_goes_on_where_it_began() -> None:
    """One partial, beside the same one that holds still: from the onset into the first frame its gain does not jump."""
    sounds, frames = [], steady_frames(0.3, N)
    for depth in (0.0, 0.4):
        vocoder = spectral(alive([0.0, 0.0, 0.0, depth, 0.0], 0.0, N))
        nobody = VoiceFrames((), torch.zeros(0, 1, 80, 1), torch.zeros(0, 1), torch.zeros(0, 1, 1))
        before = vocoder.process_voices(nobody)
        added = vocoder.strike(1, 7, 100, Onset(frames[:, :, :3], torch.ones(1, 3), 1.0))
        given = VoiceFrames((1,), frames[None, :, :, :20], torch.ones(1, 20), torch.ones(1, 1, 20))
        after = vocoder.process_voices(given)
        before[:, before.shape[1] - added.shape[1] :] += added
        sounds.append(torch.cat([before, after], dim=1)[0].double().numpy())
    still, moving = sounds
    places = np.flatnonzero(np.abs(still) > 0.5 * np.abs(still).max())
    gains = moving[places] / still[places]
    # At 86 Hz a gain of 0.3 moves by 0.02 within five samples; a jump would be of the order of its depth.
    assert np.abs(np.diff(gains))[np.diff(places) <= 5].max() < 0.1
    assert gains.std() > 0.15
