"""How a value follows its control: by a fixed share of the way per frame, so that it does not depend on block size."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Glide:
    """Where the value is belongs to whoever glides: it is part of the instrument's state."""

    frames: float
    """Time constant: the part of the way that is left is divided by this in each frame."""
    settled: float = 0.0
    """A value closer than this to its target has arrived."""

    def toward(self, now: float, target: float) -> float:
        """Where it is one frame later."""
        way = target - now
        return target if abs(way) < self.settled else now + way / self.frames

    def around(self, now: float, target: float, loop: float) -> float:
        """The same on a circle of length `loop`, by the short way; the result may lie outside 0 … `loop`."""
        return now + ((target - now + loop / 2) % loop - loop / 2) / self.frames


def frames_of(smoothing_s: float, frames_per_second: float) -> float:
    """A time constant in whole frames, at least one."""
    return float(max(1, round(smoothing_s * frames_per_second)))
