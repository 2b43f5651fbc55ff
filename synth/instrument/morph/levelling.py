"""Keeps a morph as loud as the two presets are alone.

A blend of two spectra is quieter than either: where one has its peaks the other has none, and decibels average. So the
power of all columns is estimated as it will be heard, each preset's in units of what it was trained on, and the gain
makes up for what is missing. Axes: `M` mel bands, `T` frames.
"""

import math

import numpy as np
import torch
from torch import Tensor

from synth.loudness import k_weighting
from synth.mel import band_centres_hz, band_edges_hz, log_mel_from_grid
from synth.presets.model import Preset

_MOST, _LEAST = 10 ** (12 / 20), 10 ** (-6 / 20)
_EDGE = 16.0
"""Within 1 / so much of either end the gain goes back to 1: there a preset is alone, and its swells are its own."""
_GLIDE_FRAMES = 20.0
_SETTLED = 1e-4
_SILENT = 1e-4
Curve = tuple[float, ...]
"""By how many dB a power is above what columns say, at evenly spaced shares from 0 to 1."""


def second_power(share: Tensor) -> Tensor:
    """The second preset's part of the power at these shares: its amplitude rises from 0 in a straight line."""
    return (share * (math.pi / 2)).sin().square()


class Weights:
    """How loud one preset's rows are, relative to the levels that its rule was trained on: what it grew to at one
    moment was up to 1.2 dB away from the mean of 1200 steps of six presets, these levels up to 0.3."""

    def __init__(self, preset: Preset) -> None:
        hz, edges = band_centres_hz(preset.mel).double(), band_edges_hz(preset.mel)
        power = torch.from_numpy(k_weighting(hz.numpy())) * (edges[2:] - edges[:-2])
        self._reference_db = preset.reference_db
        columns = log_mel_from_grid(preset.quantiles, preset.reference_db).double()
        usual = float((power[:, None] * (2 * columns).exp()).sum(0).mean())
        self._offsets = (0.5 * (power / max(usual, 1e-20)).log()).float()[:, None]

    def levels(self, grid: Tensor) -> Tensor:
        """Log levels of all cells of a grid (M, T): the mean over columns of the sum of their squares is about 1."""
        return log_mel_from_grid(grid, self._reference_db) + self._offsets


def estimated_power(first: Tensor, second: Tensor, share: Tensor, *, apart: bool, curve: Curve | None = None) -> float:
    """Mean power of columns with these log levels (M, T) and shares (M, T); the two add up as power where they are
    played `apart`, which `curve` puts right, and are one blended column where they are not."""
    if apart:
        power = second_power(share)
        cells = (1 - power) * (2 * first).exp() + power * (2 * second).exp()
    else:
        cells = (2 * first.lerp(second, share)).exp()
    if curve is not None:
        cells = cells * _put_right(share, curve)
    return float(cells.sum(0).mean())


def _put_right(share: Tensor, curve: Curve) -> Tensor:
    """Factors of cells' power by their shares (M, T), in straight lines between the curve's places."""
    factors = torch.tensor([10 ** (each / 10) for each in curve])
    place = share * (len(curve) - 1)
    low = place.floor().clamp(max=len(curve) - 2)
    before, after = factors[low.long()], factors[low.long() + 1]
    return before.lerp(after, place - low)


def at_share(curve: Curve, share: float) -> float:
    """A curve's decibels at one share."""
    return float(np.interp(share * (len(curve) - 1), np.arange(len(curve)), curve))


def wanted_gain(power: float, mean_share: float) -> float:
    """The gain that makes up for a power that should be 1, at a mean share of the map."""
    amount = min(1.0, _EDGE * mean_share, _EDGE * (1 - mean_share))
    if amount <= 0 or not power > _SILENT:
        return 1.0
    return float(min(max(1 / math.sqrt(power), _LEAST), _MOST) ** amount)


def glided(now: float, wanted: float) -> float:
    """The gain one frame later."""
    way = wanted - now
    return wanted if abs(way) < _SETTLED else now + way / _GLIDE_FRAMES
