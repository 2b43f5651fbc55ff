"""Is rendered sound its recording's kin and no copy of it: identification and copying.

Shares nothing with `synth`. Axes: `N` samples, `M` mel bands, `T` frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from training.analysis.librosa_loops import librosa, trim
from training.evaluation.sound_metrics import Levels, Wave

RATE_HZ = 22050
_MOST_SECONDS = 8.0
_TRIM_DB = 30.0
_TEMPLATE_FRAMES = 86
_LEAST_FRAMES = 8
_SURELY_A_COPY = 0.95


@dataclass(frozen=True)
class Identity:
    """Which recording a sound is taken for."""

    rank: int
    """1 when its own recording is the nearest."""
    nearest: str
    n_recordings: int


@dataclass(frozen=True)
class Copying:
    """Correlations of stretches of the recording with stretches of sound; 1 is a copy."""

    typical: float
    """The best in an excerpt of the sound as long as half the recording, median over excerpts."""
    halves: float
    """The best between the recording's own halves: as many chances."""
    best: float
    """The best anywhere in the sound."""
    chance: float
    """What that may be by chance, going by how the excerpts' bests differ."""


def copying(sound: Levels, target: Levels) -> Copying:
    """Does `sound` (M, T') repeat what was recorded (M, T)? By correlation of levels about their means; 1 is a copy.

    The best of a minute has more chances than the best between two halves of five seconds, so the sound is cut into
    excerpts as long as a half: to each half, an excerpt of a sound that merely goes on as the recording did is what the
    other half is. Who copies all the time shows in their median; who copies once is an outlier among them. Stretches
    compared are a second long, or a quarter of the recording.
    """
    length = max(_LEAST_FRAMES, min(_TEMPLATE_FRAMES, target.shape[1] // 4))
    first, second = np.split(target, [target.shape[1] // 2], axis=1)
    hop = min(second.shape[1], sound.shape[1])
    starts = range(0, sound.shape[1] - hop + 1, hop)
    excerpts = [sound[:, s : s + hop] for s in starts]
    typical = np.median([_best(half, excerpt, length) for excerpt in excerpts for half in (first, second)])
    anywhere = _likeness(_moving(target), _moving(sound), length)
    bests = np.array([anywhere[s : s + hop].max() for s in starts])
    return Copying(float(typical), _best(first, second, length), float(anywhere.max()), _by_chance(bests))


def _best(a: Levels, b: Levels, length: int) -> float:
    """The best between two sounds about their common mean: about each one's own, two halves would be less alike."""
    source, field = np.split(_moving(np.concatenate([a, b], axis=1)), [a.shape[1]], axis=1)
    return float(_likeness(source, field, length).max())


def _moving(level: Levels) -> Levels:
    return np.asarray(level - level.mean(axis=1, keepdims=True))


def _by_chance(bests: Levels) -> float:
    """What the largest of so many would stay below 99 times in 100, had they one Gumbel distribution, as the largest of
    many things have; its place and width from median and quartiles, which a few copies among them do not move."""
    low, middle, high = np.quantile(bests, (0.25, 0.5, 0.75))
    width = (high - low) / (np.log(np.log(4)) - np.log(np.log(4 / 3)))
    place = middle + width * np.log(np.log(2))
    return float(min(_SURELY_A_COPY, place - width * np.log(-np.log(0.99) / len(bests))))


def _likeness(source: Levels, field: Levels, length: int) -> Levels:
    """For each place of `field` (M, T'), the largest normalised cross-correlation of any stretch of `source` (M, T)
    with what begins there, (T' − length + 1,)."""
    n_places = field.shape[1] - length + 1
    n_fft = int(2 ** np.ceil(np.log2(field.shape[1] + length)))
    spectrum = np.fft.rfft(field, n_fft, axis=1)
    running = np.concatenate([[0.0], np.cumsum((field**2).sum(axis=0))])
    energy = running[length:] - running[:-length]
    best = np.zeros(n_places)
    for start in range(0, source.shape[1] - length + 1, max(1, length // 4)):
        template = source[:, start : start + length]
        product = np.fft.irfft((spectrum * np.conj(np.fft.rfft(template, n_fft, axis=1))).sum(axis=0), n_fft)
        scale = np.sqrt(np.maximum(energy * (template**2).sum(), 1e-9))
        best = np.maximum(best, product[:n_places] / scale)
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
