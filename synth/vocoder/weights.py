"""BigVGAN checkpoints: where they lie and how they are read.

A checkpoint is a folder with `config.json` and `bigvgan_generator.pt`, as NVIDIA publishes them. Nothing is downloaded
unless asked, and only tensors are unpickled.
"""

import json
import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synth.errors import VocoderUnavailable
from synth.mel import MelFormat

CONFIG_NAME, WEIGHTS_NAME = "config.json", "bigvgan_generator.pt"
FOLDER_VARIABLE = "PETRICHORD_BIGVGAN"
"""Environment variable that names a checkpoint folder, or a folder of such folders."""
REPOSITORIES = (
    "nvidia/bigvgan_v2_22khz_80band_fmax8k_256x",
    "nvidia/bigvgan_v2_44khz_128band_512x",
    "nvidia/bigvgan_base_22khz_80band",
    "nvidia/bigvgan_22khz_80band",
    "nvidia/bigvgan_v2_22khz_80band_256x",
    "nvidia/bigvgan_v2_24khz_100band_256x",
    "nvidia/bigvgan_v2_44khz_128band_256x",
    "nvidia/bigvgan_base_24khz_100band",
    "nvidia/bigvgan_24khz_100band",
)
"""Published checkpoints, those trained on instruments first."""

# Reach of one anti-aliased activation at its own rate: a 12-tap filter at twice the rate going up and one going down.
_ACTIVATION_REACH = 5
_PRE_REACH = _POST_REACH = 3


@dataclass(frozen=True)
class Config:
    """What we need to know of a `config.json`."""

    format: MelFormat
    hyperparameters: dict[str, Any]

    @property
    def name(self) -> str:
        """Size and rate, as shown to the user."""
        kind = "base " if self.hyperparameters["upsample_initial_channel"] <= 512 else ""
        generation = "v2 " if self.hyperparameters.get("use_tanh_at_final") is False else ""
        return f"bigvgan {generation}{kind}{self.format.rate_hz // 1000} kHz"

    @property
    def context_frames(self) -> int:
        """Frames on either side that can change a frame's sound: the generator's reach, rounded up."""
        h = self.hyperparameters
        blocks = zip(h["resblock_kernel_sizes"], h["resblock_dilation_sizes"], strict=True)
        paired = str(h["resblock"]) == "1"
        block = max(
            sum((k - 1) // 2 * (d + paired) + _ACTIVATION_REACH * (1 + paired) for d in dilations)
            for k, dilations in blocks
        )
        samples = float(self.format.hop)
        reach = _PRE_REACH * samples
        for rate, kernel in zip(h["upsample_rates"], h["upsample_kernel_sizes"], strict=True):
            # A transposed convolution of kernel k and stride u looks k / 2u inputs to either side.
            reach += math.ceil(kernel / (2 * rate)) * samples
            samples /= rate
            reach += block * samples
        return math.ceil((reach + _ACTIVATION_REACH + _POST_REACH) / self.format.hop)


def read_config(folder: Path) -> Config:
    """`VocoderUnavailable` in words when the folder holds no usable configuration."""
    path = folder / CONFIG_NAME
    try:
        h = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VocoderUnavailable(f"{path} cannot be read: choose a folder with a BigVGAN checkpoint.") from error
    except ValueError as error:
        raise VocoderUnavailable(f"{path} is not JSON: download the checkpoint again.") from error
    try:
        rate = int(h["sampling_rate"])
        fmax = h["fmax"] if h["fmax"] is not None else rate / 2
        fmt = MelFormat(
            rate, int(h["n_fft"]), int(h["hop_size"]), int(h["win_size"]), int(h["num_mels"]), float(h["fmin"]), fmax
        )
        config = Config(fmt, h)
        product = math.prod(h["upsample_rates"])
        _ = config.context_frames, config.name
    except (KeyError, TypeError, ValueError) as error:
        raise VocoderUnavailable(f"{path} is not a BigVGAN configuration: {error!s} is missing or wrong.") from error
    if product != fmt.hop:
        raise VocoderUnavailable(f"{path} is not usable: its upsampling makes {product} samples per hop of {fmt.hop}.")
    return config


def find_weights(fmt: MelFormat, folder: Path | None = None) -> Path | None:
    """A checkpoint folder that speaks `fmt`: the one given, the environment's, or the Hugging Face cache's."""
    for candidate in _candidates(folder):
        try:
            if read_config(candidate).format == fmt:
                return candidate
        except VocoderUnavailable:
            continue
    return None


def download(repository: str) -> Path:
    """Fetch one published checkpoint; only ever called because the user asked."""
    try:
        from huggingface_hub import hf_hub_download

        config = hf_hub_download(repository, CONFIG_NAME)
        hf_hub_download(repository, WEIGHTS_NAME)
    except (ImportError, OSError, ValueError) as error:
        raise VocoderUnavailable(
            f"{repository} could not be downloaded ({type(error).__name__}): check the connection, or copy the "
            f"checkpoint's folder by hand and name it in {FOLDER_VARIABLE}."
        ) from error
    return Path(config).parent


def load_generator(folder: Path) -> tuple[nn.Module, Config]:
    """The generator with its weight norm folded, in eval mode, and its configuration."""
    config = read_config(folder)
    path = folder / WEIGHTS_NAME
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        tensors = folded({name: tensor.float() for name, tensor in checkpoint["generator"].items()})
    except FileNotFoundError as error:
        raise VocoderUnavailable(f"{path} is missing: download it beside {CONFIG_NAME}.") from error
    except Exception as error:
        # torch.load raises a different type for every kind of damage.
        raise VocoderUnavailable(f"{path} is damaged or no BigVGAN generator: download it again.") from error
    generator = build_generator(config)
    try:
        generator.load_state_dict(tensors)
    except RuntimeError as error:
        raise VocoderUnavailable(f"{path} does not fit the {CONFIG_NAME} beside it: download both again.") from error
    return generator.eval().requires_grad_(False), config


def build_generator(config: Config) -> nn.Module:
    """NVIDIA's module of this configuration without weight norm, not yet loaded."""
    try:
        from bigvgan.bigvgan import BigVGAN
        from bigvgan.env import AttrDict
    except ImportError as error:
        raise VocoderUnavailable(
            f"The bigvgan package cannot be imported ({error}): install it with pip install --no-deps bigvgan."
        ) from error
    with warnings.catch_warnings():
        # The package still uses torch's first weight norm, which warns of its age.
        warnings.simplefilter("ignore", FutureWarning)
        generator: nn.Module = BigVGAN(AttrDict(config.hyperparameters))
        for module in generator.modules():
            if hasattr(module, "weight_g"):
                nn.utils.remove_weight_norm(module)
    return generator


def folded(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weight norm multiplied out: w = g · v / ‖v‖ per first axis, for both of torch's ways of storing it."""
    plain = {}
    for name, tensor in tensors.items():
        for magnitude, direction in ((".weight_g", ".weight_v"), _PARAMETRIZED):
            if name.endswith(magnitude):
                stem = name.removesuffix(magnitude)
                v = tensors[stem + direction]
                norm = v.flatten(1).norm(dim=1).view(-1, *[1] * (v.ndim - 1))
                plain[stem + ".weight"] = tensor * v / norm
                break
            if name.endswith(direction):
                break
        else:
            plain[name] = tensor
    return plain


_PARAMETRIZED = (".parametrizations.weight.original0", ".parametrizations.weight.original1")


def _candidates(folder: Path | None) -> list[Path]:
    places = [folder] if folder is not None else []
    if os.environ.get(FOLDER_VARIABLE):
        places.append(Path(os.environ[FOLDER_VARIABLE]))
    found = []
    for place in places:
        found += [place, *sorted(p for p in place.glob("*") if p.is_dir())]
    return [p for p in found if _complete(p)] + _cached()


def _complete(folder: Path) -> bool:
    return (folder / CONFIG_NAME).is_file() and (folder / WEIGHTS_NAME).is_file()


def _cached() -> list[Path]:
    """Published checkpoints in the Hugging Face cache; looks at files only, never at the network."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return []
    found = []
    for repository in REPOSITORIES:
        config = try_to_load_from_cache(repository, CONFIG_NAME)
        if isinstance(config, str) and _complete(Path(config).parent):
            found.append(Path(config).parent)
    return found
