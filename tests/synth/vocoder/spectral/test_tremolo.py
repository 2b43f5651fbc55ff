"""Loudness follows the vibrato as far as the recording's did, in the place of the culture's own swing, not on top."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.mel import FORMATS
from synth.presets.model import Preset, Vibrato
from tests.doubles.sounds import Doubles, frames_of, harmonics, play, preset_for, spectral

F22 = FORMATS["22k80"]
F0_HZ, N, RATE_HZ, SWINGS_HZ = 600.0, 4, 44000, 5.0
WANTED_DB = ((3.0, 0.0), (0.0, -2.0), (-2.0, 1.0), (0.0, 0.0))


def swaying(tremolo: bool = True) -> Preset:
    """Four partials, of which three follow the vibrato, each in its own way."""
    preset = preset_for(
        hz=[F0_HZ * k for k in range(1, N + 1)],
        amplitudes=[0.2 / k for k in range(1, N + 1)],
        root_hz=F0_HZ,
        vibrato=Vibrato(SWINGS_HZ, 5.0, 0.0),
    )
    assert preset.partials is not None
    return replace(preset, partials=replace(preset.partials, tremolo_db=torch.tensor(WANTED_DB) if tremolo else None))


def frames(seconds: float, swing_db: float = 0.0, late: float = 0.0) -> torch.Tensor:
    """The tone's mean column for so long, all of it swinging as fast as the vibrato, so many radians late."""
    column = frames_of(harmonics(F0_HZ, N, 1.0, 22050), F22)[:, :, 20:60].exp().mean(dim=2, keepdim=True).log()
    at = (torch.arange(round(seconds * F22.frames_per_second)) + 0.5) / F22.frames_per_second
    return column + swing_db / 20 * np.log(10) * torch.sin(2 * np.pi * SWINGS_HZ * at - late)


def swings_db(wave: Doubles) -> Doubles:
    """Of each partial's level, what goes with the vibrato's sine and with its cosine, after two seconds, (P, 2)."""
    spectrum, n = np.fft.fft(wave), len(wave)
    offsets = np.fft.fftfreq(n, 1 / RATE_HZ)
    found = []
    for k in range(1, N + 1):
        level = 20 * np.log10(np.abs(np.fft.ifft(spectrum * (np.abs(offsets - k * F0_HZ) < 250))))
        level = level[2 * RATE_HZ : 4 * RATE_HZ]
        phase = 2 * np.pi * SWINGS_HZ * np.arange(2 * RATE_HZ) / RATE_HZ
        found.append([2 * np.mean(level * np.sin(phase)), 2 * np.mean(level * np.cos(phase))])
    return np.array(found)


def test_each_partial_follows_the_vibrato_in_its_own_way() -> None:
    out = play(spectral(swaying(), RATE_HZ), frames(4.5))[0]
    # Straight lines from frame to frame flatten a swing of 5 Hz by 1 %.
    assert swings_db(out) == pytest.approx(np.array(WANTED_DB), abs=0.15)


@pytest.mark.parametrize("late", [0.0, 2.0, 4.0])
def test_the_cultures_own_swing_makes_room(late: float) -> None:
    """It swings by 3 dB at the same rate and at any phase: what is heard is the recording's swing, not the sum."""
    out = play(spectral(swaying(), RATE_HZ), frames(4.5, 3.0, late))[0]
    found = swings_db(out)
    assert found[:3] == pytest.approx(np.array(WANTED_DB[:3]), abs=0.5)
    # A partial that followed no vibrato keeps the culture's.
    assert np.hypot(*found[3]) == pytest.approx(3.0, abs=0.3)


def test_other_movement_of_the_culture_is_left_alone() -> None:
    """A swing at 2 Hz passes through as it would without."""
    given = frames(4.5) + 0.3 * torch.sin(2 * np.pi * 2.0 * torch.arange(frames(4.5).shape[2]) / F22.frames_per_second)
    levels = []
    for preset in (swaying(), swaying(False)):
        wave = play(spectral(preset, RATE_HZ), given)[0]
        level = np.log(
            np.abs(np.fft.ifft(np.fft.fft(wave) * (np.abs(np.fft.fftfreq(len(wave), 1 / RATE_HZ) - 600) < 250)))
        )
        phase = 2 * np.pi * 2.0 * np.arange(2 * RATE_HZ) / RATE_HZ
        part = level[2 * RATE_HZ : 4 * RATE_HZ]
        levels.append(2 * abs(np.mean(part * np.exp(1j * phase))))
    assert levels[0] == pytest.approx(levels[1], rel=0.25)


def test_chance_and_memory_do_not_depend_on_blocks_and_go_on_after_a_save() -> None:
    preset, given = swaying(), frames(0.6, 3.0, 1.0)
    whole = play(spectral(preset), given)
    assert np.array_equal(whole, play(spectral(preset), given, blocks=[1, 20, 3]))
    assert not np.array_equal(whole, play(spectral(swaying(False)), given))
    first, second, ones = spectral(preset), spectral(preset), torch.ones(1, 20)
    first.process(given[:, :, :20], ones)
    saved = first.save()
    assert saved is not None
    second.restore(saved)
    assert torch.equal(first.process(given[:, :, 20:40], ones), second.process(given[:, :, 20:40], ones))


def test_what_was_saved_before_there_was_a_tremolo_is_restored() -> None:
    vocoder, ones = spectral(swaying()), torch.ones(1, 20)
    vocoder.process(frames(0.3)[:, :, :20], ones)
    saved = vocoder.save()
    assert saved is not None
    older = {name: array for name, array in saved.items() if name != "voices.swings"}
    assert len(older) == len(saved) - 1
    vocoder.restore(older)
    assert torch.isfinite(vocoder.process(frames(0.3)[:, :, :20], ones)).all()
