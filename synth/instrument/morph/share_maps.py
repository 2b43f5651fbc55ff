"""How much of each cell the second preset has, by the knob and the map.

Every map goes from nothing at 0 to everything at 1, and no cell ever goes back while the knob goes up. A map is a
field of turns: a cell whose turn is 0 goes over first, one whose turn is 1 last. Axes: `M` mel bands, `T` frames.
"""

from functools import lru_cache
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from synth.random_streams import Stream, normal

MapName = Literal["uniform", "left–right", "low–high", "brush", "noise", "activity"]
MAPS: tuple[MapName, ...] = get_args(MapName)
_EDGE = 0.25
"""Part of the knob's way within which one cell goes over: maps have soft edges."""
_SEAM_FRAMES = 12
"""The loop's end and beginning lie side by side: within so many frames the last turn becomes the first."""
_PATCH, _NEIGHBOURS = 9, 2
"""How far noise and activity are averaged, three times: patches of noise are as large as in the blends that
`training.studies.siblings` grew, and no cell stands out of its neighbours."""


def share_of(knob: float, turns: Tensor) -> Tensor:
    """Shares 0 … 1 of cells with these turns (M, T)."""
    ramp = ((knob * (1 + _EDGE) - turns) / _EDGE).clamp(0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def painted_share(knob: float, painted: Tensor) -> Tensor:
    """Shares where the brush has been: exactly what was `painted` (M, T) with the knob in the middle, less of it below
    and more above."""
    return (painted + (2 * knob - 1)).clamp(0, 1)


def active_turns(activity: Tensor) -> Tensor:
    """Turns of cells that change so much (M, T): those that change most come first."""
    if not bool(activity.any()):
        return torch.full_like(activity, 0.5)
    return 1 - _ranked(_smooth(activity, _NEIGHBOURS))


@lru_cache(maxsize=16)
def still_turns(name: MapName, n_mels: int, n_frames: int) -> Tensor:
    """Turns of a map that depends on the place alone, (M, T), never written to."""
    if name == "left–right":
        seam = min(_SEAM_FRAMES, n_frames // 4)
        up = torch.linspace(0, 1, n_frames - seam)
        down = torch.linspace(1, 0, seam + 2)[1:-1]
        return torch.cat([up, down])[None].expand(n_mels, -1).contiguous()
    if name == "low–high":
        return torch.linspace(0, 1, n_mels)[:, None].expand(-1, n_frames).contiguous()
    return _ranked(_smooth(normal(0, Stream.MORPH, 0, (n_mels, n_frames)), min(_PATCH, n_frames // 4)))


def _smooth(field: Tensor, reach: int) -> Tensor:
    """(M, T) averaged three times over cells up to `reach` away: circular in time, the outer rows repeated."""
    for _ in range(3):
        wide = F.pad(field[None, None], (reach, reach, 0, 0), mode="circular")
        wide = F.pad(wide, (0, 0, reach, reach), mode="replicate")
        field = F.avg_pool2d(wide, 2 * reach + 1, stride=1)[0, 0]
    return field


def _ranked(field: Tensor) -> Tensor:
    """0 for the smallest value … 1 for the largest, so that as many cells go over in each part of the knob's way."""
    order = field.flatten().argsort(stable=True)
    turns = torch.empty(field.numel())
    turns[order] = torch.linspace(0, 1, field.numel())
    return turns.view_as(field)
