"""How voices of the spectral vocoder begin, move in level and end: at their sample, without a click."""

import math

import numpy as np
import pytest
import torch

from synth.mel import LOG_MEL_FLOOR
from synth.vocoder.contract import add_to_the_end, samples_until
from tests.doubles.sounds import coloured_noise, frames_of, preset_for, spectral
from tests.synth.vocoder.spectral.played_voices import F22, HOP, TONE, TONE_COLUMN, Doubles, onset, rich, sound, voices


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("offset", [0.0, 0.37, 0.999])
@pytest.mark.usefixtures("without_noise")
def test_a_struck_voice_sounds_within_the_frame_that_was_given_last(rate_hz: int, offset: float) -> None:
    vocoder = spectral(TONE, rate_hz, 2)
    given = vocoder.process_voices(voices([], torch.zeros(0, 2, 80, 7), 7))
    assert given.shape == (2, samples_until(7, F22, rate_hz)) and not given.any()
    at = int(offset * (F22.hop * rate_hz // F22.rate_hz))
    added = vocoder.strike(3, 1, at, onset(TONE_COLUMN))
    last = samples_until(7, F22, rate_hz) - samples_until(6, F22, rate_hz)
    assert added.shape == (2, last - at)
    add_to_the_end(given, added)
    out = np.concatenate([given[0].numpy(), sound(vocoder, voices([3], TONE_COLUMN, 8))[0]])
    begin = samples_until(6, F22, rate_hz) + at
    # The ramp begins with 0.
    assert not out[: begin + 1].any() and out[begin + 1 : begin + 3].all()
    period = round(rate_hz / 220)
    ramp = round(0.002 * rate_hz)
    # A whole period right after the ramp has the level of the steady sound, to a part of what a period's cut leaves.
    assert abs(out[begin + ramp : begin + ramp + period].std() / out[-2 * period :].std() - 1) < 0.03
    # And it goes on without a seam: the tone's second difference is what its frequency makes of its amplitude.
    steady = np.abs(np.diff(out[-4 * period :], 2)).max()
    assert np.abs(np.diff(out[begin + ramp + 2 :], 2)).max() < 1.05 * steady


@pytest.mark.usefixtures("without_noise")
def test_the_steady_sound_of_a_started_voice_keeps_its_alignment() -> None:
    """The centre of a burst in the 30th frame sounds where it does in the drone."""
    frames = torch.full((1, 2, 80, 60), LOG_MEL_FLOOR)
    for i, level in enumerate([-2.0, -1.0, 0.0, -1.0, -2.0]):
        frames[:, :, :, 28 + i] = (TONE_COLUMN + level).clamp(min=LOG_MEL_FLOOR)
    vocoder = spectral(TONE, 44100, 2)
    vocoder.start(1)
    out = sound(vocoder, voices([1], frames, 60))[0]
    centre = float(np.sum(np.arange(len(out)) * out**2) / np.sum(out**2))
    assert abs(centre - (30.5 * HOP + vocoder.delay_samples)) < 0.05 * HOP


def test_noise_follows_the_onset_by_its_window() -> None:
    preset = preset_for(inharmonic=True)
    column = frames_of(coloured_noise(0.5, 22050), F22)[0, :, 10]
    vocoder = spectral(preset, 44100, 2)
    sound(vocoder, voices([], torch.zeros(0, 2, 80, 5), 5))
    added = vocoder.strike(1, 1, 0, onset(column))
    out = sound(vocoder, voices([1], column, 40))[0]
    steady = out[6 * HOP :].std()
    half = next(i for i in range(0, 4 * HOP, 32) if out[i : i + 256].std() > steady / 2)
    assert not added.any() and half <= vocoder.delay_samples


@pytest.mark.usefixtures("without_noise")
def test_partials_follow_the_onset_s_columns_before_the_first_frame() -> None:
    vocoder = spectral(TONE, 44100, 2)
    given = sound(vocoder, voices([], torch.zeros(0, 2, 80, 3), 3))
    added = vocoder.strike(1, 1, 0, onset(TONE_COLUMN, (-3.0, -1.5)))
    given[:, -added.shape[1] :] += added.numpy()
    out = np.concatenate([given[0], sound(vocoder, voices([1], TONE_COLUMN, 10))[0]])
    period = 2 * np.pi * 220 / 44100 * np.arange(200)
    basis = np.stack([np.cos(period), np.sin(period)], axis=1)

    def level(at: float) -> float:
        fit = np.linalg.lstsq(basis, out[round(at) - 100 : round(at) + 100], rcond=None)[0]
        return float(np.hypot(*fit))

    # The centres of the three frames before the first one, which sound half a frame and `delay_samples` after each
    # begins; measured in the middle of the straight lines between, where rows near the floor make the solver lose half
    # a percent.
    centre = 2 * HOP + HOP // 2 + vocoder.delay_samples
    for at, wanted in ((-1.5, (math.exp(-3) + math.exp(-1.5)) / 2), (-0.5, (math.exp(-1.5) + 1) / 2), (3, 1.0)):
        assert abs(level(centre + at * HOP) / level(centre + 5 * HOP) - wanted) < 0.0075


def jump(wave: Doubles) -> float:
    """The largest step between neighbouring samples."""
    return float(np.abs(np.diff(wave)).max())


@pytest.mark.parametrize(
    "event", ["start", "strike", "free", "steal", "leave out", "gain to 0", "gain to 1", "many steals"]
)
def test_no_event_clicks(event: str) -> None:
    """A tone that is cut steps by up to its amplitude, 0.3; the steady one by 0.0094 between two samples."""
    vocoder = spectral(TONE, 44100, 2)
    steady = sound(vocoder, voices([0], TONE_COLUMN, 40))[0, 20 * HOP :]
    parts = []
    for k in range(12):
        if event == "start":
            vocoder.start(k + 1, note=k)
            parts.append(sound(vocoder, voices([k + 1], TONE_COLUMN, 9)))
        elif event == "strike":
            parts.append(sound(vocoder, voices([k], TONE_COLUMN, 9)))
            added = vocoder.strike(k + 1, k, 37 * k, onset(TONE_COLUMN)).numpy()
            parts[-1][:, parts[-1].shape[1] - added.shape[1] :] += added
        elif event == "free":
            parts.append(sound(vocoder, voices([0], TONE_COLUMN, 9)))
            vocoder.free(0)
            parts.append(sound(vocoder, voices([], torch.zeros(0, 2, 80, 3), 3)))
        elif event in ("steal", "many steals"):
            vocoder.start(0, note=k)
            parts.append(sound(vocoder, voices([0], TONE_COLUMN, 9 if event == "steal" else 1)))
        elif event == "leave out":
            parts.append(sound(vocoder, voices([0], TONE_COLUMN, 5)))
            parts.append(sound(vocoder, voices([], torch.zeros(0, 2, 80, 2), 2)))
        else:
            gains = torch.tensor([1.0, 0.0] if event == "gain to 0" else [0.0, 1.0]).repeat_interleave(3)
            parts.append(sound(vocoder, voices([0], TONE_COLUMN, 6, 1.0, gains)))
    out = np.concatenate(parts, axis=1)[0]
    # While a voice gives way to another both sound for up to two frames; a ramp of 2 ms adds 0.3 · π / 2 / 88 a sample.
    most = {"start": 2, "strike": 2, "steal": 2, "many steals": 3}.get(event, 1) * jump(steady) + 0.3 * math.pi / 2 / 88
    assert jump(out) < most
    assert out.std() > 0.02


@pytest.mark.usefixtures("without_noise")
def test_a_gain_moves_in_a_straight_line_between_centres() -> None:
    vocoder = spectral(TONE, 44100, 2)
    gains = torch.tensor([1.0] * 10 + [0.2] * 10)
    out = sound(vocoder, voices([0], TONE_COLUMN, 20, 1.0, gains))[0]
    plain = sound(spectral(TONE, 44100, 2), voices([0], TONE_COLUMN, 20))[0]
    centre = round(9.5 * HOP) + vocoder.delay_samples
    for x in (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5):
        at = slice(centre + round(x * HOP) - 4, centre + round(x * HOP) + 5)
        measured = float(out[at] @ plain[at] / (plain[at] @ plain[at]))
        assert abs(measured - (1 - 0.8 * min(max(x, 0.0), 1.0))) < 0.01


def test_a_freed_voice_is_silent_after_a_frame_and_two_windows() -> None:
    preset, frames = rich(20)
    vocoder = spectral(preset, 44100, 2)
    vocoder.start(5)
    sound(vocoder, voices([5], frames[None], 20))
    vocoder.free(5)
    vocoder.free(5)
    tail = sound(vocoder, voices([], torch.zeros(0, 2, 80, 20), 20))
    assert tail[:, :HOP].any() and not tail[:, 5 * HOP :].any()
    assert not len(vocoder._voices)
