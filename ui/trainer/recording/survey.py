"""A recording as it looks: peaks and a spectrogram, read in one pass, however long it is.

Axes: `N` samples, `K` peaks, `M` mel bands, `T` columns.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.mel import MelFormat, filterbank
from synth.sound_files.reader import SoundReader, open_sound

Array = NDArray[np.float32]

_MOST_PEAKS = 1 << 15
_MOST_COLUMNS = 6000
_LEAST_HOP_S = 0.006
_WINDOW_S = 0.046
_BANDS = 112
_HIGHEST_HZ = 12_000.0
_RANGE_DB = 75.0
_BLOCK = 1 << 16
_TELL_S = 0.4
_PEAK = 10 ** (-1 / 20)
_LUFS_OFFSET = 0.691
"""ITU-R BS.1770."""
MOST_SECONDS = 30.0
"""No more of a region is played."""


@dataclass(frozen=True, eq=False)
class Survey:
    """What was read so far; the arrays cover `read_s` of `seconds`."""

    path: Path
    rate_hz: int
    channels: int
    seconds: float
    read_s: float
    peaks: Array
    """(2, K): lowest and highest sample of each `peak_s`, all channels' mean."""
    peak_s: float
    picture: NDArray[np.uint8]
    """(M, T): levels, 255 the loudest so far and 0 75 dB below it."""
    column_s: float

    @property
    def complete(self) -> bool:
        return self.read_s >= self.seconds


def survey(path: Path) -> Iterator[Survey]:
    """Read it from end to end, telling what there is now and then; `RecordingError` for what cannot be read."""
    import soundfile

    try:
        with open_sound(path) as file:
            yield from _read(path, file)
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError) as error:
        raise RecordingError(f"{path.name} cannot be read as audio; export it again as WAV or FLAC.") from error


def _read(path: Path, file: SoundReader) -> Iterator[Survey]:
    total = file.n_samples
    per_peak = max(32, total // _MOST_PEAKS // 2 * 2)
    picture = _Picture(file.rate_hz, total)
    # Whole peaks in every block, or they would drift.
    block_size = per_peak * max(1, _BLOCK // per_peak)
    peaks: list[Array] = []
    done, told = 0, time.monotonic()
    for block in file.blocks(size=block_size):
        wave = np.nan_to_num(block @ np.full(file.channels, 1 / file.channels, np.float32), posinf=0.0, neginf=0.0)
        peaks.append(_peaks(wave, per_peak))
        picture.add(wave)
        done += len(wave)
        if time.monotonic() - told > _TELL_S:
            told = time.monotonic()
            yield _survey(path, file, max(done, total), done, np.concatenate(peaks, axis=1), per_peak, picture)
    if not done:
        raise RecordingError(f"{path.name} holds no sound.")
    picture.finish()
    # The header of some formats only guesses the length: what was read counts.
    yield _survey(path, file, done, done, np.concatenate(peaks, axis=1), per_peak, picture)


class _Picture:
    """Mel levels of a stream, column by column; of a long recording only every so many-th window is looked at."""

    def __init__(self, rate_hz: int, total: int) -> None:
        n_fft = 1 << max(6, round(math.log2(_WINDOW_S * rate_hz)))
        self.hop = max(round(_LEAST_HOP_S * rate_hz), total // _MOST_COLUMNS, 1)
        self._fmt = MelFormat(rate_hz, n_fft, self.hop, n_fft, _BANDS, 0.0, min(_HIGHEST_HZ, rate_hz / 2))
        self._window = torch.hann_window(n_fft)
        self._bank = filterbank(self._fmt).float()
        self._pad = max(0, n_fft - self.hop) // 2
        self._waiting = np.zeros(self._pad, np.float32)
        self.columns: list[Array] = []

    def add(self, wave: Array) -> None:
        """Look at (N,) more samples."""
        n_fft, wave = self._fmt.n_fft, np.concatenate([self._waiting, wave])
        n = max(0, (len(wave) - n_fft) // self.hop + 1)
        self._waiting = wave[n * self.hop :]
        if n:
            with torch.inference_mode():
                part = torch.from_numpy(wave[: (n - 1) * self.hop + n_fft])
                spectrum = torch.stft(part, n_fft, self.hop, n_fft, self._window, center=False, return_complex=True)
                levels = 20 * (self._bank @ spectrum.abs()).clamp(min=1e-6).log10()
                self.columns.append(levels.numpy())

    def finish(self) -> None:
        """The last columns reach beyond the end."""
        self.add(np.zeros(self._fmt.n_fft, np.float32))


def _peaks(wave: Array, per_peak: int) -> Array:
    short = -len(wave) % per_peak
    rows = np.concatenate([wave, np.repeat(wave[-1:], short)]).reshape(-1, per_peak)
    return np.stack([rows.min(axis=1), rows.max(axis=1)])


def _survey(
    path: Path, file: SoundReader, n_samples: int, done: int, peaks: Array, per_peak: int, picture: _Picture
) -> Survey:
    levels = np.concatenate([np.zeros((_BANDS, 0), np.float32), *picture.columns], axis=1)
    shades = ((levels - levels.max(initial=-200.0)) / _RANGE_DB + 1).clip(0, 1) * 255
    rate_hz = file.rate_hz
    return Survey(
        path,
        rate_hz,
        file.channels,
        n_samples / rate_hz,
        done / rate_hz,
        peaks,
        per_peak / rate_hz,
        shades.astype(np.uint8),
        picture.hop / rate_hz,
    )


def excerpt(path: Path, start_s: float, end_s: float, rate_hz: int, lufs: float) -> Array:
    """A part of a recording as the engine takes it, (N, 2) at `rate_hz`, as loud as `lufs` and never above −1 dBFS."""
    import soundfile
    import soxr

    try:
        with open_sound(path) as file:
            from_hz = file.rate_hz
            wave = file.read(int(start_s * from_hz), int(min(end_s - start_s, MOST_SECONDS) * from_hz))
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError) as error:
        raise RecordingError(f"{path.name} cannot be read as audio; export it again as WAV or FLAC.") from error
    wave = np.nan_to_num(wave, posinf=0.0, neginf=0.0)
    if wave.shape[1] != 2:
        wave = wave.mean(axis=1, keepdims=True).repeat(2, axis=1)
    wave = np.asarray(wave, dtype=np.float32)
    if len(wave) and from_hz != rate_hz:
        wave = np.asarray(soxr.resample(wave, from_hz, rate_hz), dtype=np.float32)
    peak = float(np.abs(wave).max(initial=0.0))
    if not peak:
        return np.zeros_like(wave)
    # Loudness without its weighting of frequencies: near enough, and pyloudnorm brings all of SciPy with it.
    power = float(np.square(wave, dtype=np.float64).mean(axis=0).sum())
    gain = 10 ** ((lufs + _LUFS_OFFSET - 10 * math.log10(power)) / 20)
    return np.asarray(wave * min(gain, _PEAK / peak), dtype=np.float32)
