"""How alike and how alive rendered sound is, re-analysed with nothing of `synth` or of the rest of training.

The mel is librosa's filterbank on numpy's FFT (BigVGAN's definition): a fault in the instrument's own would show. Noise
floors are the same figure between odd and even quarter-seconds of the recording, or between its halves where time must
be unbroken; never below 0.5 dB. Axes: `N` samples, `M` mel bands, `T` frames.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal
import soundfile as sf
import soxr

from training.analysis.librosa_loops import librosa
from training.analysis.librosa_loops import mel as mel_bands

Levels = npt.NDArray[np.float64]
Wave = npt.NDArray[np.float64]

LOOP_FRAMES = 172
MOTION_LAG = 30 * LOOP_FRAMES
"""59.9 s: the same cells, a minute later."""
RANGE_DB = 80.0
SILENT_DB = 60.0
FLOOR_MIN_DB = 0.5
SWAY_HZ, SWAY_REACH_S = 10.0, 0.5
MODULATION_EDGES_HZ = np.geomspace(0.7, 40.0, 13)


@dataclass(frozen=True)
class Analysis:
    """A mel spectrogram's definition."""

    rate_hz: int
    n_fft: int
    hop: int
    n_mels: int
    fmax_hz: float

    @property
    def frames_per_second(self) -> float:
        return self.rate_hz / self.hop

    def centres_hz(self) -> Levels:
        """Centre of each band, (M,)."""
        hz = librosa.mel_frequencies(n_mels=self.n_mels + 2, fmin=0, fmax=self.fmax_hz)
        return np.asarray(hz[1:-1], np.float64)


ANALYSES = {
    "22k80": Analysis(22050, 1024, 256, 80, 8000.0),
    "44k128": Analysis(44100, 2048, 512, 128, 22050.0),
}


def read_wave(path: Path, start_s: float = 0.0, seconds: float | None = None, left: bool = False) -> tuple[Wave, int]:
    """A sound file as (N,) and its rate: mixed to mono, or the left channel alone, as a rendering with width needs."""
    with sf.SoundFile(path) as file:
        file.seek(min(int(start_s * file.samplerate), len(file)))
        wave = file.read(int(seconds * file.samplerate) if seconds else -1, always_2d=True)
        rate_hz = file.samplerate
    return np.asarray(wave[:, 0] if left else wave.mean(axis=1)), rate_hz


def read_region(path: Path, start_s: float, seconds: float | None) -> tuple[Wave, int]:
    """A part of a recording as `read_wave` reads it, without what moves below `SWAY_HZ`, which is no sound; what is
    around the part decides what of it that is."""
    before = min(start_s, SWAY_REACH_S)
    wave, rate_hz = read_wave(path, start_s - before, None if seconds is None else before + seconds + SWAY_REACH_S)
    high_pass = scipy.signal.butter(4, SWAY_HZ, "highpass", fs=rate_hz, output="sos")
    reach = min(len(wave) - 1, round(SWAY_REACH_S * rate_hz))
    first = int(start_s * rate_hz) - int((start_s - before) * rate_hz)
    end = None if seconds is None else first + int(seconds * rate_hz)
    wave = np.nan_to_num(wave, posinf=0.0, neginf=0.0)
    return scipy.signal.sosfiltfilt(high_pass, wave, padtype="even", padlen=reach)[first:end], rate_hz


def levels(
    path: Path,
    start_s: float = 0.0,
    seconds: float | None = None,
    analysis: Analysis = ANALYSES["22k80"],
    left: bool = False,
) -> Levels:
    """`levels_of` a file."""
    return levels_of(*read_wave(path, start_s, seconds, left), analysis)


def levels_of(wave: Wave, rate_hz: int, analysis: Analysis) -> Levels:
    """Log-mel levels in dB of a sound (N,) normalised to a peak of 0.7, (M, T)."""
    wave = wave if rate_hz == analysis.rate_hz else soxr.resample(wave, rate_hz, analysis.rate_hz)
    wave = wave / max(np.abs(wave).max(), 1e-9) * 0.7
    pad = (analysis.n_fft - analysis.hop) // 2
    padded = np.pad(wave, pad, mode="reflect")
    frames = librosa.util.frame(padded, frame_length=analysis.n_fft, hop_length=analysis.hop)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(analysis.n_fft + 1)[:-1, None], axis=0))
    bank = mel_bands(sr=analysis.rate_hz, n_fft=analysis.n_fft, n_mels=analysis.n_mels, fmin=0, fmax=analysis.fmax_hz)
    level = 20 * np.log10(np.maximum(bank @ np.sqrt(spectrum**2 + 1e-9), 1e-5))
    return np.asarray(level, np.float64)


def region_levels(wave: Wave, rate_hz: int, analysis: Analysis) -> Levels:
    """`levels_of` a sound that was cut out of a longer one, without the frames whose windows meet an end, where it is
    mirrored and the corner is heard in every row."""
    edge = int(np.ceil((analysis.n_fft - analysis.hop) / 2 / analysis.hop))
    level = levels_of(wave, rate_hz, analysis)
    return level[:, edge : level.shape[1] - edge]


def sustained(level: Levels, trend_db: Levels, heard: npt.NDArray[np.int64], least_db: Levels) -> Levels:
    """A fading recording (M, T) as if it did not fade: without its rows' trends (M, T), what was heard of each row,
    from its first frame to its end (M, 2), going on there and back, and none below what leaks into it (M, T)."""
    n = min(level.shape[1], trend_db.shape[1])
    held = level[:, :n] - trend_db[:, :n]
    rows = [
        np.pad(row[first:end], (first, n - end), mode="symmetric")
        for row, (first, end) in zip(held, np.minimum(heard, n), strict=True)
    ]
    return np.asarray(np.maximum(np.stack(rows), least_db[:, :n]))


def matched(sound: Levels, target: Levels) -> tuple[Levels, Levels]:
    """Both with levels matched by the median difference of their averages, floored 80 dB below the target's loudest.

    A preset is levelled to a loudness of its own: only the shape counts.
    """
    sound = sound - np.median((sound.mean(axis=1) - target.mean(axis=1))[audible(target)])
    floor = target.max() - RANGE_DB
    return np.maximum(sound, floor), np.maximum(target, floor)


def audible(target: Levels) -> npt.NDArray[np.bool_]:
    """Rows whose average is within 60 dB of the loudest cell, (M,)."""
    return np.asarray(target.mean(axis=1) > target.max() - SILENT_DB)


def metrics(sound: Levels, target: Levels, frames_per_second: float = 22050 / 256) -> dict[str, float]:
    """Every figure for `sound` beside `target` (M, T), in dB unless a ratio."""
    heard = audible(target)
    sound, target = matched(sound, target)
    odd, even = alternate_blocks(target, frames_per_second)
    half = target.shape[1] // 2
    lag = min(MOTION_LAG, LOOP_FRAMES * max(1, sound.shape[1] // LOOP_FRAMES - 5))
    difference = np.abs(sound.mean(1) - target.mean(1))
    figures = {
        "ltas_db": difference.mean(),
        "ltas_audible_db": difference[heard].mean(),
        "ltas_floor_db": max(FLOOR_MIN_DB, np.abs(odd.mean(1) - even.mean(1)).mean()),
        "row_w1_db": _wasserstein(sound, target),
        "row_w1_floor_db": max(FLOOR_MIN_DB, _wasserstein(odd, even)),
        "std_ratio": sound.std(1).mean() / target.std(1).mean(),
        "std_ratio_floor": odd.std(1).mean() / even.std(1).mean(),
        "motion_ratio": np.abs(sound[:, lag:] - sound[:, :-lag]).mean() / _crop_motion(target),
        "motion_lag_s": lag / frames_per_second,
        "loop_audibility": _loop_audibility(sound),
        "modulation_db": _modulation_distance(sound, target, frames_per_second),
        "modulation_floor_db": max(
            FLOOR_MIN_DB, _modulation_distance(target[:, :half], target[:, half:], frames_per_second)
        ),
        "silent_rows_db": _excess(sound, target, ~heard),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def alternate_blocks(target: Levels, frames_per_second: float) -> tuple[Levels, Levels]:
    """Odd and even quarter-seconds."""
    block = np.arange(target.shape[1]) // round(frames_per_second / 4) % 2
    return target[:, block == 0], target[:, block == 1]


def modulation_db(level: Levels, n: int, frames_per_second: float) -> tuple[Levels, Levels]:
    """Power of the rows' movement in bands of equal ratio, from crops of `n` frames: centres in Hz, levels in dB."""
    crops = np.lib.stride_tricks.sliding_window_view(level, n, axis=1)[:, :: max(1, n // 8)]
    crops = (crops - crops.mean(axis=2, keepdims=True)) * np.hanning(n + 1)[:-1]
    power = (np.abs(np.fft.rfft(crops, axis=2)) ** 2).mean(axis=(0, 1))
    hz = np.fft.rfftfreq(n, 1 / frames_per_second)
    bands = [(low, high, (hz >= low) & (hz < high)) for low, high in itertools.pairwise(MODULATION_EDGES_HZ)]
    filled = [(np.sqrt(low * high), power[inside].mean()) for low, high, inside in bands if inside.any()]
    centres, levels_ = np.array(filled).T
    return centres, 10 * np.log10(np.maximum(levels_, 1e-9))


def modulation_frames(*sounds: Levels) -> int:
    """The crop length at which these can be compared."""
    return min(128, *(int(sound.shape[1]) for sound in sounds))


def _modulation_distance(a: Levels, b: Levels, frames_per_second: float) -> float:
    n = modulation_frames(a, b)
    return float(np.abs(modulation_db(a, n, frames_per_second)[1] - modulation_db(b, n, frames_per_second)[1]).mean())


def _wasserstein(a: Levels, b: Levels) -> float:
    p = (np.arange(256) + 0.5) / 256
    return float(np.abs(np.quantile(a, p, axis=1) - np.quantile(b, p, axis=1)).mean())


def _crop_motion(target: Levels) -> float:
    rng = np.random.default_rng(0)
    return float(np.mean([np.abs(target - rng.permutation(target, axis=1)).mean() for _ in range(8)]))


def _loop_audibility(sound: Levels) -> float:
    moving = sound - sound.mean(axis=1, keepdims=True)
    n = moving.shape[1]
    power = (np.abs(np.fft.rfft(moving, 2 * n, axis=1)) ** 2).sum(axis=0)
    correlation = np.fft.irfft(power)[:n] / np.arange(n, 0, -1)
    correlation /= max(correlation[0], 1e-12)
    return float(correlation[LOOP_FRAMES] - np.median(correlation[LOOP_FRAMES // 2 : LOOP_FRAMES * 3 // 2]))


def _excess(sound: Levels, target: Levels, rows: npt.NDArray[np.bool_]) -> float:
    return float(np.maximum(sound.mean(1) - target.mean(1), 0)[rows].mean()) if rows.any() else 0.0
