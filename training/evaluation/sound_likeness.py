"""Is rendered sound its recording's kin and no copy of it: identification and copying.

Shares nothing with `synth`. Axes: `N` samples, `M` mel bands, `T` frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import librosa.feature
import numpy as np
import numpy.typing as npt
import soxr
from librosa.effects import trim

from training.evaluation.sound_metrics import Levels, Wave

RATE_HZ = 22050
_MOST_SECONDS = 8.0
_TRIM_DB = 30.0
_TEMPLATE_FRAMES = 86
_LEAST_FRAMES = 8


@dataclass(frozen=True)
class Identity:
    """Which recording a sound is taken for."""

    rank: int
    """1 when its own recording is the nearest."""
    nearest: str
    n_recordings: int


def copying(sound: Levels, target: Levels) -> tuple[float, float]:
    """Best correlation of mean-removed levels of any stretch of the target with any of the sound, and between the
    target's own halves; 1 is a copy. Stretches are a second long, or a quarter of the target."""
    length = max(_LEAST_FRAMES, min(_TEMPLATE_FRAMES, target.shape[1] // 4))
    moving_sound, moving_target = (x - x.mean(axis=1, keepdims=True) for x in (sound, target))
    first, second = np.split(moving_target, [target.shape[1] // 2], axis=1)
    return _best(moving_target, moving_sound, length), _best(first, second, length)


def _best(source: Levels, field: Levels, length: int) -> float:
    """Largest normalised cross-correlation of stretches of `source` (M, T) with any place of `field` (M, T')."""
    n_places = field.shape[1] - length + 1
    n_fft = int(2 ** np.ceil(np.log2(field.shape[1] + length)))
    spectrum = np.fft.rfft(field, n_fft, axis=1)
    running = np.concatenate([[0.0], np.cumsum((field**2).sum(axis=0))])
    energy = running[length:] - running[:-length]
    best = 0.0
    for start in range(0, source.shape[1] - length + 1, max(1, length // 4)):
        template = source[:, start : start + length]
        product = np.fft.irfft((spectrum * np.conj(np.fft.rfft(template, n_fft, axis=1))).sum(axis=0), n_fft)
        scale = np.sqrt(np.maximum(energy * (template**2).sum(), 1e-9))
        best = max(best, float((product[:n_places] / scale).max()))
    return best


def features(wave: Wave, rate_hz: int) -> Levels:
    """What no loss of the training looks at: MFCCs without loudness, spectral contrast, flatness, roll-off and zero
    crossings of a sound (N,), each as mean and standard deviation over time."""
    wave = wave if rate_hz == RATE_HZ else soxr.resample(wave, rate_hz, RATE_HZ)
    wave, _ = trim(wave / max(np.abs(wave).max(), 1e-9), top_db=_TRIM_DB)
    wave = wave[: int(_MOST_SECONDS * RATE_HZ)]
    rows = [
        librosa.feature.mfcc(y=wave, sr=RATE_HZ, n_mfcc=20)[1:],
        librosa.feature.spectral_contrast(y=wave, sr=RATE_HZ),
        np.log10(librosa.feature.spectral_flatness(y=wave) + 1e-10),
        np.log2(librosa.feature.spectral_rolloff(y=wave, sr=RATE_HZ) + 1.0),
        librosa.feature.zero_crossing_rate(wave),
    ]
    table = np.concatenate(rows)
    return np.concatenate([table.mean(axis=1), table.std(axis=1)])


def identify(sound: Levels, recordings: Mapping[str, Levels], own: str) -> Identity:
    """The nearest of the recordings' `features` to those of a sound.

    Each feature is scaled by its spread over the recordings and over time within one: what moves more within a
    recording than between two tells little.
    """
    names = list(recordings)
    table = np.stack([recordings[name] for name in names])
    within = np.sqrt(np.square(np.split(table, 2, axis=1)[1]).mean(axis=0))
    spread = np.sqrt(table.var(axis=0) + np.tile(within, 2) ** 2) + 1e-9
    distance: npt.NDArray[np.float64] = np.sqrt((((table - sound) / spread) ** 2).mean(axis=1))
    rank = 1 + int((distance < distance[names.index(own)]).sum())
    return Identity(rank, names[int(distance.argmin())], len(names))
