"""Checkpoints of BigVGAN's published configurations with small random weights, made by NVIDIA's own module."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from synth.mel import FORMATS, MelFormat


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
