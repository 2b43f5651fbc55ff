"""Mel formats and the grid scale.

Axes: `B` batch, `M` mel bands, `T` frames, `N` samples. The mel is BigVGAN's own (NVIDIA BigVGAN, `meldataset.py`):
reflect padding of (n_fft − hop)/2, uncentred STFT with a periodic Hann window, magnitude sqrt(re² + im² + 1e-9),
Slaney mel of the magnitude, ln(max(x, 1e-5)).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

DB_PER_NEPER = 20 / math.log(10)
LOG_MEL_FLOOR = math.log(1e-5)

GRID_MIN, GRID_MAX = -1.0, 1.1
"""Grid values are clamped to this range when they are heard."""
GRID_FADE = -0.98
"""Below this value a cell fades to silence; 0 dB spans 40 dB per grid unit."""


@dataclass(frozen=True)
class MelFormat:
    """How sound becomes a mel spectrogram; a preset carries one, a vocoder declares which it speaks."""

    rate_hz: int
    n_fft: int
    hop: int
    win: int
    n_mels: int
    fmin_hz: float
    fmax_hz: float

    @property
    def frames_per_second(self) -> float:
        return self.rate_hz / self.hop

    @property
    def name(self) -> str:
        """Short name of a known format, else a description."""
        for name, known in FORMATS.items():
            if known == self:
                return name
        return f"{self.rate_hz} Hz/{self.n_mels} bands/hop {self.hop}/{self.fmax_hz:g} Hz"


FORMATS: dict[str, MelFormat] = {
    "22k80": MelFormat(22050, 1024, 256, 1024, 80, 0.0, 8000.0),
    "44k128": MelFormat(44100, 2048, 512, 2048, 128, 0.0, 22050.0),
}

_SLANEY_HZ_PER_MEL = 200 / 3
_SLANEY_LOG_START_HZ = 1000.0
_SLANEY_LOG_STEP = math.log(6.4) / 27


def hz_to_mel(hz: Tensor) -> Tensor:
    """Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz, logarithmic above."""
    start = _SLANEY_LOG_START_HZ / _SLANEY_HZ_PER_MEL
    log = start + torch.log(hz.clamp(min=_SLANEY_LOG_START_HZ) / _SLANEY_LOG_START_HZ) / _SLANEY_LOG_STEP
    return torch.where(hz < _SLANEY_LOG_START_HZ, hz / _SLANEY_HZ_PER_MEL, log)


def mel_to_hz(mel: Tensor) -> Tensor:
    """Inverse of `hz_to_mel`."""
    start = _SLANEY_LOG_START_HZ / _SLANEY_HZ_PER_MEL
    log = _SLANEY_LOG_START_HZ * torch.exp(_SLANEY_LOG_STEP * (mel - start).clamp(min=0))
    return torch.where(mel < start, mel * _SLANEY_HZ_PER_MEL, log)


def band_edges_hz(fmt: MelFormat) -> Tensor:
    """Corner frequencies of the triangles, (M + 2,) float64: band m spans edges m … m + 2."""
    ends = hz_to_mel(torch.tensor([fmt.fmin_hz, fmt.fmax_hz], dtype=torch.float64))
    return mel_to_hz(torch.linspace(float(ends[0]), float(ends[1]), fmt.n_mels + 2, dtype=torch.float64))


def band_centres_hz(fmt: MelFormat) -> Tensor:
    """Centre frequency of each band, (M,) float64."""
    return band_edges_hz(fmt)[1:-1]


@lru_cache(maxsize=8)
def filterbank(fmt: MelFormat) -> Tensor:
    """Slaney-normalised triangles over STFT bins, (M, n_fft/2 + 1) float64; equals `librosa.filters.mel`."""
    edges = band_edges_hz(fmt)
    bins = torch.arange(fmt.n_fft // 2 + 1, dtype=torch.float64) * fmt.rate_hz / fmt.n_fft
    width = edges.diff()
    ramps = edges[:, None] - bins[None]
    lower, upper = -ramps[:-2] / width[:-1, None], ramps[2:] / width[1:, None]
    return torch.minimum(lower, upper).clamp(min=0) * (2 / (edges[2:] - edges[:-2]))[:, None]


def log_mel(wave: Tensor, fmt: MelFormat) -> Tensor:
    """Natural-log mel magnitude of `wave` (B, N) at `fmt.rate_hz`: (B, M, T) with T = N // hop."""
    pad = (fmt.n_fft - fmt.hop) // 2
    padded = F.pad(wave[:, None], (pad, pad), mode="reflect")[:, 0]
    window = torch.hann_window(fmt.win, dtype=wave.dtype, device=wave.device)
    spec = torch.stft(padded, fmt.n_fft, fmt.hop, fmt.win, window, center=False, onesided=True, return_complex=True)
    magnitude = torch.sqrt(spec.real**2 + spec.imag**2 + 1e-9)
    bands = filterbank(fmt).to(wave) @ magnitude
    return bands.clamp(min=1e-5).log()


def grid_from_log_mel(mel: Tensor, reference_db: float) -> Tensor:
    """Log-mel to grid values: 1 is `reference_db`, −1 is 80 dB below it and less."""
    return ((mel * DB_PER_NEPER - reference_db + 40) / 40).clamp(GRID_MIN, GRID_MAX)


class GridScale(NamedTuple):
    """How grid values are heard; a tuple, because compiled functions see no module's constants."""

    lowest: float = GRID_MIN
    highest: float = GRID_MAX
    fade: float = GRID_FADE
    db_per_neper: float = DB_PER_NEPER
    floor: float = LOG_MEL_FLOOR


GRID_SCALE = GridScale()


def log_mel_from_grid(grid: Tensor, reference_db: float) -> Tensor:
    """Grid values to log-mel as they are heard: clamped, and fading from −0.98 to true silence at −1."""
    return heard_as(grid, reference_db, GRID_SCALE)


def heard_as(grid: Tensor, reference_db: float, scale: GridScale) -> Tensor:
    """`log_mel_from_grid`, as compiled functions can call it."""
    heard = grid.clamp(scale.lowest, scale.highest)
    mel = (40 * heard - 40 + reference_db) / scale.db_per_neper
    fade = ((heard - scale.lowest) / (scale.fade - scale.lowest)).clamp(0, 1)
    return (scale.floor + fade * (mel - scale.floor)).clamp(min=scale.floor)
