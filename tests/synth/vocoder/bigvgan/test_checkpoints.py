"""Checkpoints of BigVGAN: where they are found, which are read, and which are refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from synth.errors import VocoderUnavailable
from synth.loading.choose_vocoder import choose_vocoder
from synth.mel import FORMATS
from synth.vocoder.bigvgan.architecture import tensor_shapes
from synth.vocoder.bigvgan.offline import BigVGANVocoder
from synth.vocoder.bigvgan.weights import Config, build_generator, find_weights, load_generator, read_config
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.sounds import preset_for
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of


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
