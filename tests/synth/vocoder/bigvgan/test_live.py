"""BigVGAN through our contract against NVIDIA's own module run on the whole mel at once; small random weights."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from synth.mel import LOG_MEL_FLOOR
from synth.vocoder.bigvgan.offline import BigVGANVocoder
from synth.vocoder.bigvgan.weights import load_generator
from synth.vocoder.contract import samples_until
from tests.doubles.sounds import frequency_of, play, preset_for
from tests.synth.vocoder.bigvgan.checkpoints import FOUR, PUBLISHED, config_of, mel, package_model, save


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_configuration_equals_the_package_offline(name: str, tmp_path: Path) -> None:
    facts = PUBLISHED[name]
    config = config_of(facts, channels=64 if facts.upsample_rates != FOUR else 32)
    model = package_model(config)
    vocoder = BigVGANVocoder(save(tmp_path, config, model, parametrized=facts.is_v2))
    assert vocoder.format == facts.format
    vocoder.prepare(preset_for(facts.format), facts.format.rate_hz)
    frames = mel(facts.format, 100)
    sound = play(vocoder, frames)[0]
    with torch.no_grad():
        whole = model(frames)[0, 0].numpy()
    edge = vocoder.config.context_frames * facts.format.hop
    assert np.abs(whole).max() > 0.05
    np.testing.assert_allclose(sound[edge:-edge], whole[edge:-edge], atol=1e-4 * np.abs(whole).max())


def test_context_is_what_the_generator_can_hear_and_not_much_more(tmp_path: Path) -> None:
    """Changing one frame changes nothing beyond the context, and something within two frames of it."""
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=64)
    generator, read = load_generator(save(tmp_path, config, package_model(config)))
    frames = mel(read.format, 80)
    changed = frames.clone()
    changed[:, :, 40] += 3
    with torch.no_grad():
        differs = (
            (generator.double()(changed.double()) - generator(frames.double()))[0, 0].abs().reshape(80, 256).amax(1)
        )
    heard = torch.nonzero(differs > 0).flatten()
    reach = max(40 - int(heard.min()), int(heard.max()) - 40)
    assert reach <= read.context_frames <= reach + 2


@pytest.mark.parametrize("blocks", [(1, 1, 2, 5), (40, 3)])
@pytest.mark.parametrize(("rate_hz", "ratio"), [(22050, 1.0), (48000, 0.75)])
def test_output_does_not_depend_on_blocks(small: Path, blocks: tuple[int, ...], rate_hz: int, ratio: float) -> None:
    vocoder = BigVGANVocoder(small)
    vocoder.prepare(preset_for(), rate_hz)
    frames = mel(vocoder.format, 80)
    whole = play(vocoder, frames, ratio)
    vocoder.reset()
    np.testing.assert_allclose(play(vocoder, frames, ratio, blocks=blocks), whole, atol=1e-6)
    assert whole.shape == (1, samples_until(80, vocoder.format, rate_hz))


def test_two_heads_are_two_sounds(small: Path) -> None:
    vocoder = BigVGANVocoder(small)
    vocoder.prepare(preset_for(), 22050, n_heads=2)
    frames = torch.cat([mel(vocoder.format, 90, seed) for seed in (0, 1)])
    pair = play(vocoder, frames)
    vocoder.prepare(preset_for(), 22050)
    np.testing.assert_allclose(pair[1], play(vocoder, frames[1:])[0], atol=1e-6)


@pytest.mark.parametrize("ratio", [0.5, 2 ** (3 / 12), 2.0])
def test_other_notes_sound_higher_and_keep_time(small: Path, ratio: float) -> None:
    """A frozen mel gives sound periodic in the hop: 86.13 Hz and multiples, moved by the ratio."""
    vocoder = BigVGANVocoder(small)
    vocoder.prepare(preset_for(), 44100)
    frames = mel(vocoder.format, 1).expand(-1, -1, 200).contiguous()
    frames[:, :, 150:] = LOG_MEL_FLOOR
    sound = play(vocoder, frames, ratio)[0]
    steady = sound[30 * 512 : 120 * 512]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady))))
    hz = np.arange(len(spectrum)) * 44100 / len(steady)
    strongest = float(hz[np.argmax(np.where(hz > 60, spectrum, 0))])
    number = round(strongest / (22050 / 256 * ratio))
    assert abs(1200 * math.log2(frequency_of(steady, 44100, strongest) / (number * 22050 / 256 * ratio))) < 1
    # The sound changes where the frames do, at frame 150, whatever the note.
    before, after = sound[: 130 * 512].reshape(-1, 512).std(axis=1)[40:], sound[172 * 512 :]
    assert abs(after.std() - before.mean()) > 0.2 * before.mean()


@pytest.mark.parametrize(
    ("name", "ratio", "rate_hz"),
    [
        ("bigvgan_base_24khz_100band", 0.25, 6000),
        ("bigvgan_base_22khz_80band", 0.5, 11025),
        ("bigvgan_v2_44khz_128band_512x", 0.5, 22050),
        ("bigvgan_base_22khz_80band", 2.0, 44100),
    ],
)
def test_a_transposed_note_is_the_packages_sound_of_stretched_frames(
    name: str, ratio: float, rate_hz: int, tmp_path: Path
) -> None:
    """At ratio × the generator's rate every sample sent is one sample of the generator: nothing is filtered.

    The frames are stretched here by hand, linear between the centres of those given, with silence before the first.
    """
    facts = PUBLISHED[name]
    config = config_of(facts, channels=64 if facts.upsample_rates != FOUR else 32)
    model = package_model(config)
    vocoder = BigVGANVocoder(save(tmp_path, config, model, parametrized=facts.is_v2))
    vocoder.prepare(preset_for(facts.format), rate_hz)
    frames = mel(facts.format, 60)
    sound = play(vocoder, frames, ratio, blocks=(1, 2, 30))[0]
    n = math.floor(60 * ratio)
    context = vocoder.config.context_frames + 2
    silence = torch.full((1, facts.format.n_mels, context), LOG_MEL_FLOOR)
    given = torch.cat([silence[:, :, :1], frames], dim=2)
    centres = ((np.arange(n) + 0.5) / ratio - 0.5).clip(-1, 59) + 1
    left = np.floor(centres).astype(int)
    share = torch.from_numpy((centres - left).astype(np.float32))
    stretched = given[:, :, left] * (1 - share) + given[:, :, np.minimum(left + 1, 60)] * share
    with torch.no_grad():
        whole = model(torch.cat([silence, stretched, silence], dim=2))[0, 0].numpy()
    hop = facts.format.hop
    expected = whole[context * hop : (context + n) * hop]
    # From the first sample to where the silence after the end, which is not stretched, comes into hearing.
    told = max(0, n - context) * hop or n * hop // 4
    assert np.abs(expected[:told]).max() > 0.05
    np.testing.assert_allclose(sound[:told], expected[:told], atol=1e-4 * np.abs(whole).max())


def test_a_long_low_note_does_not_depend_on_blocks(small: Path) -> None:
    """At the lowest note the most must be known ahead: were it too little, what is not known yet would differ."""
    vocoder = BigVGANVocoder(small)
    vocoder.prepare(preset_for(), 22050)
    frames = mel(vocoder.format, 300)
    whole = play(vocoder, frames, 0.25)
    vocoder.reset()
    np.testing.assert_allclose(play(vocoder, frames, 0.25, blocks=(1,) * 290), whole, atol=1e-6)
