"""The spectral vocoder above the mel's fmax: air as noise, and partials that reach into it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from synth.mel import DB_PER_NEPER, FORMATS, grid_from_log_mel
from synth.presets.model import HighBand, Preset
from synth.vocoder.contract import VoiceFrames
from tests.doubles.sounds import coloured_noise, frames_of, level_at, play, preset_for, spectral, tones

F22 = FORMATS["22k80"]


def test_air_has_the_level_the_map_says_and_stays_below_nyquist() -> None:
    edges = torch.tensor([8000.0, 10000.0, 13000.0, 18000.0])
    weights = torch.zeros(3, 81)
    wanted = [0.02, 0.01, 0.005]
    weights[:, -1] = torch.tensor(wanted).log()
    preset = preset_for(inharmonic=True, high_band=HighBand(edges, weights))
    frames = frames_of(coloured_noise(2.0, 22050, level=0.3), F22)
    out = play(spectral(preset, 44100), frames)[0]
    power = np.abs(np.fft.rfft(out)) ** 2 * 2 / len(out) ** 2
    hz = np.arange(len(power)) * 44100 / len(out)
    for low, high, level in zip(edges[:-1], edges[1:], wanted, strict=True):
        inside = power[(hz >= float(low) * 1.01) & (hz < float(high) * 0.99)].sum() / 0.98
        assert abs(10 * math.log10(inside / level**2)) < 1.5
    low_rate = play(spectral(preset, 16000), frames)[0]
    assert np.isfinite(low_rate).all()


def test_air_is_louder_by_what_is_told_beside_the_columns() -> None:
    weights = torch.zeros(2, 81)
    weights[:, -1] = math.log(0.01)
    preset = preset_for(inharmonic=True, high_band=HighBand(torch.tensor([8000.0, 11_000.0, 16_000.0]), weights))
    columns = frames_of(coloured_noise(1.0, 22050, level=0.3), F22)[None]
    n = columns.shape[3]
    air = torch.full((1, 2, n), 0.5)
    air[:, :, n // 2 :] = 0
    sounds = []
    for given, blocks in ((None, [n]), (air, [n]), (air, [1, 7, n - 8])):
        vocoder = spectral(preset, 44100)
        parts, start = [], 0
        for size in blocks:
            now = slice(start, start + size)
            louder = None if given is None else given[:, :, now]
            one = torch.ones(1, 1, size)
            parts.append(vocoder.process_voices(VoiceFrames((0,), columns[..., now], one[0], one, air=louder)))
            start += size
        sounds.append(torch.cat(parts, dim=1)[0].numpy())
    assert np.array_equal(sounds[1], sounds[2])
    at = slice(4096, 4096 + 16_384)
    power = [np.abs(np.fft.rfft(sound[at] * np.hanning(16_384))) ** 2 for sound in sounds[:2]]
    hz = np.arange(len(power[0])) * 44100 / 16_384
    band = (hz > 8500) & (hz < 15_000)
    # The same chance in both: only what the two halves share of a window differs.
    assert 0.5 * math.log(power[1][band].sum() / power[0][band].sum()) == pytest.approx(0.5, abs=0.02)
    later = slice(round(0.65 * 44100), round(0.95 * 44100))
    np.testing.assert_allclose(sounds[1][later], sounds[0][later], atol=1e-4)


def test_air_has_no_steps_at_the_edges_of_its_bands() -> None:
    weights = torch.zeros(3, 81)
    weights[:, -1] = torch.tensor([0.03, 0.01, 0.004]).log()
    edges = [8000.0, 10079.0, 12699.0, 16000.0]
    preset = preset_for(inharmonic=True, high_band=HighBand(torch.tensor(edges), weights))
    out = play(spectral(preset, 44100), frames_of(coloured_noise(4.0, 22050, level=0.3), F22))[0]
    power = np.abs(np.fft.rfft(out)) ** 2
    hz = np.arange(len(power)) * 44100 / len(out)
    for edge in edges[1:-1]:
        # 200 Hz either side hold 800 independent bins: their means are within 0.3 dB. A step would be 8 to 10 dB.
        below, above = (power[(hz >= low) & (hz < low + 200)].mean() for low in (edge - 200, edge))
        assert 10 * math.log10(below / above) < 2.0


def tone_with_air(tonal_share: float) -> tuple[Preset, torch.Tensor, float]:
    """A tone at 1 kHz whose culture is itself, its band of air, and multiples there with this share of its power.

    Also the frames, and the root mean square of the band.
    """
    level, hz = 0.02, [1000.0, 2000.0, 11000.0, 12000.0]
    frames = frames_of(tones(hz[:2], [0.3, 0.1], 1.5, 22050), F22)
    weights = torch.zeros(1, 81)
    weights[0, -1] = math.log(level)
    high = HighBand(torch.tensor([10000.0, 13000.0]), weights)
    amplitude = level * math.sqrt(tonal_share)
    preset = preset_for(hz=hz, amplitudes=[0.3, 0.1, amplitude, amplitude], root_hz=1000.0, high_band=high)
    reference_db = float(frames.max()) * DB_PER_NEPER
    state = torch.zeros(len(preset.state), *frames.shape[1:])
    state[0] = grid_from_log_mel(frames[0], reference_db)
    return replace(preset, state=state, reference_db=reference_db), frames, level


@pytest.mark.parametrize("tonal_share", [0.2, 0.7])
@pytest.mark.parametrize("gain_db", [-12.0, 0.0])
def test_air_is_partials_and_noise_in_the_recordings_shares(tonal_share: float, gain_db: float) -> None:
    preset, frames, level = tone_with_air(tonal_share)
    # The stored amplitudes are those of the recording, however loud it was.
    gain = 10 ** (gain_db / 20)
    assert preset.partials is not None
    preset = replace(preset, partials=replace(preset.partials, amplitude=preset.partials.amplitude * gain))
    out = play(spectral(preset, 44100), frames)[0][11025:-11025]
    power = np.abs(np.fft.rfft(out)) ** 2 * 2 / len(out) ** 2
    hz = np.arange(len(power)) * 44100 / len(out)
    inside = (hz >= 9500) & (hz < 13500)
    assert abs(10 * math.log10(power[inside].sum() / level**2)) < 0.7
    for partial in (11000.0, 12000.0):
        assert abs(20 * math.log10(level_at(out, 44100, partial) / (level * math.sqrt(tonal_share)))) < 1.0


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.8, 4.0])
@pytest.mark.parametrize("rate_hz", [22050, 32000, 44100])
def test_partials_above_fmax_move_with_the_note_and_never_fold_back(ratio: float, rate_hz: int) -> None:
    preset, frames, _ = tone_with_air(0.9)
    out = play(spectral(preset, rate_hz), frames, ratio)[0][rate_hz // 4 : -rate_hz // 4]
    spectrum = np.abs(np.fft.rfft(out * np.blackman(len(out)))) * 2 / np.blackman(len(out)).sum()
    hz = np.arange(len(spectrum)) * rate_hz / len(out)
    multiples = np.abs(hz / (1000.0 * ratio) - np.round(hz / (1000.0 * ratio))) * 1000.0 * ratio < 15
    # The air's noise, per bin of this length, is 45 dB below the tone at 11 kHz alone.
    assert spectrum[~multiples & (hz > 3000)].max() < 0.003
    if rate_hz == 44100 and ratio == 1.8:
        assert level_at(out, rate_hz, 11000.0 * ratio) > 0.002
