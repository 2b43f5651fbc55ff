"""BigVGAN through our contract against NVIDIA's own module run on the whole mel at once; small random weights."""

import json
import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from synth.errors import VocoderUnavailable
from synth.loading.choose_vocoder import choose_vocoder
from synth.mel import FORMATS, LOG_MEL_FLOOR, MelFormat
from synth.vocoder.bigvgan.architecture import tensor_shapes
from synth.vocoder.bigvgan.offline import BigVGANVocoder
from synth.vocoder.bigvgan.weights import Config, build_generator, find_weights, load_generator, read_config
from synth.vocoder.contract import samples_until
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.sounds import frequency_of, play, preset_for


@dataclass(frozen=True)
class Published:
    """Facts of one published configuration; every other field is the same in all nine."""

    format: MelFormat
    upsample_rates: tuple[int, ...]
    channels: int
    is_v2: bool


SIX, FOUR = (4, 4, 2, 2, 2, 2), (8, 8, 2, 2)
PUBLISHED = {
    "bigvgan_22khz_80band": Published(FORMATS["22k80"], SIX, 1536, False),
    "bigvgan_24khz_100band": Published(MelFormat(24000, 1024, 256, 1024, 100, 0, 12000), SIX, 1536, False),
    "bigvgan_base_22khz_80band": Published(FORMATS["22k80"], FOUR, 512, False),
    "bigvgan_base_24khz_100band": Published(MelFormat(24000, 1024, 256, 1024, 100, 0, 12000), FOUR, 512, False),
    "bigvgan_v2_22khz_80band_256x": Published(MelFormat(22050, 1024, 256, 1024, 80, 0, 11025), SIX, 1536, True),
    "bigvgan_v2_22khz_80band_fmax8k_256x": Published(FORMATS["22k80"], SIX, 1536, True),
    "bigvgan_v2_24khz_100band_256x": Published(MelFormat(24000, 1024, 256, 1024, 100, 0, 12000), SIX, 1536, True),
    "bigvgan_v2_44khz_128band_256x": Published(MelFormat(44100, 1024, 256, 1024, 128, 0, 22050), SIX, 1536, True),
    "bigvgan_v2_44khz_128band_512x": Published(FORMATS["44k128"], (8, *SIX[1:]), 1536, True),
}


def config_of(facts: Published, channels: int | None = None) -> dict[str, Any]:
    f = facts.format
    config = {
        "resblock": "1",
        "upsample_rates": list(facts.upsample_rates),
        "upsample_kernel_sizes": [2 * rate for rate in facts.upsample_rates],
        "upsample_initial_channel": channels or facts.channels,
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        "activation": "snakebeta",
        "snake_logscale": True,
        "num_mels": f.n_mels,
        "n_fft": f.n_fft,
        "hop_size": f.hop,
        "win_size": f.win,
        "sampling_rate": f.rate_hz,
        "fmin": f.fmin_hz,
        # The v2 configurations whose bands reach the Nyquist frequency say null.
        "fmax": None if facts.is_v2 and f.fmax_hz == f.rate_hz / 2 else f.fmax_hz,
    }
    if facts.is_v2:
        config |= {"use_tanh_at_final": False, "use_bias_at_final": False}
    return config


def package_model(config: dict[str, Any], seed: int = 0) -> torch.nn.Module:
    """NVIDIA's module with weights large enough that every layer matters."""
    from bigvgan.bigvgan import BigVGAN
    from bigvgan.env import AttrDict

    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model: torch.nn.Module = BigVGAN(AttrDict(config))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight_v"):
                parameter.normal_()
            elif name.endswith("weight_g"):
                parameter.copy_(0.5 + 0.3 * torch.rand_like(parameter))
            elif name.endswith("bias"):
                parameter.normal_(std=0.05)
    return model.eval()


def save(folder: Path, config: dict[str, Any], model: torch.nn.Module, parametrized: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    tensors = model.state_dict()
    if parametrized:
        renamed = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
        tensors = {
            ".".join([*name.split(".")[:-1], renamed.get(name.split(".")[-1], name.split(".")[-1])]): tensor
            for name, tensor in tensors.items()
        }
    torch.save({"generator": tensors}, folder / "bigvgan_generator.pt")
    return folder


def mel(fmt: MelFormat, n_frames: int, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(1, fmt.n_mels, n_frames) * 1.5 - 4


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


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=32)
    folder = tmp_path_factory.mktemp("bigvgan") / "base"
    folder.mkdir()
    return save(folder, config, package_model(config))


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


def test_a_checkpoint_is_found_by_its_format(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_weights(FORMATS["22k80"], small) == small
    assert find_weights(FORMATS["22k80"], small.parent) == small
    assert find_weights(FORMATS["44k128"], small) is None
    assert find_weights(FORMATS["22k80"]) is None
    monkeypatch.setenv("PETRICHORD_BIGVGAN", str(small.parent))
    assert find_weights(FORMATS["22k80"]) == small
    vocoder, reason = choose_vocoder("bigvgan", preset_for())
    assert vocoder.name == "bigvgan base 22 kHz"
    assert str(small) in reason


def test_a_checkpoint_is_found_in_the_hugging_face_cache(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    snapshot = tmp_path / "models--nvidia--bigvgan_base_22khz_80band" / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    for name in ("config.json", "bigvgan_generator.pt"):
        (snapshot / name).write_bytes((small / name).read_bytes())
    refs = snapshot.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text("0123abcd")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert find_weights(FORMATS["22k80"]) == snapshot


def test_without_a_checkpoint_the_choice_is_spectral_and_asking_is_an_error_in_words() -> None:
    vocoder, reason = choose_vocoder("auto", preset_for())
    assert isinstance(vocoder, SpectralVocoder)
    assert reason
    with pytest.raises(VocoderUnavailable, match="PETRICHORD_BIGVGAN"):
        choose_vocoder("bigvgan", preset_for())


def damaged(damage: str, checkpoint: dict[str, dict[str, torch.Tensor]]) -> dict[str, Any]:
    """A checkpoint of tensors alone that is not the generator's."""
    tensors = checkpoint["generator"]
    if damage == "discriminator":
        return {"mpd": tensors, "mrd": tensors, "optim_g": {}, "optim_d": {}, "steps": 5_000_000, "epoch": 1}
    if damage == "no generator":
        return {"state_dict": tensors}
    if damage == "tensor missing":
        del tensors["conv_pre.bias"]
    elif damage == "tensor too many":
        tensors["extra"] = torch.zeros(1)
    elif damage == "other shape":
        tensors["conv_post.bias"] = torch.zeros(2)
    elif damage == "half a weight norm":
        del tensors["conv_pre.weight_v"]
    elif damage == "not a number":
        tensors["ups.0.0.weight_v"][0, 0, 0] = torch.nan
    return checkpoint


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        ("no config", "config.json"),
        ("config not json", "not JSON"),
        ("config incomplete", "upsample_rates"),
        ("config of another model", "does not fit"),
        ("hop that does not fit", "samples per hop"),
        ("no weights", "missing"),
        ("truncated weights", "damaged"),
        ("pickled code", "nothing in it was run"),
        ("config of HiFi-GAN", "activation"),
        ("config that would fill the memory", "upsample_initial_channel"),
        ("discriminator", "discriminator"),
        ("no generator", "holds no BigVGAN generator"),
        ("tensor missing", "conv_pre.bias is missing"),
        ("tensor too many", "extra belongs to another model"),
        ("other shape", r"conv_post.bias is \(2,\) where \(1,\)"),
        ("half a weight norm", "weight norm"),
        ("not a number", "not finite"),
    ],
)
def test_bad_checkpoints_are_refused_in_one_sentence(damage: str, names: str, small: Path, tmp_path: Path) -> None:
    config_path, weights_path = tmp_path / "config.json", tmp_path / "bigvgan_generator.pt"
    config = json.loads((small / "config.json").read_text())
    weights = (small / "bigvgan_generator.pt").read_bytes()
    config_path.write_text(json.dumps(config))
    weights_path.write_bytes(weights)
    if damage == "no config":
        config_path.unlink()
    elif damage == "config not json":
        config_path.write_text("{")
    elif damage == "config incomplete":
        config_path.write_text(json.dumps({k: v for k, v in config.items() if k != "upsample_rates"}))
    elif damage == "config of another model":
        config_path.write_text(json.dumps(config | {"upsample_initial_channel": 64}))
    elif damage == "hop that does not fit":
        config_path.write_text(json.dumps(config | {"hop_size": 512}))
    elif damage == "no weights":
        weights_path.unlink()
    elif damage == "truncated weights":
        weights_path.write_bytes(weights[:1000])
    elif damage == "pickled code":
        torch.save({"generator": {"x": Path("/")}}, weights_path)
    elif damage == "config of HiFi-GAN":
        config_path.write_text(json.dumps({k: v for k, v in config.items() if k not in ("activation",)}))
    elif damage == "config that would fill the memory":
        config_path.write_text(json.dumps(config | {"upsample_initial_channel": 2**40}))
    else:
        torch.save(damaged(damage, torch.load(weights_path, weights_only=True)), weights_path)
    with pytest.raises(VocoderUnavailable, match=names) as caught:
        load_generator(tmp_path)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("resblock", ["1", "2"])
@pytest.mark.parametrize("activation", ["snake", "snakebeta"])
@pytest.mark.parametrize("name", ["bigvgan_base_22khz_80band", "bigvgan_v2_44khz_128band_512x"])
def test_the_tensors_a_configuration_calls_for_are_the_packages(name: str, activation: str, resblock: str) -> None:
    config = config_of(PUBLISHED[name], channels=64) | {"activation": activation, "resblock": resblock}
    model = build_generator(Config(PUBLISHED[name].format, config))
    assert tensor_shapes(config) == {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}


def test_another_format_is_refused_in_words(small: Path) -> None:
    with pytest.raises(VocoderUnavailable, match="44k128"):
        BigVGANVocoder(small).prepare(preset_for(FORMATS["44k128"]), 44100)


@pytest.mark.parametrize("name", PUBLISHED)
def test_full_size_configurations_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config_of(PUBLISHED[name])))
    read = read_config(tmp_path)
    assert read.format == PUBLISHED[name].format
    assert read.context_frames <= 40
    assert ("base" in read.name) == (PUBLISHED[name].channels == 512)


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
