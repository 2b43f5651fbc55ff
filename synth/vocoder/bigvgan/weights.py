"""BigVGAN checkpoints: how they are read, and what is refused.

A checkpoint is a folder with `config.json` and `bigvgan_generator.pt`, as NVIDIA publishes them. Only tensors are
unpickled, and nothing of a size the configuration does not ask for is built.
"""

import json
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synth.errors import VocoderUnavailable
from synth.mel import MelFormat
from synth.vocoder.bigvgan.architecture import Shape, check_hyperparameters, tensor_shapes
from synth.vocoder.bigvgan.folders import CONFIG_NAME, WEIGHTS_NAME, candidates

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
    except (ValueError, RecursionError) as error:
        raise VocoderUnavailable(f"{path} is not JSON: download the checkpoint again.") from error
    try:
        check_hyperparameters(h)
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


def find_weights(fmt: MelFormat, folder: Path | None = None, chosen: str = "") -> Path | None:
    """A checkpoint folder that speaks `fmt`: the one given, the environment's, the `chosen`, installed or cached."""
    return next(all_weights(fmt, folder, chosen), None)


def all_weights(fmt: MelFormat, folder: Path | None = None, chosen: str = "") -> Iterator[Path]:
    """Every checkpoint folder that speaks `fmt`, in that order."""
    for candidate in candidates(folder, chosen):
        try:
            if read_config(candidate).format == fmt:
                yield candidate
        except VocoderUnavailable:
            continue


def load_generator(folder: Path) -> tuple[nn.Module, Config]:
    """The generator with its weight norm folded, in eval mode, and its configuration."""
    tensors, config = read_tensors(folder)
    generator = build_generator(config)
    generator.load_state_dict(tensors)
    return generator.eval().requires_grad_(False), config


def read_tensors(folder: Path) -> tuple[dict[str, Tensor], Config]:
    """The generator's tensors by name, float32 and folded, with its configuration.

    `VocoderUnavailable` for anything but the tensors this configuration calls for.
    """
    config = read_config(folder)
    path = folder / WEIGHTS_NAME
    stored = _generator_of(_unpickled(path), path)
    wanted = tensor_shapes(config.hyperparameters)
    try:
        tensors = folded({name: tensor.float() for name, tensor in stored.items()})
    except (KeyError, RuntimeError) as error:
        raise VocoderUnavailable(f"{path} has a weight norm with a part missing: download it again.") from error
    misfit = next((name for name in sorted(wanted.keys() | tensors.keys()) if not _fits(name, wanted, tensors)), None)
    if misfit is not None:
        raise VocoderUnavailable(
            f"{path} does not fit the {CONFIG_NAME} beside it ({misfit} {_difference(misfit, wanted, tensors)}): "
            "download both again."
        )
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise VocoderUnavailable(f"{path} holds values that are not finite: download it again.")
    return tensors, config


def _unpickled(path: Path) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise VocoderUnavailable(f"{path} is missing: download it beside {CONFIG_NAME}.") from error
    except Exception as error:
        # torch.load raises a different type for every kind of damage.
        raise VocoderUnavailable(
            f"{path} is damaged or holds more than tensors, and nothing in it was run: download it again."
        ) from error


def _generator_of(checkpoint: object, path: Path) -> dict[str, Tensor]:
    stored = checkpoint.get("generator") if isinstance(checkpoint, dict) else None
    if isinstance(stored, dict) and stored and all(isinstance(t, Tensor) for t in stored.values()):
        return stored
    if isinstance(checkpoint, dict) and checkpoint.keys() & {"mpd", "mrd", "optim_g", "optim_d"}:
        raise VocoderUnavailable(f"{path} is a discriminator's training state: {WEIGHTS_NAME} is the file that plays.")
    raise VocoderUnavailable(f"{path} holds no BigVGAN generator: download {WEIGHTS_NAME} again.")


def _fits(name: str, wanted: dict[str, Shape], tensors: dict[str, Tensor]) -> bool:
    return name in wanted and name in tensors and wanted[name] == tensors[name].shape


def _difference(name: str, wanted: dict[str, Shape], tensors: dict[str, Tensor]) -> str:
    if name not in tensors:
        return "is missing"
    if name not in wanted:
        return "belongs to another model"
    return f"is {tuple(tensors[name].shape)} where {wanted[name]} is asked for"


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
