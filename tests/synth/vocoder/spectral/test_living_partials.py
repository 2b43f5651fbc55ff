"""Partials as wide as the recording's, and a vibrato that wanders: by chance, and the same chance every time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.mel import FORMATS
from synth.presets.model import Preset, Vibrato
from synth.vocoder.spectral.movement.line_wander import LineWander
from synth.vocoder.spectral.movement.vibrato import VibratoClock
from tests.doubles.sounds import Doubles, frames_of, harmonics, play, preset_for, spectral
from training.analysis.librosa_loops import librosa

F22 = FORMATS["22k80"]
F0_HZ, N = 400.0, 12


def alive(width_hz: float, vibrato: Vibrato | None = None) -> Preset:
    """Twelve multiples of 400 Hz, all of one width."""
    hz = [F0_HZ * k for k in range(1, N + 1)]
    preset = preset_for(hz=hz, amplitudes=[0.2 / k for k in range(1, N + 1)], root_hz=F0_HZ, vibrato=vibrato)
    assert preset.partials is not None
    return replace(preset, partials=replace(preset.partials, linewidth_hz=torch.full((N,), width_hz)))


def steady_frames(seconds: float) -> torch.Tensor:
    """The tone's mean column for so long."""
    frames = frames_of(harmonics(F0_HZ, N, 1.0, 22050), F22)[:, :, 20:60]
    return frames.exp().mean(dim=2, keepdim=True).log().repeat(1, 1, round(seconds * F22.frames_per_second))


def half_power_hz(wave: Doubles, rate_hz: int, hz: float) -> float:
    """The narrowest width about `hz` that holds half of what is within ±100 Hz of it, from windows of 2 s."""
    n = 2 * rate_hz
    spectra = [
        np.abs(np.fft.rfft(wave[s : s + n] * np.hanning(n), 4 * n)) ** 2 for s in range(0, len(wave) - n, n // 2)
    ]
    power = np.mean(spectra, axis=0)
    step = rate_hz / (4 * n)
    part = power[round((hz - 100) / step) : round((hz + 100) / step)]
    cumulated = np.concatenate([[0.0], np.cumsum(part)]) / part.sum()
    ends = np.searchsorted(cumulated, cumulated + 0.5)
    return float((ends - np.arange(len(ends)))[ends < len(cumulated)].min() * step)


@pytest.mark.parametrize("width_hz", [2.0, 6.0, 15.0])
def test_a_partial_is_as_wide_as_it_says(width_hz: float) -> None:
    out = play(spectral(alive(width_hz), 22050), steady_frames(20.0))[0]
    hz = F0_HZ * np.arange(1, 9)
    found = [half_power_hz(out, 22050, each) for each in hz]
    # Wider than a sixth of the distance between two rows it would move them, which is for the culture to do.
    rows = librosa.mel_frequencies(82, fmin=0, fmax=8000)[1:-1]
    wanted = np.minimum(width_hz, np.interp(hz, rows[1:], np.diff(rows)) / 6)
    # Twenty seconds of each of eight partials; between its two limits the width is known to a third.
    assert np.median(found / wanted) == pytest.approx(1, rel=0.35)


def test_a_partial_without_width_is_a_pure_tone() -> None:
    still = play(spectral(alive(0.0), 22050), steady_frames(6.0))[0]
    assert half_power_hz(still, 22050, F0_HZ) < 0.7
    preset = alive(0.0)
    assert preset.partials is not None
    unmeasured = replace(preset, partials=replace(preset.partials, linewidth_hz=None))
    assert np.array_equal(still, play(spectral(unmeasured, 22050), steady_frames(6.0))[0])


def test_wide_lines_have_no_skirts_between_the_partials() -> None:
    """Half way between them lies less than 60 dB below a partial that is 5 Hz wide."""
    out = play(spectral(alive(5.0), 22050), steady_frames(10.0))[0][22050:]
    power = np.abs(np.fft.rfft(out * np.blackman(len(out)))) ** 2
    hz = np.arange(len(power)) * 22050 / len(out)
    peak = power[np.abs(hz - 800) < 20].sum() / 40
    between = power[np.abs(hz - 1000) < 60].sum() / 120
    assert 10 * np.log10(between / peak) < -60


def test_a_wide_line_leaves_the_rows_to_the_culture() -> None:
    """Steady frames are played, so what the partials' own rows move by is the lines' doing alone."""
    out = play(spectral(alive(20.0), 22050), steady_frames(8.0))[0][22050:]
    power = librosa.feature.melspectrogram(y=out, sr=22050, n_fft=1024, hop_length=256, n_mels=80, fmax=8000)
    level = 10 * np.log10(power)
    loud = level.max(axis=1) > level.max() - 12
    # 2.0 dB; lines of 20 Hz that nothing limits move them by 7.6 dB, more than any recording's.
    assert level[loud].std(axis=1).mean() < 3.0


def test_the_pitch_stays_where_it_is() -> None:
    """A mean of 30 s of a frequency that wanders by chance is known to 0.3 Hz; three times that hardly ever happens."""
    out = play(spectral(alive(6.0), 22050), steady_frames(30.0))[0]
    power = np.abs(np.fft.rfft(out)) ** 2
    hz = np.arange(len(power)) * 22050 / len(out)
    for k in (1, 3, 6):
        near = np.abs(hz - k * F0_HZ) < 40
        assert abs(float((power[near] * hz[near]).sum() / power[near].sum()) - k * F0_HZ) < 1.0


@pytest.mark.parametrize("blocks", [[1] * 12, [5, 60, 2]])
def test_chance_does_not_depend_on_blocks(blocks: list[int]) -> None:
    preset, frames = alive(4.0, Vibrato(5.0, 20.0, 2.0, 0.3, 0.3)), steady_frames(1.5)
    whole = play(spectral(preset, 44100), frames)
    assert np.array_equal(whole, play(spectral(preset, 44100), frames, blocks=blocks))
    assert not np.array_equal(whole, play(spectral(preset, 44100, seed=1), frames))


def test_voices_wander_on_their_own() -> None:
    preset = alive(5.0)
    wander = LineWander(preset, F0_HZ * np.arange(1.0, N + 1, dtype=np.float64), 1 / F22.frames_per_second, 0)
    slots, notes, ratios = np.arange(16), np.zeros(16, np.int64), np.ones(16)
    steps = np.stack([wander.steps(frame, slots, notes, ratios, N + 3) for frame in range(400)])
    assert (steps[:, :, N:] == 0).all()
    together = np.corrcoef(steps[:, :, 0].T) - np.eye(16)
    # 400 frames are some 30 independent looks: chance alone gives 0.18, and four times that hardly ever.
    assert np.abs(together).max() < 0.75
    assert np.sqrt(np.square(together).mean()) < 0.3


def test_a_frame_strays_alike_whichever_came_before() -> None:
    """After a reset time goes back, and a voice that begins late finds the frames drawn."""
    preset, hz = alive(5.0), F0_HZ * np.arange(1.0, N + 1, dtype=np.float64)
    one, other = (LineWander(preset, hz, 1 / F22.frames_per_second, 0) for _ in range(2))
    slots = np.zeros(1, np.int64)
    in_order = [one.steps(frame, slots, slots, np.ones(1), N) for frame in range(-20, 40)]
    for frame in (-20, 5, 6, 39, 38, 7, -19):
        assert np.array_equal(other.steps(frame, slots, slots, np.ones(1), N), in_order[frame + 20])


def test_a_higher_note_has_wider_lines() -> None:
    wander = LineWander(alive(5.0), F0_HZ * np.arange(1.0, N + 1, dtype=np.float64), 1 / F22.frames_per_second, 0)
    slots = np.zeros(1, np.int64)
    low, high = (wander.steps(7, slots, slots, np.array([ratio]), N) for ratio in (1.0, 2.0))
    assert np.allclose(high, 2 * low)


@pytest.mark.parametrize(("rate_wander_hz", "depth_wander"), [(0.4, 0.0), (0.0, 0.3)])
def test_a_vibrato_wanders_as_it_says(rate_wander_hz: float, depth_wander: float) -> None:
    rate_hz, points = 5.0, 100
    times = np.arange(120 * points) / points
    clock = VibratoClock(Vibrato(rate_hz, 30.0, 0.0, rate_wander_hz, depth_wander), 0)
    cents = 1200 * np.log2(clock.factors(times))
    spectrum = np.fft.fft(cents)
    spectrum[len(spectrum) // 2 :] = 0
    swing = 2 * np.fft.ifft(spectrum)[points:-points]
    turn = np.diff(np.unwrap(np.angle(swing))) * points / (2 * np.pi)
    assert turn.mean() == pytest.approx(rate_hz, abs=0.05)
    assert turn.std() == pytest.approx(rate_wander_hz, rel=0.25, abs=0.06)
    assert np.abs(swing).std() / 30 == pytest.approx(depth_wander, rel=0.25, abs=0.03)
    assert np.abs(swing).mean() == pytest.approx(30.0, rel=0.1)


def test_a_steady_vibrato_is_a_sine() -> None:
    times = np.arange(300) / 100
    cents = 1200 * np.log2(VibratoClock(Vibrato(5.0, 30.0, 0.0), 0).factors(times))
    assert np.allclose(cents, 30 * np.sin(2 * np.pi * 5.0 * times), atol=1e-9)
