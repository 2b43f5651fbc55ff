"""The channels nobody hears, condensed for the eye: three directions in which a preset's cells differ most.

Axes: `C` channels, `M` mel bands, `T` frames.
"""

import torch
from torch import Tensor

N_DIRECTIONS = 3


class HiddenChannels:
    """Principal components of channels 1 … C−1 of a grown state: the same cells have the same colour for ever."""

    def __init__(self, state: Tensor) -> None:
        """`state` (C, M, T) is the preset's own, on the CPU."""
        hidden = state[1:].reshape(state.shape[0] - 1, -1).T.double()
        centred = hidden - hidden.mean(0)
        directions = torch.linalg.svd(centred.T @ centred)[0][:, :N_DIRECTIONS]
        # An eigenvector's sign is arbitrary: the largest part points up.
        directions = directions * directions.gather(0, directions.abs().argmax(0)[None]).sign()
        spread = (centred @ directions).std(0).clamp(min=1e-6)
        weights = directions / (2 * spread)
        self._weights = torch.cat([torch.zeros(1, N_DIRECTIONS), weights.float()])
        self._offset = -(hidden.mean(0) @ weights).float()

    def project(self, cells: Tensor) -> Tensor:
        """Cells (C, M, T) as (M, T, 3) in −1 … 1 on the CPU; two standard deviations reach 0.76."""
        flat = cells.permute(1, 2, 0)
        return torch.tanh(flat @ self._weights.to(cells) + self._offset.to(cells)).cpu()
