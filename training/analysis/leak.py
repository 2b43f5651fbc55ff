"""What of a sound in one mel row is measured in the others: the window's lobes, which nothing that lasts is without.

Axes: `M` mel bands.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from synth.mel import MelFormat, filterbank

_PLACES_IN_BIN = (-0.1, -0.05, 0.0, 0.05, 0.1)
"""Bins. Between a window's lobes there is nothing, where no partial that fades or sways ever stays."""
_NOISE_STEP = 0.25
_SILENT = 1e-12


def leak_db(partials_hz: Sequence[float], fmt: MelFormat) -> Tensor:
    """Level in row m of what sounds in row p, of its level there: (M, M) float32.

    Of several partials of one row the one that leaks least counts, for which of them is the loudest is not known; a row
    without any holds noise.
    """
    leaks, taken = _noise_leak_db(fmt).clone(), set[int]()
    for hz in partials_hz:
        at = hz * fmt.n_fft / fmt.rate_hz
        level = _level_db(torch.stack([_response(at + place, fmt) for place in _PLACES_IN_BIN]))
        own = int(level.argmax())
        leak = level - level[own]
        leaks[:, own] = torch.minimum(leaks[:, own], leak) if own in taken else leak
        taken.add(own)
    return leaks


@lru_cache(maxsize=4)
def _noise_leak_db(fmt: MelFormat) -> Tensor:
    """`leak_db` of noise that fills each row's own frequencies: where no other row is louder."""
    n_bins = fmt.fmax_hz * fmt.n_fft / fmt.rate_hz
    rows = torch.stack([_response(at, fmt) for at in torch.arange(0, n_bins, _NOISE_STEP).tolist()])
    own = rows.argmax(dim=1)
    levels = torch.stack([_level_db(rows[own == p]) for p in range(fmt.n_mels)], dim=1)
    return levels - levels.diagonal()


def _response(at: float, fmt: MelFormat) -> Tensor:
    """Magnitude in each row of a steady tone `at` so many bins, (M,)."""
    bank = filterbank(fmt)
    return bank @ _hann_lobes(torch.arange(bank.shape[1], dtype=torch.float64) - at, fmt.win)


def _level_db(magnitudes: Tensor) -> Tensor:
    """Level of the mean power of (n, M), (M,) float32."""
    return (20 * torch.log10(magnitudes.square().mean(dim=0).sqrt() + _SILENT)).float()


def _hann_lobes(offset: Tensor, length: int) -> Tensor:
    """Magnitude of the transform of a periodic Hann window `offset` bins from its middle, 1 there: three Dirichlet
    kernels (Harris, "On the Use of Windows for Harmonic Analysis", 1978)."""

    def dirichlet(x: Tensor) -> Tensor:
        below = length * torch.sin(math.pi * x / length)
        return torch.where(below.abs() < 1e-9, torch.ones_like(x), torch.sin(math.pi * x) / below)

    # About the window's middle the two outer kernels have the sign of the inner one.
    return (dirichlet(offset) + 0.5 * (dirichlet(offset - 1) + dirichlet(offset + 1))).abs()
