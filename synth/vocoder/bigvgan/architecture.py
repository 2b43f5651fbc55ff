"""Which tensors a BigVGAN generator holds, from its configuration alone: what a file is held against before it is used.

Axes: `C` channels, `M` mel bands, `K` taps.
"""

from collections.abc import Iterator
from typing import Any

Shape = tuple[int, ...]

_FILTER: Shape = (1, 1, 12)
_ENDS_TAPS = 7


def check_hyperparameters(h: dict[str, Any]) -> None:
    """`ValueError` or `KeyError` naming the first field no BigVGAN has; HiFi-GAN's files look much the same."""
    for field, (low, high) in _RANGES.items():
        values = h[field] if isinstance(h[field], list) else [h[field]]
        if not values or not all(isinstance(v, int) and low <= v <= high for v in values):
            raise ValueError(field)
    if len(h["upsample_rates"]) != len(h["upsample_kernel_sizes"]):
        raise ValueError("upsample_kernel_sizes")
    if len(h["resblock_dilation_sizes"]) != len(h["resblock_kernel_sizes"]):
        raise ValueError("resblock_dilation_sizes")
    if h["upsample_initial_channel"] % 2 ** len(h["upsample_rates"]):
        raise ValueError("upsample_initial_channel")
    for field, known in (("activation", ("snake", "snakebeta")), ("resblock", ("1", "2"))):
        if h[field] not in known:
            raise ValueError(field)
    if not isinstance(h["snake_logscale"], bool):
        raise ValueError("snake_logscale")


_RANGES = {
    "sampling_rate": (8000, 192_000),
    "n_fft": (64, 65536),
    "hop_size": (16, 65536),
    "win_size": (64, 65536),
    "num_mels": (8, 1024),
    "upsample_initial_channel": (2, 4096),
    "upsample_rates": (1, 64),
    "upsample_kernel_sizes": (1, 128),
    "resblock_kernel_sizes": (1, 63),
}
"""What a configuration may ask for: far beyond anything published, and still too little to fill a memory."""


def tensor_shapes(h: dict[str, Any]) -> dict[str, Shape]:
    """Name → shape of every tensor of the generator, its weight norm folded."""
    shapes: dict[str, Shape] = {}
    channels = h["upsample_initial_channel"]
    shapes |= _convolution("conv_pre", (channels, h["num_mels"], _ENDS_TAPS))
    number = 0
    for i, taps in enumerate(h["upsample_kernel_sizes"]):
        # A transposed convolution keeps its input channels first, and has a bias per output.
        half = channels // 2
        shapes |= {f"ups.{i}.0.weight": (channels, half, taps), f"ups.{i}.0.bias": (half,)}
        channels = half
        for taps, dilations in zip(h["resblock_kernel_sizes"], h["resblock_dilation_sizes"], strict=True):
            shapes.update(_block(f"resblocks.{number}", channels, taps, len(dilations), h))
            number += 1
    shapes.update(_activation("activation_post", channels, h))
    shapes |= _convolution("conv_post", (1, channels, _ENDS_TAPS), bias=h.get("use_bias_at_final", True))
    return shapes


def _block(stem: str, channels: int, taps: int, layers: int, h: dict[str, Any]) -> Iterator[tuple[str, Shape]]:
    groups = ("convs1", "convs2") if h["resblock"] == "1" else ("convs",)
    for group in groups:
        for layer in range(layers):
            yield from _convolution(f"{stem}.{group}.{layer}", (channels, channels, taps)).items()
    for layer in range(layers * len(groups)):
        yield from _activation(f"{stem}.activations.{layer}", channels, h)


def _activation(stem: str, channels: int, h: dict[str, Any]) -> Iterator[tuple[str, Shape]]:
    yield f"{stem}.act.alpha", (channels,)
    if h["activation"] == "snakebeta":
        yield f"{stem}.act.beta", (channels,)
    yield f"{stem}.upsample.filter", _FILTER
    yield f"{stem}.downsample.lowpass.filter", _FILTER


def _convolution(stem: str, weight: Shape, bias: bool = True) -> dict[str, Shape]:
    return {f"{stem}.weight": weight} | ({f"{stem}.bias": weight[:1]} if bias else {})
