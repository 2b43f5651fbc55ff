"""Phase 2: a culture judged by its sound. A differentiable twin of the spectral vocoder, and the loss on what it plays.

The twin plays a whole grid at once, at the recording's pitch and at the mel's own rate: partials by the same
multiplicative updates, the rest as noise whose frames are corrected. What the playing vocoder adds for the ear
(vibrato, free partials, the noise kept apart from partials, air above fmax) is left out: it has no gradient, or none
that the mel could use. Statistics, not frames, are compared, as everywhere in training: the culture is not aligned with
the recording.

Axes: `B` grids, `M` mel bands, `T` frames, `P` partials, `K` bins, `N` samples, `R` bands of the loss.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from synth.mel import LOG_MEL_FLOOR, MelFormat, filterbank, log_mel_from_grid
from synth.vocoder.spectral.atoms import between_rows, hann, noise_response, partial_responses
from training.analysis.data import Target, resampled
from training.analysis.partials import measure
from training.learning.losses import Modulation, RowQuantiles

_UPDATES = 16
_WEIGHT_FLOOR = 0.003
_CORRECTIONS = 2
_LARGEST_CORRECTION = 4.0
_COMPENSATION = 1.05
_TINY = 1e-12
_WINDOWS = (512, 2048)
_BANDS = 64
_QUIETEST = 1e-4
_DB_PER_UNIT = 40.0
"""Levels are scaled as grid values are, so that both phases weigh alike."""


class AudibleVocoder:
    """Plays grids of one shape, differentiably."""

    def __init__(self, target: Target, n_frames: int) -> None:
        fmt = target.fmt
        stored = measure(target.wave, target.rate_hz, fmt).partials
        below = stored.hz < fmt.fmax_hz * 0.995
        hz = stored.hz[below].double().numpy()
        device = target.grid.device
        self._fmt, self._reference_db, self._n_frames = fmt, target.reference_db, n_frames
        self._responses = torch.from_numpy(partial_responses(hz, fmt).astype(np.float32)).to(device)
        prior = stored.amplitude[below] / max(float(stored.amplitude.max()) if len(stored.hz) else 1.0, 1e-9)
        self._prior = prior.clamp(min=1e-4).to(device)
        time = np.arange(n_frames * fmt.hop) / fmt.rate_hz
        phase = np.random.default_rng(0).random(len(hz))
        cycles = np.outer(hz, time) + phase[:, None]
        self._waves = torch.from_numpy(np.cos(2 * np.pi * cycles).astype(np.float32)).to(device)
        bins = np.arange(fmt.n_fft // 2 + 1) * fmt.rate_hz / fmt.n_fft
        self._to_bins = torch.from_numpy(between_rows(bins, fmt).astype(np.float32)).to(device)
        self._per_density = torch.from_numpy(noise_response(fmt).sum(axis=1).astype(np.float32)).to(device)
        self._to_rows = filterbank(fmt).float().T.to(device)
        self._window = torch.from_numpy(hann(fmt.win).astype(np.float32)).to(device)
        self._overlap = float(self._window.square().sum()) / fmt.hop

    def __call__(self, grids: Tensor, draw: torch.Generator) -> Tensor:
        """(B, M, T) grid values → (B, N) at the mel's rate."""
        B, M, T = grids.shape
        log_mel = log_mel_from_grid(grids.permute(0, 2, 1).reshape(B * T, M), self._reference_db)
        linear = (log_mel.exp() - 1.001 * math.exp(LOG_MEL_FLOOR)).clamp(min=0)
        amplitude, explained = self._solve(linear)
        noise = F.relu(linear - explained)
        return self._tones(amplitude.view(B, T, -1)) + self._noise(noise.view(B, T, M), draw)

    def _solve(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        """As `synth.vocoder.spectral.amplitudes.AmplitudeSolver`: (F, M) → (F, P) and what they explain."""
        down, up = self._responses, self._responses.T
        peak = columns.amax(dim=1, keepdim=True) + _TINY
        relative = columns / peak
        weight = 1 / (relative + _WEIGHT_FLOOR) ** 2
        wanted = (weight * relative) @ down
        amplitude = self._prior.expand(len(columns), -1)
        for _ in range(_UPDATES):
            amplitude = amplitude * (wanted / ((weight * (amplitude @ up)) @ down + _TINY))
        return amplitude * peak, (amplitude @ up) * peak

    def _tones(self, amplitude: Tensor) -> Tensor:
        """(B, T, P) → (B, N): amplitudes glide from one frame's centre to the next's."""
        n = self._n_frames * self._fmt.hop
        if not amplitude.shape[2]:
            return amplitude.new_zeros(len(amplitude), n)
        smooth = F.interpolate(amplitude.transpose(1, 2), size=n, mode="linear", align_corners=False)
        return (smooth * self._waves).sum(dim=1)

    def _noise(self, rows: Tensor, draw: torch.Generator) -> Tensor:
        """(B, T, M) mel rows → (B, N): noise of fresh phases, corrected until its mel frames are about `rows`, as
        `synth.vocoder.spectral.noise_shaper` does; without that it would fluctuate by 3 dB more than what is played."""
        fmt = self._fmt
        magnitude = (rows / self._per_density) @ self._to_bins * math.sqrt(fmt.n_fft)
        angle = torch.rand(magnitude.shape, generator=draw, device=rows.device) * 2 * math.pi
        frames = torch.fft.irfft(torch.polar(magnitude, angle), n=fmt.n_fft)
        noise = self._overlapped(frames) * math.sqrt(self._overlap)
        for _ in range(_CORRECTIONS):
            spectrum = torch.fft.rfft(noise.unfold(1, fmt.n_fft, fmt.hop) * self._window)
            have = (spectrum.real.square() + spectrum.imag.square() + _TINY).sqrt() @ self._to_rows
            gain = (rows * _COMPENSATION / (have + _TINY)).clamp(max=_LARGEST_CORRECTION)
            noise = self._overlapped(torch.fft.irfft(spectrum * (gain @ self._to_bins), n=fmt.n_fft))
        first = (fmt.n_fft - fmt.hop) // 2
        return noise[:, first : first + self._n_frames * fmt.hop]

    def _overlapped(self, frames: Tensor) -> Tensor:
        """Windowed frames (B, T, n_fft), added up so that analysis and synthesis windows together give 1."""
        fmt = self._fmt
        length = (self._n_frames - 1) * fmt.hop + fmt.n_fft
        windowed = (frames * self._window).transpose(1, 2) / self._overlap
        return F.fold(windowed, (1, length), (1, fmt.n_fft), stride=(1, fmt.hop)).view(len(frames), length)


class AudioLoss:
    """Pooled quantiles and modulation of STFT bands at several resolutions, against the recording itself."""

    def __init__(self, target: Target, n_frames: int, n_pooled: int) -> None:
        """`n_pooled` grids of `n_frames` are heard in all."""
        self._vocoder = AudibleVocoder(target, n_frames)
        wave = torch.from_numpy(resampled(target.wave, target.rate_hz, target.fmt.rate_hz))
        wave = wave.to(target.grid.device)[None]
        self._hop = target.fmt.hop
        self._banks = [_bank(target.fmt, n_fft).to(wave.device) for n_fft in _WINDOWS]
        self._terms: list[tuple[RowQuantiles, Modulation]] = []
        for n_fft, bank in zip(_WINDOWS, self._banks, strict=True):
            levels = _levels(wave, n_fft, self._hop, bank)[0]
            used = n_frames - n_fft // self._hop + 1
            self._terms.append((RowQuantiles(levels, n_pooled * used), Modulation(levels, used)))

    def __call__(self, grids: Tensor, pooled: Tensor, draw: torch.Generator) -> Tensor:
        """Loss of `grids` (B, M, T) heard together with detached `pooled` (E, M, T)."""
        sound = self._vocoder(grids, draw)
        if len(pooled):
            with torch.no_grad():
                others = self._vocoder(pooled, draw)
            sound = torch.cat([sound, others])
        total = sound.new_zeros(())
        for n_fft, bank, (rows, modulation) in zip(_WINDOWS, self._banks, self._terms, strict=True):
            levels = _levels(sound, n_fft, self._hop, bank)
            total = total + 2 * rows(levels) + 0.3 * modulation(levels)
        return total / len(_WINDOWS)


def _bank(fmt: MelFormat, n_fft: int) -> Tensor:
    """Bands on the mel scale for another window, of which those without a bin of their own are left out, (R, K)."""
    same = MelFormat(fmt.rate_hz, n_fft, fmt.hop, n_fft, _BANDS, fmt.fmin_hz, fmt.fmax_hz)
    bank = filterbank(same).float()
    bank = bank[bank.sum(dim=1) > 0]
    return bank / bank.sum(dim=1, keepdim=True)


def _levels(sound: Tensor, n_fft: int, hop: int, bank: Tensor) -> Tensor:
    """Band levels of (B, N) in grid units, (B, R, frames): windows that lie wholly inside."""
    window = torch.hann_window(n_fft, device=sound.device)
    spectrum = torch.stft(sound, n_fft, hop, window=window, center=False, return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()
    magnitude = (bank @ power + _QUIETEST**2).sqrt()
    return 20 / math.log(10) * magnitude.log() / _DB_PER_UNIT
