"""What a training child says, line by line: JSON is understood or it is no message.

Axes: `M` mel bands, `T` frames.
"""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from synth.mel import GRID_MAX, GRID_MIN

_MOST_CELLS = 1 << 18


@dataclass(frozen=True)
class News:
    """Progress, a checkpoint, the end."""

    event: Literal["progress", "checkpoint", "done", "error"]
    iteration: int = 0
    eta_s: float = math.nan
    loss: float = math.nan
    ltas_db: float = math.nan
    message: str = ""
    share: float = math.nan
    """How much of it is done, 0 … 1."""


@dataclass(frozen=True)
class Picture:
    """The recording as it is to be grown, or a culture in training."""

    event: Literal["target", "culture"]
    iteration: int
    grid: NDArray[np.float32]
    """(M, T) grid values."""


@dataclass(frozen=True)
class Planned:
    """What would be learned; twice: the region first, pitch and partials when they are measured."""

    region_s: tuple[float, float]
    duration_s: float
    decay: bool
    ltas_floor_db: float
    root_hz: float | None
    """None until it is measured; 0 for what has no pitch."""
    n_partials: int | None
    remarks: tuple[str, ...]


Message = News | Picture | Planned


def understood(line: bytes) -> Message | None:
    """The message in a line, None for anything else a program may print."""
    if not line.startswith(b"{"):
        return None
    try:
        said = json.loads(line)
        match said.get("event"):
            case "progress" | "checkpoint" | "done" | "error":
                return _news(said)
            case "target" | "culture":
                return _picture(said)
            case "plan":
                return _planned(said)
            case _:
                return None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        return None


def _news(said: dict[str, Any]) -> News:
    return News(
        said["event"],
        int(said["iteration"] or 0),
        _number(said["eta_s"]),
        _number(said["loss"]),
        _number(said["ltas_db"]),
        str(said["message"]),
        _number(said.get("share")),
    )


def _picture(said: dict[str, Any]) -> Picture:
    n_mels, n_frames = (int(n) for n in said["shape"])
    if min(n_mels, n_frames) < 1 or n_mels * n_frames > _MOST_CELLS:
        raise ValueError(said["shape"])
    cells = np.frombuffer(base64.b64decode(said["cells"], validate=True), np.uint8).reshape(n_mels, n_frames)
    grid = GRID_MIN + cells.astype(np.float32) * np.float32((GRID_MAX - GRID_MIN) / 255)
    return Picture(said["event"], int(said["iteration"]), grid)


def _planned(said: dict[str, Any]) -> Planned:
    start, end = (float(second) for second in said["region_s"])
    root, partials = said["root_hz"], said["partials"]
    if not (0 <= start < end < math.inf):
        raise ValueError(said["region_s"])
    return Planned(
        (start, end),
        float(said["duration_s"]),
        bool(said["decay"]),
        _number(said["ltas_floor_db"]),
        None if root is None else float(root),
        None if partials is None else int(partials),
        tuple(str(remark) for remark in cast("list[object]", said["remarks"])),
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
