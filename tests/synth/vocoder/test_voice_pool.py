"""Vocoders that play one voice each, alone and as a pool of voices. Axes: `B` heads, `M` mel bands, `N` samples."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from synth.mel import FORMATS
from synth.presets.model import Preset
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from synth.vocoder.contract import Vocoder, VoiceFrames, samples_until
from synth.vocoder.one_voice import OneVoice
from synth.vocoder.voice_pool import VoicePool
from tests.doubles.sounds import preset_for
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, mel, package_model, save

F22 = FORMATS["22k80"]
PRESET = preset_for()
DELAY = 1300


class Level(OneVoice):
    """Its sound is each frame's first row as a number, held for the frame and `DELAY` samples late."""

    name, format, delay_samples = "level", F22, DELAY

    def __init__(self) -> None:
        self.frames_run = 0

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._rate, self._n_heads = out_rate_hz, n_heads
        self.reset()

    def reset(self, warm: Tensor | None = None) -> None:
        self._frames = 0
        self._owed = torch.zeros(self._n_heads, DELAY)
        self.begin_alone(self._rate, self._n_heads)

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        parts = [self._owed]
        for i in range(log_mel.shape[2]):
            n = samples_until(self._frames + 1, F22, self._rate) - samples_until(self._frames, F22, self._rate)
            parts.append(log_mel[:, 0, i : i + 1].expand(-1, n))
            self._frames += 1
        self.frames_run += log_mel.shape[2]
        sound = torch.cat(parts, dim=1)
        self._owed = sound[:, sound.shape[1] - DELAY :]
        return sound[:, : sound.shape[1] - DELAY]

    def flush(self) -> Tensor:
        return self._owed


def ready(vocoder: Vocoder, rate_hz: int = 44100) -> Vocoder:
    vocoder.prepare(PRESET, rate_hz, 2, 0)
    return vocoder


def block(levels: dict[int, float], n: int, gain: float = 1.0) -> VoiceFrames:
    """Voices whose first row is a level."""
    columns = torch.zeros(len(levels), 2, 80, n)
    for i, level in enumerate(levels.values()):
        columns[i, :, 0] = level
    return VoiceFrames(tuple(levels), columns, torch.ones(len(levels), n), torch.full((len(levels), 2, n), gain))


def sound(vocoder: Vocoder, blocks: Sequence[VoiceFrames]) -> npt.NDArray[np.float64]:
    return np.asarray(torch.cat([vocoder.process_voices(b) for b in blocks], dim=1)[0].double().numpy())


# --- one voice ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 300])
def test_a_voice_opens_where_the_contract_says(offset: int) -> None:
    vocoder = ready(Level())
    sound(vocoder, [block({}, 3)])
    vocoder.start(4, offset_samples=offset)
    out = sound(vocoder, [block({4: 0.5}, 12)])
    onset = vocoder.delay_samples + offset
    assert not out[: onset + 1].any() and out[onset + 1] > 0
    np.testing.assert_allclose(out[onset + 90 :], 0.5, rtol=1e-6)


def test_a_gain_is_heard_when_its_frame_is() -> None:
    vocoder = ready(Level())
    out = sound(vocoder, [block({0: 1.0}, 5), block({0: 1.0}, 5, gain=0.5), block({0: 1.0}, 5, gain=0.5)])
    centre = round(4.5 * 512) + DELAY
    x = np.arange(len(out)) - centre
    np.testing.assert_allclose(out[DELAY:], (1 - 0.5 * np.clip(x / 512, 0, 1))[DELAY:], atol=1e-3)


def test_a_voice_that_follows_another_goes_on_from_it() -> None:
    vocoder = ready(Level())
    out = list(sound(vocoder, [block({1: 1.0}, 6)]))
    vocoder.free(1)
    vocoder.start(2)
    out += list(sound(vocoder, [block({2: 1.0}, 6, gain=0.7)]))
    assert np.abs(np.diff(out[DELAY + 1 :])).max() < 0.3 / 500
    assert abs(out[-1] - 0.7) < 1e-6


def test_more_than_one_is_refused() -> None:
    with pytest.raises(ValueError, match="one voice at a time, not 2"):
        ready(Level()).process_voices(block({0: 1.0, 1: 1.0}, 1))


# --- several --------------------------------------------------------------------------------------------------------


def pool(n: int = 3, rate_hz: int = 44100) -> tuple[VoicePool, list[Level]]:
    members = [Level() for _ in range(n)]
    whole = VoicePool(members)
    whole.prepare(PRESET, rate_hz, 2, 0)
    return whole, members


def test_voices_add_up() -> None:
    whole, _ = pool()
    out = sound(whole, [block({5: 0.25, 9: 0.5}, 4), block({9: 0.5, 5: 0.25, 7: 1.0}, 12)])
    np.testing.assert_allclose(out[DELAY : DELAY + 3 * 512], 0.75, rtol=1e-6)
    np.testing.assert_allclose(out[DELAY + 5 * 512 :], 1.75, rtol=1e-6)


def test_silent_voices_are_not_run_and_wake_in_time() -> None:
    whole, members = pool()
    sound(whole, [block({1: 1.0}, 4)])
    assert sorted(m.frames_run for m in members) == [0, 0, 4]
    sound(whole, [block({1: 1.0}, 100, gain=0.0)])
    # Twice the delay of 2.5 frames and some: then it rests.
    assert sorted(m.frames_run for m in members)[2] <= 104
    ran = sum(m.frames_run for m in members)
    sound(whole, [block({1: 1.0}, 50, gain=0.0)])
    assert sum(m.frames_run for m in members) == ran
    out = sound(whole, [block({1: 1.0}, 10)])
    # From the frame's beginning, `delay_samples` late, to a sample.
    assert not out[:DELAY].any()
    np.testing.assert_allclose(out[DELAY + 1 :], 1.0, rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.sampled_from([22050, 44100, 48000]))
def test_samples_do_not_depend_on_how_frames_are_split(sizes: list[int], rate_hz: int) -> None:
    rng = np.random.default_rng(0)
    columns = torch.from_numpy(rng.random((3, 2, 80, 90)).astype(np.float32))
    gains = torch.from_numpy(rng.random((3, 2, 90)).astype(np.float32))
    gains[0, :, 10:40] = gains[1, :, 20:60] = gains[2, :, :33] = 0
    outs = []
    for split in ([90], sizes):
        whole, _ = pool(rate_hz=rate_hz)
        parts, at, i = [], 0, 0
        while at < 90:
            cut = slice(at, at + split[i % len(split)])
            frames = VoiceFrames((3, 1, 4), columns[..., cut], torch.ones(3, 90)[:, cut], gains[..., cut])
            parts.append(whole.process_voices(frames))
            at, i = cut.stop, i + 1
        outs.append(torch.cat([*parts, whole.flush()], dim=1))
    assert torch.equal(outs[0], outs[1])
    assert outs[0].shape[1] == samples_until(90, F22, rate_hz) + DELAY


def test_a_steal_at_the_limit_does_not_click() -> None:
    whole, _ = pool(2)
    out = list(sound(whole, [block({1: 0.5, 2: 0.5}, 8)]))
    whole.free(1)
    whole.start(3)
    out += list(sound(whole, [block({3: 0.5, 2: 0.5}, 8, gain=0.6)]))
    # Gains move in a line over a frame; a cut voice would step by 0.5.
    assert np.abs(np.diff(out[DELAY + 1 :])).max() < 0.5 / 500
    with pytest.raises(ValueError, match="3 voices"):
        whole.process_voices(block({1: 1.0, 2: 1.0, 3: 1.0}, 1))


# --- BigVGAN --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=16)
    return save(tmp_path_factory.mktemp("bigvgan") / "base", config, package_model(config))


def bigvgan_pool(folder: Path, n: int) -> VoicePool:
    first = LiveBigVGANVocoder.from_folder(folder)
    return VoicePool([first, *(first.another() for _ in range(n - 1))])


def test_a_pool_of_bigvgan_plays_the_drone_as_one_does(small: Path) -> None:
    frames, ratio = mel(F22, 50).expand(2, -1, -1), torch.full((2, 40), 0.9)
    sounds = []
    for vocoder in (LiveBigVGANVocoder.from_folder(small), bigvgan_pool(small, 2)):
        ready(vocoder, 48000)
        vocoder.reset(frames[:, :, :10])
        sounds.append(vocoder.process(frames[:, :, 10:], ratio))
    assert torch.equal(sounds[0], sounds[1]) and sounds[0].std() > 1e-4


def test_voices_of_bigvgan_are_the_sum_of_each_alone(small: Path) -> None:
    """Each at a pitch of its own: they take different numbers of the generator's frames."""
    columns = torch.stack([torch.roll(mel(F22, 60), k, dims=2).expand(2, -1, -1) for k in (0, 9, 23)])
    ratios, gains = torch.tensor([1.0, 0.6, 1.4]), torch.tensor([0.5, 1.0, 0.8])
    together = ready(bigvgan_pool(small, 3))
    out = together.process_voices(
        VoiceFrames((0, 1, 2), columns, ratios[:, None].expand(3, 60), gains[:, None, None].expand(3, 2, 60))
    )
    alone = []
    for i in range(3):
        vocoder = ready(LiveBigVGANVocoder.from_folder(small))
        alone.append(vocoder.process(columns[i], ratios[i].expand(2, 60)) * gains[i])
    assert (out - sum(alone)).abs().max() < 1e-6 and min(a.std() for a in alone) > 1e-4
