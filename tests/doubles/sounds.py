"""Sounds with known partials, and presets that play them. Axes: `N` samples, `M` mel bands, `T` frames."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import FORMATS, LOG_MEL_FLOOR, MelFormat, log_mel
from synth.presets.model import HighBand, Partials, Preset, Vibrato
from synth.vocoder.contract import Vocoder
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.samples import live_preset

Doubles = npt.NDArray[np.float64]


def tones(hz: Sequence[float], amplitudes: Sequence[float], seconds: float, rate_hz: int) -> Doubles:
    """A steady sum of sines, (N,)."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    pairs = zip(hz, amplitudes, strict=True)
    return np.asarray(sum(a * np.sin(2 * np.pi * f * t + i) for i, (f, a) in enumerate(pairs)))


def harmonics(f0_hz: float, count: int, seconds: float, rate_hz: int, slope: float = 1.0) -> Doubles:
    """Multiples of `f0_hz` with amplitudes 0.2 / k^slope, (N,)."""
    numbers = range(1, count + 1)
    return tones([f0_hz * k for k in numbers], [0.2 / k**slope for k in numbers], seconds, rate_hz)


def coloured_noise(seconds: float, rate_hz: int, seed: int = 0, level: float = 0.1) -> Doubles:
    """Gaussian noise that falls 3 dB per octave from 200 Hz, (N,)."""
    n = round(seconds * rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    hz = np.arange(len(spectrum)) * rate_hz / n
    wave = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 200.0)), n)
    return np.asarray(wave / wave.std() * level)


def frames_of(wave: Doubles, fmt: MelFormat) -> Tensor:
    """Log-mel of a sound at the format's rate, (1, M, T)."""
    return log_mel(torch.from_numpy(wave)[None], fmt)[:, :, : len(wave) // fmt.hop].float()


def preset_for(
    fmt: MelFormat = FORMATS["22k80"],
    hz: Sequence[float] = (),
    amplitudes: Sequence[float] | None = None,
    root_hz: float = 0.0,
    inharmonic: bool = False,
    vibrato: Vibrato | None = None,
    high_band: HighBand | None = None,
) -> Preset:
    """A preset whose partials are known."""
    stored = None
    if len(hz):
        strengths = amplitudes if amplitudes is not None else [0.1] * len(hz)
        stored = Partials(torch.tensor(hz).float(), torch.zeros(len(hz)), torch.tensor(strengths).float())
    return replace(
        live_preset(fmt=fmt, n_frames=8),
        partials=stored,
        root_hz=root_hz,
        inharmonic=inharmonic,
        vibrato=vibrato or Vibrato(),
        high_band=high_band,
    )


def spectral(preset: Preset, rate_hz: int = 44100, n_heads: int = 1, seed: int = 0) -> SpectralVocoder:
    vocoder = SpectralVocoder(preset.mel)
    vocoder.prepare(preset, rate_hz, n_heads, seed)
    return vocoder


def play(
    vocoder: Vocoder, frames: Tensor, ratio: float = 1.0, spread: float = 0.0, blocks: Sequence[int] = ()
) -> Doubles:
    """All samples of (B, M, T) frames without the delay, (B, N); `blocks` splits them, the rest goes as one block."""
    heads, _, total = frames.shape
    sizes = [*blocks, total - sum(blocks)] if blocks else [total]
    parts, at = [], 0
    for size in sizes:
        part = frames[:, :, at : at + size]
        parts.append(vocoder.process(part, torch.full((heads, size), ratio), spread))
        at += size
    parts.append(vocoder.flush())
    return torch.cat(parts, dim=1).numpy()[:, vocoder.delay_samples :].astype(np.float64)


def silence(fmt: MelFormat, n_frames: int, heads: int = 1) -> Tensor:
    return torch.full((heads, fmt.n_mels, n_frames), LOG_MEL_FLOOR)


def frequency_of(wave: Doubles, rate_hz: int, near_hz: float, reach_hz: float = 30.0) -> float:
    """Frequency of the strongest peak within reach, by a parabola through the log spectrum of a long window."""
    n_fft = 8 * len(wave)
    level = np.log(np.abs(np.fft.rfft(wave * np.blackman(len(wave)), n_fft)) + 1e-12)
    hz = np.arange(len(level)) * rate_hz / n_fft
    inside = np.flatnonzero(np.abs(hz - near_hz) <= reach_hz)
    top = int(inside[np.argmax(level[inside])])
    left, middle, right = level[top - 1 : top + 2]
    return float(hz[top] + 0.5 * (left - right) / (left - 2 * middle + right) * hz[1])


def level_at(wave: Doubles, rate_hz: int, hz: float, reach_hz: float = 10.0) -> float:
    """Amplitude of the strongest sine within reach."""
    window = np.blackman(len(wave))
    spectrum = np.abs(np.fft.rfft(wave * window, 4 * len(wave))) * 2 / window.sum()
    bins = np.arange(len(spectrum)) * rate_hz / (4 * len(wave))
    return float(spectrum[np.abs(bins - hz) <= reach_hz].max())
