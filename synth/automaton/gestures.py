"""What a hand does to the culture: erase, paint, noise, reseed, freeze, thaw, hold.

A gesture touches a patch of cells, circular in time. A wound (erase, paint, noise) rests for one loop before its
cells wake and heal, so that it is heard wherever it was made; a hand that stays on it holds it, so that it begins its
rest anew. A reseeded region grows back at once. A frozen cell stays
as it is, still heard, until it is thawed or reseeded; the hand may change it.
Axes: `C` channels, `M` mel bands, `T` frames.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from synth.automaton.paint import PAINT_LEVEL, ColumnLoudness
from synth.automaton.rules import seed_cells
from synth.automaton.scripted import scripted
from synth.errors import UsageError
from synth.random_streams import Stream, uniform

GestureKind = Literal["erase", "paint", "noise", "reseed", "freeze", "thaw", "hold"]
GESTURE_KINDS: tuple[GestureKind, ...] = get_args(GestureKind)
PASSING_KINDS: tuple[GestureKind, ...] = ("erase", "paint", "noise", "reseed")
"""Those a culture recovers from by itself."""
RESTING_KINDS: tuple[GestureKind, ...] = ("erase", "paint", "noise")
"""Those whose cells rest before they heal, and stay as they are while a hand holds them."""
Shape = Literal["round", "stripe", "line"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

WAKE_STEPS = 64
"""Steps over which resting cells come back to full activity."""
_EDGE = 0.25
"""Outer part of the radius over which a gesture fades out, so that no wound has an audible edge."""


@dataclass(frozen=True)
class Gesture:
    """One touch. The default is a wound 0.5 s wide over 24 rows."""

    kind: GestureKind
    column: float
    """Centre, in frames of the culture."""
    row: float
    """Centre, in mel rows from the lowest."""
    radius_frames: float = 22.0
    radius_rows: float = 12.0
    strength: float = 1.0
    """How far cells go: 0 leaves them, 1 replaces them; of a freeze, how firmly it holds."""
    shape: Shape = "round"
    """A stripe reaches over all pitches, a line over all of time."""
    loudest_lu: float | None = None
    """Paint makes no column louder than so much above the culture's usual one; None: as loud as it is."""

    def __post_init__(self) -> None:
        if self.kind not in GESTURE_KINDS:
            raise UsageError(f"There is no gesture “{self.kind}”: choose {', '.join(GESTURE_KINDS)}.")
        if self.shape not in SHAPES:
            raise UsageError(f"There is no brush shape “{self.shape}”: choose {', '.join(SHAPES)}.")
        if self.loudest_lu is not None and not 0 <= self.loudest_lu <= 100:
            raise UsageError(f"Paint cannot be {self.loudest_lu:g} LU louder at most: choose loudest_lu from 0 to 100.")
        if not (self.radius_frames > 0 and self.radius_rows > 0 and 0 <= self.strength <= 1):
            raise UsageError(
                f"A gesture needs radii above 0 and a strength from 0 to 1, not {self.radius_frames:g} frames, "
                f"{self.radius_rows:g} rows, strength {self.strength:g}."
            )

    def share_of(self, n_mels: int, n_frames: int) -> float:
        """The part of the grid it reaches, 0 … 1, which is what it costs."""
        along = 1.0 if self.shape == "line" else min(1.0, 2 * self.radius_frames / n_frames)
        across = 1.0 if self.shape == "stripe" else min(1.0, 2 * self.radius_rows / n_mels)
        return along * across


def footprint(gesture: Gesture, n_mels: int, n_frames: int) -> Tensor:
    """How strongly each cell is touched, (M, T) in 0 … 1: flat inside, a smooth edge."""
    place = gesture.column, gesture.row, gesture.radius_frames, gesture.radius_rows, gesture.shape
    return _footprint(*place, n_mels, n_frames, _EDGE)


@scripted
def _footprint(
    column: float,
    row: float,
    radius_frames: float,
    radius_rows: float,
    shape: str,
    n_mels: int,
    n_frames: int,
    edge: float,
) -> Tensor:
    dt = torch.arange(n_frames) - column % n_frames
    dt = torch.minimum(dt.abs(), n_frames - dt.abs()) / radius_frames
    df = (torch.arange(n_mels) - row) / radius_rows
    if shape == "stripe":
        df = torch.zeros_like(df)
    elif shape == "line":
        dt = torch.zeros_like(dt)
    # A superellipse: corners of the touched box belong to it, as a brush's do.
    distance = (dt[None] ** 4 + df[:, None] ** 4) ** 0.25
    ramp = ((1 + edge / 2 - distance) / edge).clamp(0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def apply_freeze(frozen: Tensor, gesture: Gesture) -> None:
    """Change `frozen` (M, T), how firmly each cell is held in 0 … 1, in place; other gestures than these leave it."""
    if gesture.kind not in ("freeze", "thaw", "reseed"):
        return
    weight = (footprint(gesture, *frozen.shape) * gesture.strength).to(frozen.device)
    if gesture.kind == "freeze":
        torch.maximum(frozen, weight, out=frozen)
    else:
        torch.minimum(frozen, 1 - weight, out=frozen)


def apply_gesture(
    state: Tensor,
    rest: Tensor,
    gesture: Gesture,
    seed: int,
    serial: int,
    loop_steps: int,
    loudness: ColumnLoudness | None = None,
) -> None:
    """Change `state` (C, M, T) and `rest` (M, T), the steps until each cell is fully awake, in place.

    `serial` counts gestures, so equal gestures differ in their noise but a replay does not. `loudness` is what a
    gesture's `loudest_lu` is measured by.
    """
    if gesture.kind in ("freeze", "thaw"):
        return
    C, M, T = state.shape
    touch = footprint(gesture, M, T)
    if gesture.kind == "hold":
        held = (touch.to(rest.device) > 0.05) & (rest > 0)
        rest[held] = float(loop_steps + WAKE_STEPS)
        return
    # Only where it reaches, a tenth of the grid for the default brush, and in the order of a culture's memory: a quick
    # stroke is many gestures at once, of brushes as large as the grid (4.2 ms when indexed cell by cell, now 2.1).
    first, last, columns = _reach(touch)
    if not len(columns):
        return
    touch = touch[first:last].index_select(1, columns)
    noise = uniform(seed, Stream.GESTURE, serial, (*touch.shape, C))
    device = state.device
    paint = torch.tensor(PAINT_LEVEL)
    if gesture.kind == "paint" and gesture.loudest_lu is not None and loudness is not None:
        weight = touch * gesture.strength
        paint = loudness.paint_level(state[0].cpu(), first, columns, weight, gesture.loudest_lu).to(device)
    weight, columns, noise = (touch * gesture.strength).to(device), columns.to(device), noise.to(device)
    if gesture.kind in ("erase", "reseed"):
        target = seed_cells(noise.permute(2, 0, 1)).permute(1, 2, 0)
    elif gesture.kind == "paint":
        target = noise * 0.05
        target[..., 0] += paint
    else:
        target = noise
    rest_steps = 0 if gesture.kind == "reseed" else loop_steps + WAKE_STEPS
    _change(state, rest, first, last, columns, weight, target, gesture.kind == "noise", rest_steps)


@scripted
def _reach(touch: Tensor) -> tuple[int, int, Tensor]:
    """First row and the one after the last, and the columns, of what is touched; no columns for nothing."""
    rows, columns = touch.any(1).nonzero()[:, 0], touch.any(0).nonzero()[:, 0]
    if len(rows) == 0:
        return 0, 0, columns
    return int(rows[0].item()), int(rows[-1].item()) + 1, columns


@scripted
def _change(
    state: Tensor,
    rest: Tensor,
    first: int,
    last: int,
    columns: Tensor,
    weight: Tensor,
    target: Tensor,
    added: bool,
    rest_steps: int,
) -> None:
    """Move cells in rows `first` … `last` of some columns towards `target` (m, t, C), or by it when it is `added`, by
    `weight` (m, t); they rest `rest_steps`, or wake when that is 0."""
    cells = state.permute(1, 2, 0)[first:last]
    touched = cells.index_select(1, columns)
    if added:
        target = touched + target
    cells.index_copy_(1, columns, touched.lerp(target, weight[..., None].expand_as(touched)))
    resting = rest[first:last].index_select(1, columns)
    if rest_steps == 0:
        resting = torch.where(weight > 0, torch.zeros_like(resting), resting)
    else:
        resting = torch.maximum(resting, (weight > 0.05).to(rest.dtype) * rest_steps)
    rest[first:last].index_copy_(1, columns, resting)
