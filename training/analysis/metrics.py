"""How alike and how alive: figures for a grown culture beside its target.

Everything works on levels in dB, (M, T): mel bands and frames, `heard` being what the playhead reads at normal speed,
one column per step. `training.evaluation.sound_metrics` measures the same from rendered sound without this module.
"""

import itertools
import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from synth.mel import GRID_MAX, GRID_MIN

FLOOR_MIN_DB = 0.5
SILENT_DB = -60.0
_DEAD_DB = 35.0
_QUANTILES = 256
_MODULATION_FRAMES = 128
_MODULATION_HZ = (0.7, 40.0)
_MODULATION_BANDS = 12
_PAIRS = 64


@dataclass(frozen=True)
class Metrics:
    """Figures of one culture; all dB unless they are ratios."""

    ltas_db: float
    row_w1_db: float
    row_w1_floor_db: float
    std_ratio: float
    motion_ratio: float
    loop_audibility: float
    modulation_db: float
    modulation_floor_db: float
    silent_rows_db: float

    @property
    def alive(self) -> bool:
        """Whether it makes a sound at all; a rule after a few iterations is dead or runs away."""
        return math.isfinite(self.ltas_db) and self.ltas_db < _DEAD_DB and 0 < self.std_ratio < math.inf

    @property
    def score(self) -> float:
        """One figure for choosing among checkpoints; lower is better, infinite for the dead."""
        if not self.alive:
            return math.inf
        life = abs(math.log2(self.std_ratio)) + max(0.0, math.log2(0.8 / max(self.motion_ratio, 1e-6)))
        above_floor = max(0.0, self.row_w1_db - self.row_w1_floor_db)
        return self.ltas_db + above_floor + 2 * life + 0.25 * self.modulation_db + 2 * max(0.0, self.loop_audibility)

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def levels_db(grid: Tensor) -> Tensor:
    """Grid values to dB below the reference, as heard."""
    return 40 * grid.clamp(GRID_MIN, GRID_MAX) - 40


def measure(heard: Tensor, target: Tensor, loop_frames: int, frames_per_second: float) -> Metrics:
    """All figures for `heard` (M, n) and `target` (M, T), both in dB."""
    odd, even = alternate_blocks(target, frames_per_second)
    if heard.shape[1] < 2 * loop_frames:
        raise ValueError(f"{heard.shape[1]} frames are too few to judge a loop of {loop_frames}")
    lag = loop_frames * (heard.shape[1] // (2 * loop_frames))
    return Metrics(
        ltas_db=ltas_error_db(heard, target),
        row_w1_db=row_w1_db(heard, target),
        row_w1_floor_db=max(FLOOR_MIN_DB, row_w1_db(odd, even)),
        std_ratio=float(heard.std(dim=1).mean() / target.std(dim=1).mean().clamp(min=1e-6)),
        motion_ratio=motion_db(heard, lag) / max(crop_motion_db(target), 1e-6),
        loop_audibility=loop_audibility(heard, loop_frames),
        modulation_db=modulation_distance_db(heard, target, frames_per_second),
        modulation_floor_db=max(FLOOR_MIN_DB, modulation_distance_db(*halves(target), frames_per_second)),
        silent_rows_db=silent_rows_db(heard, target),
    )


def alternate_blocks(target: Tensor, frames_per_second: float) -> tuple[Tensor, Tensor]:
    """Odd and even quarter-seconds of the target: how well it agrees with itself is a metric's noise floor."""
    block = torch.arange(target.shape[1]) // round(frames_per_second / 4) % 2
    return target[:, block == 0], target[:, block == 1]


def halves(target: Tensor) -> tuple[Tensor, Tensor]:
    """First and second half, for figures that need unbroken time."""
    middle = target.shape[1] // 2
    return target[:, :middle], target[:, middle:]


def ltas_error_db(a: Tensor, b: Tensor) -> float:
    """Difference of the long-time average spectra, mean over rows."""
    return float((a.mean(dim=1) - b.mean(dim=1)).abs().mean())


def row_w1_db(a: Tensor, b: Tensor) -> float:
    """1-D Wasserstein distance of each row's levels, mean over rows."""
    p = (torch.arange(_QUANTILES, dtype=a.dtype) + 0.5) / _QUANTILES
    return float((torch.quantile(a, p, dim=1) - torch.quantile(b, p, dim=1)).abs().mean())


def motion_db(heard: Tensor, lag: int) -> float:
    """How far a cell has moved after `lag` frames."""
    return float((heard[:, lag:] - heard[:, :-lag]).abs().mean())


def crop_motion_db(target: Tensor) -> float:
    """The same between random frames of the target."""
    source = torch.Generator().manual_seed(0)
    shuffled = [target[:, torch.randperm(target.shape[1], generator=source)] for _ in range(_PAIRS // 8)]
    return float(torch.stack([(target - s).abs().mean() for s in shuffled]).mean())


def loop_audibility(heard: Tensor, loop_frames: int) -> float:
    """Autocorrelation of mean-removed levels at the loop's length above its median over 0.5 … 1.5 loops."""
    moving = heard - heard.mean(dim=1, keepdim=True)
    n = moving.shape[1]
    spectrum = torch.fft.rfft(moving, n=2 * n, dim=1)
    correlation = torch.fft.irfft(spectrum.abs().square().sum(dim=0), n=2 * n)[:n]
    correlation = correlation / torch.arange(n, 0, -1)
    correlation = correlation / correlation[0].clamp(min=1e-9)
    around = correlation[loop_frames // 2 : loop_frames * 3 // 2]
    return float(correlation[loop_frames] - around.median())


def modulation_distance_db(a: Tensor, b: Tensor, frames_per_second: float) -> float:
    """Difference of row trajectories' spectra in bands of equal ratio, 0.7 … 40 Hz, mean over bands."""
    n = min(_MODULATION_FRAMES, a.shape[1], b.shape[1])
    return float((_modulation_db(a, n, frames_per_second) - _modulation_db(b, n, frames_per_second)).abs().mean())


def _modulation_db(levels: Tensor, n: int, frames_per_second: float) -> Tensor:
    crops = levels.unfold(1, n, max(1, n // 8))
    crops = (crops - crops.mean(dim=2, keepdim=True)) * torch.hann_window(n)
    power = torch.fft.rfft(crops, dim=2).abs().square().mean(dim=(0, 1))
    hz = torch.fft.rfftfreq(n, 1 / frames_per_second)
    edges = torch.logspace(math.log10(_MODULATION_HZ[0]), math.log10(_MODULATION_HZ[1]), _MODULATION_BANDS + 1)
    bands = []
    for low, high in itertools.pairwise(edges):
        inside = (hz >= low) & (hz < high)
        if inside.any():
            bands.append(power[inside].mean())
    return 10 * torch.stack(bands).clamp(min=1e-9).log10()


def silent_rows_db(heard: Tensor, target: Tensor) -> float:
    """How much louder than the target its silent rows are on average; 0 if there are none."""
    silent = target.mean(dim=1) < SILENT_DB
    if not silent.any():
        return 0.0
    return float((heard.mean(dim=1) - target.mean(dim=1))[silent].clamp(min=0).mean())
