"""What is measured of a culture's sound when it becomes a preset: trim and level."""

from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest
import torch

from synth.mel import log_mel_from_grid
from synth.presets.library import load
from synth.presets.model import Preset
from training.analysis.vocoding import vocoded
from training.learning.build import levelled


def _frames(preset: Preset) -> torch.Tensor:
    return log_mel_from_grid(preset.state[0], preset.reference_db)[None]


def test_a_preset_is_as_loud_from_two_speakers_as_it_says() -> None:
    preset = load("violin")
    quiet = levelled(replace(preset, gain_db=0.0), preset.state[0])
    sound = vocoded(quiet, _frames(quiet), 44100)[0] * 10 ** (quiet.gain_db / 20)
    loudness = pyloudnorm.Meter(44100).integrated_loudness(np.stack([sound, sound], axis=1))
    assert loudness == pytest.approx(-23.0, abs=0.3)


def test_a_sound_that_swells_is_levelled_by_more_than_its_end() -> None:
    preset = load("violin")
    heard = preset.state[0].repeat(1, 6)
    heard[:, : 4 * 172] -= 6 / 40
    level = levelled(preset, heard)
    sound = vocoded(level, log_mel_from_grid(heard, preset.reference_db)[None], 44100)[0] * 10 ** (level.gain_db / 20)
    loudness = pyloudnorm.Meter(44100).integrated_loudness(np.stack([sound, sound], axis=1))
    assert loudness == pytest.approx(-23.0, abs=0.3)
