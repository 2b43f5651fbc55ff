"""A preset judged by ear's evidence: metrics re-analysed from rendered sound, with nothing of `synth` or `training`.

    python -m tests.benchmarks.preset_metrics PRESET_OR_WAV RECORDING --start S --seconds D

A preset is first rendered for 90 s by the `petrichord` command in a process of its own, once living and once with
evolution off; a WAV is taken as it is. The mel is librosa's filterbank on numpy's FFT (BigVGAN's definition), so a
fault in the instrument's own mel would show. Axes: `M` mel bands, `T` frames.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

Levels = npt.NDArray[np.float64]

RATE_HZ, N_FFT, HOP, N_MELS, FMAX_HZ = 22050, 1024, 256, 80, 8000.0
FRAMES_PER_SECOND = RATE_HZ / HOP
LOOP_FRAMES = 172
MOTION_LAG = 30 * LOOP_FRAMES
"""59.9 s: the same cells, a minute later."""
RANGE_DB = 80.0
SETTLED_S = 1.0


def levels(path: Path, start_s: float = 0.0, seconds: float | None = None) -> Levels:
    """Log-mel levels in dB below the loudest cell, floored 80 dB below it, (M, T); of stereo, left."""
    wave, rate = sf.read(path, always_2d=True)
    wave = wave[:, 0] if path.suffix == ".wav" else wave.mean(axis=1)
    begin = int(start_s * rate)
    wave = wave[begin : begin + int(seconds * rate)] if seconds else wave[begin:]
    wave = soxr.resample(wave, rate, RATE_HZ)
    wave = wave / np.abs(wave).max() * 0.7
    pad = (N_FFT - HOP) // 2
    frames = librosa.util.frame(np.pad(wave, pad, mode="reflect"), frame_length=N_FFT, hop_length=HOP)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(N_FFT + 1)[:-1, None], axis=0))
    bank = librosa.filters.mel(sr=RATE_HZ, n_fft=N_FFT, n_mels=N_MELS, fmin=0, fmax=FMAX_HZ)
    level = 20 * np.log10(np.maximum(bank @ np.sqrt(spectrum**2 + 1e-9), 1e-5))
    return np.asarray(level, np.float64)


def metrics(sound: Levels, target: Levels) -> dict[str, float]:
    """Every figure for `sound` beside `target` (M, T), levels matched by the median difference of their averages."""
    # A preset is levelled to a loudness of its own: only the shape counts.
    audible = target.mean(axis=1) > target.max() - 60
    sound = sound - np.median((sound.mean(axis=1) - target.mean(axis=1))[audible])
    floor = target.max() - RANGE_DB
    sound, target = np.maximum(sound, floor), np.maximum(target, floor)
    block = np.arange(target.shape[1]) // round(FRAMES_PER_SECOND / 4) % 2
    half = target.shape[1] // 2
    lag = min(MOTION_LAG, LOOP_FRAMES * max(1, sound.shape[1] // LOOP_FRAMES - 5))
    figures = {
        "ltas_db": np.abs(sound.mean(1) - target.mean(1)).mean(),
        "ltas_audible_db": np.abs(sound.mean(1) - target.mean(1))[audible].mean(),
        "row_w1_db": _wasserstein(sound, target),
        "row_w1_floor_db": max(0.5, _wasserstein(target[:, block == 0], target[:, block == 1])),
        "std_ratio": sound.std(1).mean() / target.std(1).mean(),
        "motion_ratio": np.abs(sound[:, lag:] - sound[:, :-lag]).mean() / _crop_motion(target),
        "motion_lag_s": lag / FRAMES_PER_SECOND,
        "loop_audibility": _loop_audibility(sound),
        "modulation_db": _modulation_distance(sound, target),
        "modulation_floor_db": max(0.5, _modulation_distance(target[:, :half], target[:, half:])),
        "silent_rows_db": _excess(sound, target, target.mean(1) < target.max() - 60),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


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


def _modulation_distance(a: Levels, b: Levels) -> float:
    n = min(128, a.shape[1], b.shape[1])
    return float(np.abs(_modulation(a, n) - _modulation(b, n)).mean())


def _modulation(level: Levels, n: int) -> Levels:
    crops = np.lib.stride_tricks.sliding_window_view(level, n, axis=1)[:, :: max(1, n // 8)]
    crops = (crops - crops.mean(axis=2, keepdims=True)) * np.hanning(n + 1)[:-1]
    power = (np.abs(np.fft.rfft(crops, axis=2)) ** 2).mean(axis=(0, 1))
    hz = np.fft.rfftfreq(n, 1 / FRAMES_PER_SECOND)
    edges = np.geomspace(0.7, 40.0, 13)
    inside = [(hz >= low) & (hz < high) for low, high in itertools.pairwise(edges)]
    return np.array([10 * np.log10(max(power[i].mean(), 1e-9)) for i in inside if i.any()])


def _excess(sound: Levels, target: Levels, rows: npt.NDArray[np.bool_]) -> float:
    return float(np.maximum(sound.mean(1) - target.mean(1), 0)[rows].mean()) if rows.any() else 0.0


def render(preset: str, out: Path, seconds: float, *options: str) -> Path:
    """Render through the command, in a process of its own, one voice without width."""
    command = [sys.executable, "-m", "synth.cli", "render", preset, "-o", str(out), "--seconds", str(seconds)]
    subprocess.run([*command, "--width", "0", *options], check=True, stdout=subprocess.DEVNULL, timeout=1800)
    return out


def judge(subject: str, recording: Path, start_s: float, seconds: float | None, length_s: float) -> dict[str, Any]:
    """Figures for a WAV, or for a preset living and with evolution off."""
    target = levels(recording, start_s, seconds)
    settled = int(SETTLED_S * FRAMES_PER_SECOND)
    if subject.endswith(".wav"):
        return {"wav": metrics(levels(Path(subject))[:, settled:], target)}
    with tempfile.TemporaryDirectory() as folder:
        living = render(subject, Path(folder, "living.wav"), length_s)
        still = render(subject, Path(folder, "still.wav"), length_s / 3, "--steps-per-second", "0")
        return {
            "living": metrics(levels(living)[:, settled:], target),
            "evolution_off": metrics(levels(still)[:, settled:], target),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description="Judge a preset by what is heard.")
    parser.add_argument("subject", metavar="PRESET_OR_WAV")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--start", type=float, default=0.0, help="start of the trained region in s")
    parser.add_argument("--seconds", type=float, help="its length in s; to the end by default")
    parser.add_argument("--length", type=float, default=90.0, help="seconds to render")
    args = parser.parse_args()
    print(json.dumps(judge(args.subject, args.recording, args.start, args.seconds, args.length), indent=1))


if __name__ == "__main__":
    main()
