"""The differentiable twin of the spectral vocoder, and the loss on its sound."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synth.errors import TrainingError
from synth.mel import DB_PER_NEPER, FORMATS, log_mel, log_mel_from_grid
from synth.presets.library import load
from synth.vocoder.spectral.vocoder import SpectralVocoder
from training.analysis.data import Recording, Target, load_recording, prepare
from training.analysis.decay import Decay
from training.learning.audible import AudibleVocoder, AudioLoss
from training.learning.recipe import Recipe
from training.learning.trainer import Trainer

VIOLIN = Path(__file__).parents[2] / "data" / "violin.flac"
N_FRAMES = 64


@pytest.fixture(scope="module")
def target() -> Target:
    return prepare(load_recording(VIOLIN), FORMATS["22k80"])


def test_the_twin_sounds_as_what_is_played() -> None:
    """Of a preset's own culture, by row averages and by how far rows move; 1 dB is half of what the vocoders miss."""
    preset = load("violin")
    pitch = 440 * np.arange(1, 18)
    wave = sum(np.sin(2 * np.pi * hz * np.arange(44100) / 22050) / (i + 1) for i, hz in enumerate(pitch))
    tone = prepare(Recording(np.float32(wave * 0.1), 22050, "tone"), preset.mel)
    grid = tone.grid[:, :N_FRAMES]
    twin = AudibleVocoder(tone, N_FRAMES)(grid[None], torch.Generator().manual_seed(0))
    playing = SpectralVocoder(preset.mel)
    plain = replace(preset, partials=None, root_hz=440.0, high_band=None, noise_share=None, trim_db=None)
    playing.prepare(plain, 22050)
    played = playing.process(log_mel_from_grid(grid, tone.reference_db)[None], torch.ones(1, N_FRAMES))
    played = torch.cat([played, playing.flush()], dim=1)[:, playing.delay_samples :]
    a, b = (log_mel(wave[:, : twin.shape[1]], preset.mel)[0, :, 8:-8] * DB_PER_NEPER for wave in (twin, played))
    loud = b.mean(dim=1) > b.max() - 50
    assert float((a - b).mean(dim=1)[loud].abs().mean()) < 1.0


def test_gradients_are_those_of_finite_differences(target: Target) -> None:
    vocoder = AudibleVocoder(target, N_FRAMES)
    grid = target.grid[None, :, :N_FRAMES].clone().requires_grad_()
    direction = torch.randn(grid.shape, generator=torch.Generator().manual_seed(1))

    def power(cells: torch.Tensor) -> torch.Tensor:
        return vocoder(cells, torch.Generator().manual_seed(0)).square().mean().log()

    power(grid).backward()
    assert grid.grad is not None
    step = 1e-3
    with torch.no_grad():
        slope = (power(grid + step * direction) - power(grid - step * direction)) / (2 * step)
    assert float((grid.grad * direction).sum()) == pytest.approx(float(slope), rel=0.05)


def test_the_recording_itself_scores_better_than_itself_tilted_or_frozen(target: Target) -> None:
    loss = AudioLoss(target, N_FRAMES, 1)
    grid, none = target.grid[None, :, :N_FRAMES], target.grid[None][:0]
    tilt = torch.linspace(-0.2, 0.2, grid.shape[1])[None, :, None]
    scores = [
        float(loss(cells, none, torch.Generator().manual_seed(0)))
        for cells in (grid, grid + tilt, grid.mean(dim=2, keepdim=True).expand_as(grid))
    ]
    assert scores[0] < 0.8 * min(scores[1:])


def test_a_few_steps_on_sound_alone_bring_the_sound_nearer(target: Target) -> None:
    loss = AudioLoss(target, N_FRAMES, 1)
    none = target.grid[None][:0]
    cells = (target.grid[None, :, :N_FRAMES] * 0.9 - 0.05).requires_grad_()
    optimizer = torch.optim.Adam([cells], lr=0.01)
    scores = []
    for i in range(12):
        optimizer.zero_grad()
        score = loss(cells, none, torch.Generator().manual_seed(i))
        score.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        scores.append(score.item())
    assert np.mean(scores[-3:]) < 0.8 * np.mean(scores[:3])


def test_a_fading_recording_is_refused_in_words(target: Target) -> None:
    nothing = torch.zeros(80, 4)
    still = torch.zeros(80)
    fading = replace(target, decay=Decay(nothing, torch.tensor([[0, 4]] * 80), still, still, nothing))
    with pytest.raises(TrainingError, match="audio-loss"):
        Trainer(fading, Recipe(iterations=1, audio_from=0.5))
