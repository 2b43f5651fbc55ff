"""The map of shares as it is now: it follows the knob and the chosen map, frame by frame.

All that it depends on is its state. Axes: `M` mel bands, `T` frames.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from synth.instrument.morph.share_maps import MAPS, active_turns, painted_share, share_of, still_turns
from synth.instrument.parameters.glide import frames_of
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.reading.playhead import Place

_SETTLED = 1e-3
"""A share closer than this to where it is going has arrived: both ends are reached, to the last bit."""
_LOOK_FRAMES = 8
"""Activity is the mean change of a cell within so many frames …"""
_ACTIVITY_LOOKS = 40.0
"""… over the latest 3.7 s."""


@dataclass(frozen=True)
class ShareState:
    """All that the map's future depends on; its tensors are never written to."""

    share: Tensor
    """(M, T) now."""
    painted: Tensor
    """(M, T) what the brush has left."""
    activity: Tensor
    """(M, T) by how much each cell has changed from look to look, on average."""
    looked: Tensor
    """(M, T) the grid at the last look."""
    age: int = 0
    """Frames since the morph began."""

    @classmethod
    def begun(cls, grid: Tensor) -> "ShareState":
        """All of it the first preset's; painted for half of everything."""
        none = torch.zeros_like(grid)
        return cls(none, torch.full_like(grid, 0.5), none, grid.clone())


class ShareMap:
    """Shares of one culture."""

    def __init__(self, grid: Tensor, frames_per_second: float) -> None:
        """`grid` (M, T) is what is heard now."""
        self.state = ShareState.begun(grid)
        self._frames = frames_of(PARAMETERS["morph"].smoothing_s, frames_per_second)
        self._settled: tuple[float, float] | None = None
        """The knob and the map that the shares have arrived at, where these say all."""
        self._turns: tuple[Tensor, Tensor] | None = None
        """Activity, and the turns that come of it."""
        self.mean = 0.0

    def restore(self, state: ShareState) -> None:
        """Be what was saved of a culture of the same size."""
        self.state, self._settled = state, None
        self.mean = float(state.share.mean())

    @property
    def share(self) -> Tensor:
        return self.state.share

    def advance(self, knob: float, chosen: float, grid: Tensor) -> bool:
        """A frame has passed, and `grid` (M, T) is heard now; True when a share has moved."""
        state = self.state
        if state.age % _LOOK_FRAMES == 0:
            change = (grid - state.looked).abs()
            state = replace(
                state, activity=state.activity + (change - state.activity) / _ACTIVITY_LOOKS, looked=grid.clone()
            )
        self.state = state = replace(state, age=state.age + 1)
        name = MAPS[int(chosen)]
        if (knob, chosen) == self._settled:
            return False
        match name:
            case "uniform":
                wanted = torch.full_like(state.share, knob)
            case "brush":
                wanted = painted_share(knob, state.painted)
            case "activity":
                wanted = share_of(knob, self._active_turns())
            case _:
                wanted = share_of(knob, still_turns(name, *state.share.shape))
        way = wanted - state.share
        moving = way.abs() >= _SETTLED
        share = torch.where(moving, state.share + way / self._frames, wanted)
        arrived = not bool(moving.any()) and (name != "activity" or knob in (0.0, 1.0))
        self._settled = (knob, chosen) if arrived else None
        moved = not torch.equal(share, state.share)
        self.state = replace(state, share=share)
        self.mean = float(share.mean())
        return moved

    def _active_turns(self) -> Tensor:
        """Reckoned anew after each look."""
        activity = self.state.activity
        if self._turns is None or self._turns[0] is not activity:
            self._turns = activity, active_turns(activity)
        return self._turns[1]

    def paint(self, towards: float, weight: Tensor) -> None:
        """Lead what is painted towards a share, by `weight` (M, T) of the way."""
        painted = self.state.painted.lerp(torch.full_like(weight, towards), weight)
        self.state, self._settled = replace(self.state, painted=painted), None

    def read(self, place: Place) -> Tensor:
        """Shares of what is heard left and right at a place, (2, M)."""
        share = self.share
        heard = torch.zeros(2, share.shape[0])
        for reading in place.readings():
            low = int(reading.position // 1)
            before, after = (share[:, (low + i) % share.shape[1]] for i in (0, 1))
            heard[reading.side] += reading.weight * before.lerp(after, reading.position - low)
        return heard.clamp(0, 1)

    def read_at(self, place: Place, distance: Tensor) -> Tensor:
        """The same for voices that read so far (V,) ahead of it, (V, 2, M)."""
        columns = self.share.T.contiguous()
        heard = torch.zeros(len(distance), 2, columns.shape[1])
        for reading in place.readings():
            position = distance + reading.position
            low = position.floor()
            before, after = (columns[(low.long() + i) % len(columns)] for i in (0, 1))
            heard[:, reading.side] += reading.weight * before.lerp(after, (position - low)[:, None].float())
        return heard.clamp(0, 1)
