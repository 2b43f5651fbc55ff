"""What of a steady partial is measured in the mel rows beside its own: the window's lobes, which no sound can be
without.

Axes: `P` partials, `M` mel bands, `K` bins.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from synth.mel import MelFormat, filterbank

_PLACES_IN_BIN = (-0.1, -0.05, 0.0, 0.05, 0.1)
"""Bins. Between a window's lobes there is nothing, where no partial that fades or sways ever stays."""
_SILENT = 1e-12


def leak_db(partials_hz: Sequence[float], fmt: MelFormat) -> Tensor:
    """Level in row m of a partial whose own row is p, of its level there: (M, M) float32, −inf where row p has none.

    Of several partials of one row the one that leaks least counts: which of them is the loudest is not known.
    """
    bank = filterbank(fmt)
    leaks = torch.full((len(bank), len(bank)), -math.inf)
    bins = torch.arange(bank.shape[1], dtype=torch.float64)
    for hz in partials_hz:
        at = hz * fmt.n_fft / fmt.rate_hz
        rows = torch.stack([bank @ _hann_lobes(bins - at - place, fmt.win) for place in _PLACES_IN_BIN])
        level = 20 * torch.log10(rows.square().mean(dim=0).sqrt() + _SILENT)
        own = int(level.argmax())
        leak = (level - level[own]).float()
        leaks[:, own] = leak if leaks[own, own].isinf() else torch.minimum(leaks[:, own], leak)
    return leaks


def _hann_lobes(offset: Tensor, length: int) -> Tensor:
    """Magnitude of the transform of a periodic Hann window `offset` bins from its middle, 1 there: three Dirichlet
    kernels (Harris, "On the Use of Windows for Harmonic Analysis", 1978)."""

    def dirichlet(x: Tensor) -> Tensor:
        below = length * torch.sin(math.pi * x / length)
        return torch.where(below.abs() < 1e-9, torch.ones_like(x), torch.sin(math.pi * x) / below)

    # About the window's middle the two outer kernels have the sign of the inner one.
    return (dirichlet(offset) + 0.5 * (dirichlet(offset - 1) + dirichlet(offset + 1))).abs()
