"""The spectral vocoder's pitch: held, transposed, with vibrato, and without stored partials."""

import math

import numpy as np
import pytest

from synth.mel import FORMATS
from synth.presets.model import Vibrato
from synth.vocoder.spectral.partial_set import PartialSet
from tests.doubles.sounds import (
    frames_of,
    frequency_of,
    harmonics,
    level_at,
    play,
    preset_for,
    spectral,
    tones,
)

F22 = FORMATS["22k80"]


def test_a_held_note_keeps_its_pitch() -> None:
    frames = frames_of(harmonics(439.7, 10, 1.0, 22050), F22)[:, :, 40:41].expand(-1, -1, 1000).contiguous()
    vocoder = spectral(preset_for(hz=[439.7 * k for k in range(1, 11)], root_hz=439.7), 44100)
    out = play(vocoder, frames)[0]
    for start in (1.0, 10.0):
        part = out[round(start * 44100) : round((start + 1.0) * 44100)]
        for number in (1, 7):
            hz = frequency_of(part, 44100, 439.7 * number)
            assert abs(1200 * math.log2(hz / (439.7 * number))) < 0.1


@pytest.mark.parametrize("ratio", [0.25, 0.5, 2 ** (-5 / 12), 2 ** (7 / 12), 2.0, 4.0])
def test_transposing_moves_the_partials_and_keeps_the_loudness(ratio: float) -> None:
    frames = frames_of(harmonics(330.0, 20, 1.2, 22050), F22)
    preset = preset_for(hz=[330.0 * k for k in range(1, 21)], root_hz=330.0)
    out = play(spectral(preset, 44100), frames, ratio=ratio)[0][8000:-8000]
    plain = play(spectral(preset, 44100), frames)[0][8000:-8000]
    hz = frequency_of(out, 44100, 330.0 * ratio, 330 * ratio / 3)
    assert abs(1200 * math.log2(hz / (330.0 * ratio))) < 1.0
    assert abs(20 * math.log10(out.std() / plain.std())) < 1.0


def test_transposing_keeps_the_spectral_envelope() -> None:
    """A resonance at 2 kHz stays at 2 kHz when the note falls by a fifth."""
    numbers = list(range(1, 31))
    amplitudes = [0.2 * math.exp(-(((220.0 * k - 2000.0) / 600.0) ** 2)) + 0.001 for k in numbers]
    wave = tones([220.0 * k for k in numbers], amplitudes, 1.0, 22050)
    preset = preset_for(hz=[220.0 * k for k in numbers], amplitudes=amplitudes, root_hz=220.0)
    out = play(spectral(preset, 44100), frames_of(wave, F22), ratio=2 / 3)[0][8000:-8000]
    levels = {k: level_at(out, 44100, 220.0 * 2 / 3 * k) for k in range(1, 40)}
    loudest = max(levels, key=lambda k: levels[k]) * 220.0 * 2 / 3
    assert abs(loudest - 2000.0) < 220.0


@pytest.mark.parametrize("rate_hz", [22050, 44100])
def test_nothing_aliases_however_high_the_note(rate_hz: int) -> None:
    """Every sounding partial is a multiple of the note, below the Nyquist frequency: nothing is folded back."""
    frames = frames_of(harmonics(1000.0, 7, 1.0, 22050), F22)
    ratio = 3.37
    out = play(spectral(preset_for(hz=[1000.0 * k for k in range(1, 8)], root_hz=1000.0), rate_hz), frames, ratio)
    wave = out[0][rate_hz // 5 : -rate_hz // 5]
    spectrum = np.abs(np.fft.rfft(wave * np.blackman(len(wave))))
    hz = np.arange(len(spectrum)) * rate_hz / len(wave)
    near = np.zeros(len(hz), bool)
    for k in range(1, 8):
        if 1000.0 * k * ratio < rate_hz / 2:
            near |= np.abs(hz - 1000.0 * k * ratio) < 60
    # Noise of the residual stays below −55 dB.
    assert spectrum[~near].max() < spectrum.max() * 10 ** (-55 / 20)


def test_vibrato_has_its_rate_and_depth() -> None:
    frames = frames_of(tones([1000.0], [0.3], 3.0, 22050), F22)
    preset = preset_for(hz=[1000.0], root_hz=1000.0, vibrato=Vibrato(5.5, 30.0, 0.0))
    out = play(spectral(preset, 44100), frames)[0][22050:-22050]
    t = np.arange(len(out)) / 44100
    base = np.convolve(out * np.exp(-2j * np.pi * 1000.0 * t), np.hanning(882), "valid")[::441]
    cents = 1200 * np.log2(1 + np.angle(base[1:] / base[:-1]) / (2 * np.pi) * 100 / 1000.0)
    spectrum = np.abs(np.fft.rfft(cents * np.hanning(len(cents)), 4096)) * 4 / len(cents)
    assert abs(np.argmax(spectrum) * 100 / 4096 - 5.5) < 0.15
    assert abs(spectrum.max() - 30.0) < 3.0


def test_vibrato_is_the_same_in_both_heads() -> None:
    frames = frames_of(tones([1000.0], [0.3], 1.0, 22050), F22).expand(2, -1, -1).contiguous()
    preset = preset_for(hz=[1000.0], root_hz=1000.0, vibrato=Vibrato(5.5, 30.0, 8.0))
    left, right = play(spectral(preset, 44100, 2), frames, spread=1.0)
    assert level_at(left - right, 44100, 1000.0) < 1e-3 * level_at(left, 44100, 1000.0)


def test_without_stored_partials_multiples_of_the_root_sound() -> None:
    frames = frames_of(harmonics(261.6, 15, 1.5, 22050), F22)
    tonal = play(spectral(preset_for(root_hz=261.6), 44100), frames)[0][8000:-8000]
    assert abs(1200 * math.log2(frequency_of(tonal, 44100, 261.6) / 261.6)) < 0.5
    assert abs(20 * math.log10(level_at(tonal, 44100, 261.6) / 0.2)) < 0.5


def test_an_inharmonic_sound_without_partials_has_no_multiples() -> None:
    assert not len(PartialSet.of(preset_for(root_hz=261.6, inharmonic=True)).fitted_hz)
