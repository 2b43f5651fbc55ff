"""What has played for years sounds as it did when it was young: counters grow, and nothing hangs on their size."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth.instrument.instrument import Instrument
from synth.presets.library import load
from synth.presets.model import LOOP_FRAMES, Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset

YEARS = 2**31
"""Frames: 290 days."""


def sound_at(preset: Preset, rate_hz: int, frame: int) -> NDArray[np.float64]:
    """80 frames of the preset's grown state from this frame of the vocoder's clock on, (2, N)."""
    vocoder = SpectralVocoder(preset.mel)
    vocoder.prepare(preset, rate_hz, 2, seed=3)
    saved = vocoder.save()
    assert saved is not None
    saved["clock"][0] = frame
    vocoder.restore(saved)
    log_mel = (40 * preset.state[0].float().clamp(-1, 1.1) - 40 + preset.reference_db) * (math.log(10) / 20)
    columns = log_mel[None].repeat(2, 1, 1)
    return torch.cat([vocoder.process(columns[:, :, i : i + 1], torch.ones(2, 1)) for i in range(80)], 1).numpy()


@pytest.mark.parametrize("frame", [YEARS, 2**39])
@pytest.mark.parametrize("rate_hz", [44100, 48000])
@pytest.mark.parametrize("name", ["violin", "steady"])
def test_a_vocoder_that_has_played_for_years_sounds_as_a_young_one(name: str, rate_hz: int, frame: int) -> None:
    """Its phases, vibrato and noise go by a clock of frames; an offset in single precision would be seconds off."""
    preset = load(name) if name == "violin" else steady_preset(LOOP_FRAMES)
    young, old = sound_at(preset, rate_hz, 0), sound_at(preset, rate_hz, frame)
    assert abs(young.shape[1] - old.shape[1]) <= 1
    n = min(young.shape[1], old.shape[1])

    def spectrum_db(sound: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of bands around the partials, which vibrato does not leave."""
        power = np.abs(np.fft.rfft(sound[0, :n] * np.hanning(n))) ** 2
        edges = [round((k + 0.5) * preset.root_hz * n / rate_hz) for k in range(int(7000 / preset.root_hz))]
        return np.array([10 * math.log10(band.sum()) for band in np.split(power, edges)[1:-1]])

    here, there = spectrum_db(young), spectrum_db(old)
    # Noise differs from moment to moment, by 1 dB in such a band and a second; a wrong pitch moves partials to other
    # bands, by tens of dB.
    assert np.abs(here - there)[here > here.max() - 35].max() < 2.0
    assert abs(20 * np.log10(old.std() / young.std())) < 0.2
    assert np.abs(np.diff(old)).max() < 1.3 * np.abs(np.diff(young)).max(), "no clicks"


@pytest.mark.parametrize("frame", [YEARS, 2**52])
def test_an_instrument_that_has_played_for_years_gives_the_same_samples(frame: int) -> None:
    preset = steady_preset(LOOP_FRAMES)

    def instrument() -> Instrument:
        return Instrument(preset, SpectralVocoder(preset.mel), 44100)

    first = instrument()
    first.process(40)
    state = first.state()
    sounds = []
    for at in (state.frame, frame):
        going_on = instrument()
        going_on.resume(replace(state, frame=at, place=replace(state.place, scan=at)))
        sounds.append(np.concatenate([going_on.process(4) for _ in range(20)], 1))
        assert going_on.state().frame == at + 80
    assert np.abs(sounds[0]).max() > 0.1
    assert np.array_equal(sounds[0], sounds[1])
