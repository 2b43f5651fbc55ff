"""What a training would learn, said before it begins: the region, and what is heard in it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.sound_files.reader import open_sound

if TYPE_CHECKING:
    from training.analysis.data import Target
    from training.analysis.partials import MeasuredPitch


@dataclass(frozen=True)
class Plan:
    """One region of one recording."""

    region_s: tuple[float, float]
    duration_s: float
    """Of the whole recording."""
    decay: bool
    """It fades, and that will be taken out of what is learned."""
    ltas_floor_db: float
    """LTAS error between the region's odd and even quarter-seconds: no culture can be judged more finely."""
    sentence: str
    remarks: tuple[str, ...]
    """What could be better about the recording."""
    root_hz: float = 0.0
    n_partials: int = 0
    complete: bool = False
    """False until pitch and partials are measured: that takes seconds."""

    def as_line(self) -> dict[str, Any]:
        """What is told to a program; pitch and partials are null until they are known."""
        return {
            "event": "plan",
            "region_s": [round(second, 4) for second in self.region_s],
            "duration_s": round(self.duration_s, 4),
            "decay": self.decay,
            "ltas_floor_db": round(self.ltas_floor_db, 3) if math.isfinite(self.ltas_floor_db) else None,
            "root_hz": round(self.root_hz, 3) if self.complete else None,
            "partials": self.n_partials if self.complete else None,
            "message": self.sentence,
            "remarks": list(self.remarks),
        }


def plan(path: Path, target: "Target", remarks: tuple[str, ...]) -> Iterator[Plan]:
    """The region at once; then again, complete, when pitch and partials are measured."""
    from training.analysis.metrics import FLOOR_MIN_DB, alternate_blocks, levels_db, ltas_error_db
    from training.analysis.partials import measure

    odd, even = alternate_blocks(levels_db(target.grid), target.fmt.frames_per_second)
    start, end = target.region_s
    with open_sound(path) as file:
        seconds = file.seconds
    first = Plan(
        target.region_s,
        seconds,
        target.decay is not None,
        max(FLOOR_MIN_DB, ltas_error_db(odd, even)),
        f"Learning {start:.2f} to {end:.2f} s.",
        remarks,
    )
    yield first
    pitch = measure(target.wave, target.rate_hz, target.fmt)
    yield replace(
        first,
        sentence=introduction(target, pitch),
        root_hz=pitch.root_hz,
        n_partials=len(pitch.partials.hz),
        complete=True,
    )


def introduction(target: "Target", pitch: "MeasuredPitch") -> str:
    """What is about to be learned, in a sentence."""
    start, end = target.region_s
    root = f"root {pitch.root_hz:.1f} Hz" if pitch.root_hz else "no pitch"
    decay = ", decay removed" if target.decay is not None else ""
    return f"Learning {start:.2f} to {end:.2f} s: {root}, {len(pitch.partials.hz)} partials{decay}."
