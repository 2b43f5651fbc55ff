"""The textured neural cellular automaton: perception and update rules.

After "Self-Organising Textures" (Niklasson et al., Distill 2021), on a mel spectrogram instead of an image. Channel 0
is heard. Axes: `B` batch, `C` channels, `M` mel bands (rows), `T` frames (circular), `K` weather fields, `H` hidden.
Tensors are (B, C, M, T) in channels-last memory, where a 1×1 convolution is one matrix product per step.
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RuleKind = Literal["live", "notebook"]

CHANNELS = 16
SEED_JITTER = 0.05
NOTEBOOK_STEPS = 96

_POSITION_HARMONICS = (1, 2, 4, 8, 16)


def position_code(n_mels: int) -> Tensor:
    """Where a row lies, (M, 11): f in 0 … 1 and sin/cos(πkf). It is what keeps a cell on its pitch: a slip of one
    row is 37 Hz below 1 kHz."""
    f = torch.linspace(0, 1, n_mels)
    waves = [wave(math.pi * k * f) for k in _POSITION_HARMONICS for wave in (torch.sin, torch.cos)]
    return torch.stack([f, *waves], dim=1)


def seed_cells(noise: Tensor) -> Tensor:
    """Cells before any growth from `noise` in [−1, 1), (..., C, M, T): silent but not identical."""
    cells = noise * SEED_JITTER
    cells.select(-3, 0).sub_(1.0)
    return cells


class LiveRule(nn.Module):
    """The rule made to be heard forever.

    Perception: identity, ∂f, ∂ff, and ∂t, ∂tt at each time dilation; circular in time, replicated in frequency. Row
    position and weather enter the first layer; the last starts at zero and has no bias; there is no living mask.
    """

    kind: RuleKind = "live"
    position: Tensor

    def __init__(
        self,
        n_mels: int,
        n_weather: int,
        channels: int = CHANNELS,
        hidden: int = 96,
        dilations: tuple[int, ...] = (1, 4),
    ) -> None:
        super().__init__()
        self.channels, self.dilations, self.n_weather = channels, dilations, n_weather
        self.register_buffer("position", position_code(n_mels), persistent=False)
        self.sense = nn.Conv2d(channels * (3 + 2 * len(dilations)), hidden, 1)
        self.place = nn.Linear(self.position.shape[1], hidden, bias=False)
        self.climate = nn.Conv2d(n_weather, hidden, 1, bias=False)
        self.act = nn.Conv2d(hidden, channels, 1, bias=False)
        nn.init.zeros_(self.act.weight)

    def perceive(self, grid: Tensor) -> Tensor:
        """(B, C, M, T) → (B, 7C, M, T) for two dilations."""
        above = torch.cat([grid[:, :, 1:], grid[:, :, -1:]], dim=2)
        below = torch.cat([grid[:, :, :1], grid[:, :, :-1]], dim=2)
        senses = [grid, (above - below) * 0.5, (above + below) * 0.5 - grid]
        for d in self.dilations:
            past, future = grid.roll(d, 3), grid.roll(-d, 3)
            senses += [(future - past) * 0.5, (future + past) * 0.5 - grid]
        return torch.cat(senses, dim=1)

    def row_bias(self) -> Tensor:
        """What position adds to the first layer, (H, M, 1)."""
        bias: Tensor = self.place(self.position)
        return bias.T[:, :, None]

    def forward(self, grid: Tensor, weather: Tensor, mask: Tensor) -> Tensor:
        """One step. `weather` (B, K, M, T); `mask` (B, 1, M, T) is 1 where a cell updates."""
        hidden = self.sense(self.perceive(grid)) + self.climate(weather) + self.row_bias()
        update: Tensor = self.act(torch.relu(hidden))
        return grid + update * mask


class NotebookRule(nn.Module):
    """Exactly the original notebook's rule: 64→128→64→16, alpha in channel 1 as a multiplicative living mask.

    It is stable for about the 96 steps it was trained on and is played only within them. Weather and update mask
    do not exist for it. Tensors (B, 16, M, T); circular in both axes.
    """

    kind: RuleKind = "notebook"
    kernels: Tensor

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.channels = channels
        sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        laplacian = torch.tensor([[1.0, 2.0, 1.0], [2.0, -12.0, 2.0], [1.0, 2.0, 1.0]])
        self.register_buffer("kernels", torch.stack([sobel, sobel.T, laplacian]), persistent=False)
        self.update_mlp = nn.Sequential(
            nn.Conv2d(channels * 4, 128, 1),
            nn.ReLU(),
            nn.Conv2d(128, 64, 1),
            nn.ReLU(),
            nn.Conv2d(64, channels, 1),
        )
        last = self.update_mlp[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        with torch.no_grad():
            last.bias[1] = 1.0

    def perceive(self, grid: Tensor) -> Tensor:
        """Identity, Sobel x, Sobel y, Laplacian: (B, C, M, T) → (B, 4C, M, T)."""
        padded = F.pad(grid, (1, 1, 1, 1), mode="circular")
        C = self.channels
        senses = [F.conv2d(padded, k.expand(C, 1, 3, 3), groups=C) for k in self.kernels]
        return torch.cat([grid, *senses], dim=1)

    def forward(self, grid: Tensor) -> Tensor:
        """One step: update, clamp alpha, multiply by the alpha of the fullest neighbour."""
        grid = grid + self.update_mlp(self.perceive(grid))
        alpha = grid[:, 1:2].clamp(0.0, 1.0)
        grid = torch.cat([grid[:, :1], alpha, grid[:, 2:]], dim=1)
        living = F.max_pool2d(F.pad(alpha, (1, 1, 1, 1), mode="circular"), 3, stride=1)
        return grid * living

    def seed(self, n_mels: int, n_frames: int, column: int | None = None) -> Tensor:
        """One alive cell in the middle row, (1, C, M, T)."""
        grid = torch.zeros(1, self.channels, n_mels, n_frames)
        grid[:, 1, n_mels // 2, n_frames // 2 if column is None else column] = 1.0
        return grid


Rule = LiveRule | NotebookRule


def folded_perception(rule: LiveRule) -> Tensor:
    """First-layer weights over shifted cells instead of over what is perceived, (H, 7C); differentiable.

    Perception is linear, so it folds into the first layer. Columns: centre, above, below, then past and future per
    dilation.
    """
    senses = torch.split(rule.sense.weight[:, :, 0, 0], rule.channels, dim=1)
    centre, d_f, d_ff = senses[:3]
    shifts = [centre - d_ff, (d_f + d_ff) / 2, (d_ff - d_f) / 2]
    for d_t, d_tt in zip(senses[3::2], senses[4::2], strict=True):
        shifts[0] = shifts[0] - d_tt
        shifts += [(d_tt - d_t) / 2, (d_t + d_tt) / 2]
    return torch.cat(shifts, dim=1)
