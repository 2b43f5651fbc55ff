"""What a culture is compared by. Each term is a distance between distributions, never between aligned frames: the
culture is not aligned with the recording. Statistics are pooled over the batch and detached samples of the pool and
compared with the whole target region; against one crop the median crop would be the optimum, and the culture would
die into flat lines.

Axes: `B` samples, `M` mel bands, `T` frames, `Q` quantiles. Grids here are channel 0 only, (B, M, T).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_FEATURE_WIDTHS = (2, 4, 8, 16, 32, 64)
_FEATURES_PER_WIDTH = 64
_FEATURE_SEED = 1
_POWER_FLOOR = 1e-5
"""Keeps the logarithm of silent rows' spectra quiet: 0.2 dB of movement."""
_STILL_POWER = 1e-4
"""Rows that move by less than 0.4 dB have no direction to share."""


class _Ascending(torch.autograd.Function):
    """Sorted along the last axis by numpy, which has vector instructions for it: 32 rows of 1280 numbers in 0.25 ms
    with their order and 0.05 ms without, for torch's 1.7 ms on one core."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        array = values.detach().numpy()
        order = np.argsort(array, axis=-1)
        ctx.save_for_backward(torch.from_numpy(order))
        return torch.from_numpy(np.take_along_axis(array, order, axis=-1))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (order,) = ctx.saved_tensors
        return torch.zeros_like(grads[0]).scatter_(-1, order, grads[0])


def ascending(values: Tensor) -> Tensor:
    """Sorted along the last axis; differentiable. Equal values are in any order."""
    if values.device.type != "cpu":
        return values.sort(dim=-1).values
    if values.requires_grad:
        ordered: Tensor = _Ascending.apply(values)  # type: ignore[no-untyped-call]
        return ordered
    return torch.from_numpy(np.sort(values.numpy(), axis=-1))


def quantiles(values: Tensor, n: int) -> Tensor:
    """`n` quantiles at (i + ½)/n along the last axis, by linear interpolation of the sorted values."""
    ordered = ascending(values)
    if ordered.shape[-1] == n:
        return ordered
    flat = F.interpolate(ordered.flatten(0, -2)[:, None], size=n, mode="linear", align_corners=False)
    return flat.reshape(*ordered.shape[:-1], n)


def wasserstein(values: Tensor, target: Tensor) -> Tensor:
    """1-D Wasserstein distance between samples along the last axis, mean over the others: L1 between quantiles."""
    n = values.shape[-1]
    return (quantiles(values, n) - quantiles(target, n)).abs().mean()


class RowQuantiles:
    """Each mel row's distribution of levels."""

    def __init__(self, target: Tensor, n: int) -> None:
        self._quantiles = quantiles(target, n)

    def __call__(self, grids: Tensor) -> Tensor:
        rows = grids.permute(1, 0, 2).flatten(1)
        return (quantiles(rows, self._quantiles.shape[1]) - self._quantiles).abs().mean()


class SlicedWasserstein:
    """Joint distributions: sliced Wasserstein distance (Heitz et al., "A Sliced Wasserstein Loss for Neural Texture
    Synthesis", CVPR 2021) between features of frozen random convolutions (Ulyanov's "texture nets" need no trained
    ones: Ustyuzhaninov et al. 2016), along time with mel rows as channels, of several widths."""

    def __init__(self, target: Tensor, n_frames: int, n_directions: int = 32) -> None:
        source = torch.Generator().manual_seed(_FEATURE_SEED)
        M = len(target)
        self._n_directions = n_directions
        self._bank: list[tuple[Tensor, Tensor]] = []
        for width in _FEATURE_WIDTHS:
            weight = torch.randn(_FEATURES_PER_WIDTH, M, width, generator=source) * (2 / math.sqrt(M * width))
            bias = torch.randn(_FEATURES_PER_WIDTH, generator=source) * 0.5
            if width <= min(n_frames, target.shape[1]) / 2:
                self._bank.append((weight.to(target), bias.to(target)))
        self._target = [F.relu(F.conv1d(target[None], w, b))[0] for w, b in self._bank]

    def __call__(self, grids: Tensor, pooled: Tensor, draw: torch.Generator) -> Tensor:
        """Of `grids` (B, M, T) together with detached `pooled` (E, M, T)."""
        with torch.no_grad():
            # Apart from the others: backwards, a convolution is as dear for samples that cannot move.
            at_rest = self._features(pooled)
        total = grids.new_zeros(())
        for moving, still, target in zip(self._features(grids), at_rest, self._target, strict=True):
            features = torch.cat([moving, still]).permute(1, 0, 2).flatten(1)
            directions = torch.randn(
                self._n_directions, len(target), generator=draw, device=grids.device, dtype=grids.dtype
            )
            directions = directions / directions.norm(dim=1, keepdim=True)
            total = total + wasserstein(directions @ features, directions @ target)
        return total / len(self._bank)

    def _features(self, grids: Tensor) -> list[Tensor]:
        """Of each width, (B, features, T)."""
        return [
            F.relu(F.conv1d(F.pad(grids, (0, weight.shape[2] - 1), mode="circular"), weight, bias))
            for weight, bias in self._bank
        ]


class Modulation:
    """How fast each row moves: power spectra of row trajectories, in logarithm (McDermott and Simoncelli's texture
    statistics, 2011, keep modulation power per band for the same reason)."""

    def __init__(self, target: Tensor, n_frames: int) -> None:
        self._window = torch.hann_window(n_frames).to(target)
        crops = target.unfold(1, min(n_frames, target.shape[1]), 4).permute(1, 0, 2)
        while crops.shape[2] < n_frames:
            # Of half a second more than one reflection is needed, and padding does only one.
            crops = torch.cat([crops, crops.flip(2)], dim=2)[..., :n_frames]
        self._target = self._spectrum(crops)

    def _spectrum(self, grids: Tensor) -> Tensor:
        moving = (grids - grids.mean(dim=2, keepdim=True)) * self._window
        spectrum = torch.fft.rfft(moving, dim=2)
        power = (spectrum.real.square() + spectrum.imag.square()) / grids.shape[2]
        levels: Tensor = (power.mean(dim=0) + _POWER_FLOOR).log()
        return levels[:, 1:]

    def __call__(self, grids: Tensor) -> Tensor:
        return (self._spectrum(grids) - self._target).abs().mean()


class Spread:
    """How far each row moves at all: logarithms of its standard deviation. In quantiles alone, rows far below the
    others, such as those between the partials of a clarinet, are too easily left still."""

    def __init__(self, target: Tensor) -> None:
        self._target = self._levels(target[None])

    def _levels(self, grids: Tensor) -> Tensor:
        rows = grids.permute(1, 0, 2).flatten(1)
        return (rows.var(dim=1) + _STILL_POWER).log() / 2

    def __call__(self, grids: Tensor) -> Tensor:
        return (self._levels(grids) - self._target).abs().mean()


class Coherence:
    """Which rows move together: correlations between rows, after the Gram matrices of Gatys et al. (2015). Each side is
    centred and scaled by itself, so the term is bounded; scaled by the target it outweighed all others in a fresh
    culture, which then ran away."""

    def __init__(self, target: Tensor) -> None:
        self._target = self._matrix(target[None])

    def _matrix(self, grids: Tensor) -> Tensor:
        rows = grids.permute(1, 0, 2).flatten(1)
        rows = rows - rows.mean(dim=1, keepdim=True)
        rows = rows / (rows.square().mean(dim=1, keepdim=True) + _STILL_POWER).sqrt()
        matrix: Tensor = rows @ rows.T / rows.shape[1]
        return matrix

    def __call__(self, grids: Tensor) -> Tensor:
        return (self._matrix(grids) - self._target).abs().mean()


@dataclass(frozen=True)
class LossWeights:
    rows: float = 2.0
    sliced: float = 1.0
    modulation: float = 0.3
    coherence: float = 0.1
    spread: float = 0.1
    overflow: float = 1.0
    audio: float = 0.5


class TextureLoss:
    """All terms against one target."""

    def __init__(self, target: Tensor, n_frames: int, n_pooled: int, weights: LossWeights) -> None:
        self.weights = weights
        self._rows = RowQuantiles(target, n_pooled * n_frames)
        self._sliced = SlicedWasserstein(target, n_frames)
        self._modulation = Modulation(target, n_frames)
        self._coherence = Coherence(target)
        self._spread = Spread(target)

    def __call__(self, grids: Tensor, pooled: Tensor, draw: torch.Generator) -> Tensor:
        """Loss of `grids` (B, M, T) together with detached `pooled` (E, M, T)."""
        together = torch.cat([grids, pooled])
        # Only the batch's share of a pooled statistic can move; its gradient is evened out over pool sizes.
        share = math.sqrt(len(together) / len(grids))
        w = self.weights
        return (
            share * (w.rows * self._rows(together) + w.sliced * self._sliced(grids, pooled, draw))
            + w.modulation * self._modulation(together)
            + w.coherence * self._coherence(together)
            + share * w.spread * self._spread(together)
        )
