"""What the hearing heads get from the grid: log-mel columns, tilted, and bounded in level.

Axes: `V` voices, `M` mel bands, `T` frames.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.automaton.scripted import scripted
from synth.instrument.reading.playhead import Place
from synth.instrument.reading.tilt import Tilt, turned
from synth.instrument.voices.bank_frame import BankFrame
from synth.instrument.voices.key_follow import moved_rows
from synth.mel import (
    GRID_MAX,
    GRID_MIN,
    GRID_SCALE,
    LOG_MEL_FLOOR,
    GridScale,
    band_edges_hz,
    heard_as,
    log_mel_from_grid,
)
from synth.presets.model import Preset


@dataclass(frozen=True)
class Columns:
    """What the voices of one frame read."""

    now: Tensor
    """(V, 2, M) log-mel."""
    lead: Tensor | None
    """(V, 2, M, 2): likewise in the two frames before, as a note's beginning has them; None where they are as now."""
    air: Tensor | None = None
    """(V, H) nepers by which high bands are louder than the columns say; None where they are not."""

    def path(self, voice: int) -> Tensor:
        """(2, M, 3) a voice's columns in the two frames before and now."""
        now = self.now[voice, :, :, None]
        return now.expand(-1, -1, 3) if self.lead is None else torch.cat([self.lead[voice], now], dim=2)


class Reader:
    """Reads one preset's cultures; its tilt glides by frames."""

    def __init__(self, preset: Preset, tilt_db: float) -> None:
        self._reference_db, self._format = preset.reference_db, preset.mel
        edges = band_edges_hz(preset.mel).float()
        self._bandwidths = edges[2:] - edges[:-2]
        self._grown = log_mel_from_grid(preset.state[0].T, preset.reference_db)
        self._tilt = Tilt(preset, self._grown, tilt_db)
        self._most_power = self._most_power_now()

    def advance(self, tilt_db: float, more_db: float = 0.0) -> None:
        """Move on by one frame, to a tilt that glides and what routes add to it."""
        if self._tilt.advance(tilt_db, more_db):
            self._most_power = self._most_power_now()

    @property
    def tilt_db(self) -> float:
        """Tilt as it is now, in dB per octave."""
        return self._tilt.now

    @property
    def air(self) -> Tensor | None:
        """By how much the high bands of what `read` reads are louder than it says, (H,) nepers; None: not at all."""
        return self._tilt.air

    def jump(self, tilt_db: float) -> None:
        """Be tilted so much at once."""
        self._tilt.jump(tilt_db)
        self._most_power = self._most_power_now()

    def follow(self, other: "Reader") -> None:
        """Be tilted as another one is now, at once."""
        if self._tilt.follow(other._tilt):
            self._most_power = self._most_power_now()

    def read(self, grid: Tensor, place: Place) -> Tensor:
        """Log-mel columns heard left and right, (2, M), of `grid` (M, T)."""
        readings = place.readings()
        return _columns(
            grid,
            [r.side for r in readings],
            [r.position for r in readings],
            [r.weight for r in readings],
            self._reference_db,
            self._tilt.offsets,
            self._bandwidths,
            self._most_power,
            GRID_SCALE,
        )

    def read_voices(
        self,
        grid: Tensor,
        place: Place,
        frame: BankFrame,
        ratios: NDArray[np.float64],
        mixed: Callable[[Tensor, BankFrame, Place], Tensor] | None = None,
    ) -> Columns:
        """Log-mel columns of the voices of one frame, each where it reads, tilted and with its contour.

        `ratios` (V,) say how far rows move with the key: of a sound that has no pitch. `mixed` takes grid columns
        (V, 2, M) to those with what notes have grown for themselves.
        """
        distance = torch.from_numpy(frame.distance)
        columns = grid.T.clamp(GRID_MIN, GRID_MAX).contiguous()
        heard = torch.zeros(len(distance), 2, grid.shape[0])
        for reading in place.readings():
            position = distance + reading.position
            low = position.floor()
            before, after = (columns[(low.long() + i) % grid.shape[1]] for i in (0, 1))
            heard[:, reading.side] += reading.weight * before.lerp(after, (position - low)[:, None].float())
        if mixed is not None:
            heard = mixed(heard, frame, place)
        mel = turned(log_mel_from_grid(heard, self._reference_db), self._tilt.offsets)
        mel = self._bounded(mel)
        mel = torch.from_numpy(moved_rows(mel.numpy(), ratios, self._format)).clamp(min=LOG_MEL_FLOOR)
        # What a voice is tilted beside the instrument is left to its columns: notes sound as they always did.
        air = None if self.air is None else self.air.expand(len(mel), -1)
        if frame.tilt_db.any():
            mel = turned(mel, self._tilt.beside(torch.from_numpy(frame.tilt_db))[:, None])
        contour = torch.from_numpy(frame.contour).float()
        lead, moves = frame.lead, bool(frame.contour.any())
        if lead is not None and not moves and not lead.any():
            lead = None
        # What is silent stays silent.
        now = turned(mel, contour[:, None]).clamp(min=LOG_MEL_FLOOR) if moves or lead is not None else mel
        if lead is None:
            return Columns(now, None, air)
        before = turned(mel[:, :, None], torch.from_numpy(lead).float()[:, None]).clamp(min=LOG_MEL_FLOOR)
        return Columns(now, before.transpose(2, 3), air)

    def power(self, columns: Tensor) -> Tensor:
        """About how loud columns (..., M) will be, (...), relative to the grown culture's mean as it is tilted now."""
        return _power(columns, self._bandwidths) / self._usual_power

    def _bounded(self, mel: Tensor) -> Tensor:
        """No column louder than the loudest of the grown culture."""
        excess = torch.log(_power(mel, self._bandwidths) / self._most_power) / 2
        return (mel - excess.clamp(min=0)[..., None]).clamp(min=LOG_MEL_FLOOR)

    def _most_power_now(self) -> Tensor:
        """Of the loudest column of the grown culture: what is louder than that was painted."""
        powers = _power(turned(self._grown, self._tilt.offsets), self._bandwidths)
        self._usual_power = powers.mean()
        return torch.maximum(powers.max(), 2 * powers.mean())


def _power(mel: Tensor, bandwidths: Tensor) -> Tensor:
    """About how loud columns (..., M) will be, as power in arbitrary units, (...): mel is power per bandwidth."""
    return (mel.exp().square() * bandwidths).sum(-1).clamp(min=1e-20)


@scripted
def _columns(
    grid: Tensor,
    sides: list[int],
    positions: list[float],
    weights: list[float],
    reference_db: float,
    offsets: Tensor | None,
    bandwidths: Tensor,
    most_power: Tensor,
    scale: GridScale,
) -> Tensor:
    """Between columns and between places, grid values mix."""
    M, T = grid.shape
    heard = torch.zeros(2, M)
    for side, position, weight in zip(sides, positions, weights):  # noqa: B905  TorchScript's zip has no `strict`.
        low = math.floor(position)
        before = grid[:, low % T].clamp(scale.lowest, scale.highest)
        after = grid[:, (low + 1) % T].clamp(scale.lowest, scale.highest)
        heard[side] += weight * before.lerp(after, position - low)
    mel = turned(heard_as(heard, reference_db, scale), offsets, scale.floor)
    # A block painted at full level would be 20 dB louder than the recording ever was; noise and tones of the same
    # mel differ in power, so the estimate keeps it to about 10.
    excess = torch.log(_power(mel, bandwidths) / most_power) / 2
    return (mel - excess.clamp(min=0)[:, None]).clamp(min=scale.floor)
