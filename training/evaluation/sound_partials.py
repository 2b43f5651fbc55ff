"""Does rendered sound keep its partials where the recording has them: in level, second by second, and in pitch.

Shares nothing with `synth`. Axes: `N` samples, `M` mel bands, `T` frames, `P` partials.
"""

from dataclasses import dataclass

import numpy as np
import soxr

from training.analysis.librosa_loops import librosa
from training.evaluation.sound_metrics import FLOOR_MIN_DB, Levels, Wave, matched

RATE_HZ = 22050
HOP = 512
_STRONG_DB = 40.0
_PROMINENT_DB = 6.0
_NEAR_ROWS = 2
_LONGEST_FFT = 2**15
_LONGEST_TRACK_S = 20.0
_REACH_CENTS = 60.0
_MOST_PARTIALS = 8
_TONAL_DB = 15.0
_FEWEST_STRETCHES = 4
_PRIOR = 2.0
"""How many stretches of a recording what all rows do together counts as, in what a single row does."""
PARTIALS_DB, BESIDE_PARTIALS_DB = 2.0, 3.0
"""What a partial's row may stray in any second, and a row beside one be too loud, or what chance gives it if more."""


@dataclass(frozen=True)
class PartialRows:
    """Rows of the strong partials against the recording's own average, in dB."""

    median_db: float
    """Median deviation over rows and seconds."""
    worst_db: float
    """Largest deviation of any row in any second."""
    excerpt_db: float
    """The same in an excerpt as long as the recording, median over excerpts: the worst of a minute is worse."""
    floor_db: float
    """Largest deviation of any second of the recording itself: what `excerpt_db` would be, were it the recording."""
    furthest_db: tuple[float, float]
    """The worst second of the row that strays furthest beyond chance, and what chance gives this row: see
    `by_chance_db`. In one row in which the recording lasts still a swell of 4 dB is much, in another it is nothing."""
    neighbours_median_db: float
    neighbours_worst_db: float
    """How far a row beside a partial is above the recording's, in the worst second."""
    neighbours_floor_db: float
    neighbours_furthest_db: tuple[float, float]


@dataclass(frozen=True)
class Pitch:
    """How far rendered sound is off pitch, in cents."""

    f0_cents: float | None
    """Median f0 beside the recording's; None for sounds without f0."""
    partials_cents: float | None
    """Median distance of the recording's strongest partials; None where nothing is tonal."""
    partials_worst_cents: float | None
    tracks_hz: tuple[Levels, Levels] | None
    """f0 over time, rendered and recorded, every `HOP` samples at `RATE_HZ`."""


def partial_rows(target: Levels) -> list[int]:
    """Rows that stand out of the average spectrum by 6 dB and are within 40 dB of its loudest."""
    mean = target.mean(axis=1)
    found = []
    for m in range(1, len(mean) - 1):
        around = np.concatenate([mean[max(0, m - 4) : m], mean[m + 1 : m + 5]])
        peak = mean[m] > mean[m - 1] and mean[m] >= mean[m + 1]
        if peak and mean[m] > mean.max() - _STRONG_DB and mean[m] - np.median(around) > _PROMINENT_DB:
            found.append(m)
    return found


def neighbours(rows: list[int], n_mels: int) -> list[int]:
    """Rows up to two beside those given that are none of them."""
    near = {m + d for m in rows for d in range(-_NEAR_ROWS, _NEAR_ROWS + 1)}
    return sorted(m for m in near - set(rows) if 0 <= m < n_mels)


def per_second(level: Levels, frames_per_second: float, hop_s: float = 1.0) -> Levels:
    """Mean level of each row in every second, (M, seconds); of less than a second, the mean of all."""
    length, hop = min(round(frames_per_second), level.shape[1]), max(1, round(hop_s * frames_per_second))
    starts = range(0, level.shape[1] - length + 1, hop)
    return np.stack([level[:, s : s + length].mean(axis=1) for s in starts], axis=1)


def by_chance_db(target: Levels, rows: list[int], frames_per_second: float, n_seconds: int) -> Levels:
    """What the deviation of each of `rows` in the worst of `n_seconds` stays below, (P,), in a sound that goes on as
    `target` (M, T) did: 99 times in 100 for all rows together, were it known how far the seconds of each row stray.

    A minute has more chances than three seconds: the largest of 65 draws for each of ten rows is 4 standard deviations,
    of three it is 2. Deviations are taken to be normal and seconds to know nothing of each other. The recording's own
    average strays as well, and its seconds are few; so what all rows do counts as two of a row's own, and a little is
    added: 9 in 10 minutes kept below, drawn after recordings of 1.5, 3 and 5 s. Where a recording has not four seconds
    its quarters stand for seconds, and stray further.
    """
    from scipy.special import ndtri

    length = min(round(frames_per_second), target.shape[1] // _FEWEST_STRETCHES)
    starts = range(0, target.shape[1] - length + 1, max(1, length // 4))
    own = np.stack([target[rows, s : s + length].mean(axis=1) for s in starts], axis=1)
    n = target.shape[1] / length
    power = np.square(own - target[rows].mean(axis=1, keepdims=True)).mean(axis=1) * (n + 1) / (n - 1)
    together = ((n - 1) * power + _PRIOR * power.mean()) / (n - 1 + _PRIOR)
    times = float(ndtri((1 + 0.99 ** (1 / n_seconds / len(rows))) / 2)) * (1 + 1 / n)
    return np.asarray(np.maximum(FLOOR_MIN_DB, times * np.sqrt(np.maximum(power, together))))


def _furthest(worst_db: Levels, chance_db: Levels, least_db: float) -> tuple[float, float]:
    """Of the row that goes furthest beyond what it may, its worst second (P,) and what chance gives it (P,)."""
    row = int((worst_db - np.maximum(chance_db, least_db)).argmax())
    return float(worst_db[row]), float(chance_db[row])


def partial_levels(sound: Levels, target: Levels, frames_per_second: float) -> PartialRows | None:
    """Compare the partials' rows, and those beside them, with the recording's average; None without partials."""
    sound, target = matched(sound, target)
    rows = partial_rows(target)
    if not rows:
        return None
    beside = neighbours(rows, len(target))
    mean = target.mean(axis=1)[:, None]
    heard, own = per_second(sound, frames_per_second) - mean, per_second(target, frames_per_second, 0.25) - mean
    n = target.shape[1]
    excerpts = [sound[:, s : s + n] for s in range(0, max(1, sound.shape[1] - n + 1), n)]
    worst = [np.abs(per_second(e, frames_per_second, 0.25)[rows] - mean[rows]).max() for e in excerpts]
    return PartialRows(
        median_db=float(np.median(np.abs(heard[rows]))),
        worst_db=float(np.abs(heard[rows]).max()),
        excerpt_db=float(np.median(worst)),
        floor_db=max(FLOOR_MIN_DB, float(np.abs(own[rows]).max())),
        furthest_db=_furthest(
            np.abs(heard[rows]).max(axis=1),
            by_chance_db(target, rows, frames_per_second, heard.shape[1]),
            PARTIALS_DB,
        ),
        neighbours_median_db=float(np.median(heard[beside])),
        neighbours_worst_db=float(heard[beside].max()),
        neighbours_floor_db=max(FLOOR_MIN_DB, float(own[beside].max())),
        neighbours_furthest_db=_furthest(
            heard[beside].max(axis=1),
            by_chance_db(target, beside, frames_per_second, heard.shape[1]),
            BESIDE_PARTIALS_DB,
        ),
    )


def pitch(sound: Wave, sound_hz: int, target: Wave, target_hz: int, root_hz: float) -> Pitch:
    """Deviation of `sound` (N,) from `target` (N,); `root_hz` says where f0 is looked for, 0 that there is none."""
    sound, target = _at_rate(sound, sound_hz), _at_rate(target, target_hz)
    f0, tracks = None, None
    if root_hz > 0:
        tracks = f0_track(sound, root_hz), f0_track(target, root_hz)
        f0 = cents(float(np.median(tracks[0])), float(np.median(tracks[1])))
    offsets = np.abs(_partial_offsets(sound, target))
    if not len(offsets):
        return Pitch(f0, None, None, tracks)
    return Pitch(f0, float(np.median(offsets)), float(offsets.max()), tracks)


def cents(hz: float, reference_hz: float) -> float:
    return float(1200 * np.log2(hz / reference_hz))


def f0_track(wave: Wave, root_hz: float) -> Levels:
    """f0 in Hz about `root_hz` every `HOP` samples of a sound at `RATE_HZ`, its middle 20 s, by YIN (de Cheveigné and
    Kawahara 2002).

    High notes are oversampled: at 21 samples per period YIN's parabola was 2 cents off.
    """
    longest = round(_LONGEST_TRACK_S * RATE_HZ)
    first = max(0, len(wave) - longest) // 2
    factor = int(np.clip(np.ceil(root_hz / 300), 1, 6))
    wave, rate_hz = wave[first : first + longest], RATE_HZ * factor
    if factor > 1:
        wave = soxr.resample(wave, RATE_HZ, rate_hz)
    lowest, highest = root_hz / 1.25, min(root_hz * 1.25, RATE_HZ / 4)
    length = int(2 ** np.ceil(np.log2(max(2048 * factor, 4 * rate_hz / lowest))))
    track = librosa.yin(
        wave, fmin=lowest, fmax=highest, sr=rate_hz, frame_length=length, hop_length=HOP * factor, center=False
    )
    return np.asarray(track, np.float64)


def _at_rate(wave: Wave, rate_hz: int) -> Wave:
    return wave if rate_hz == RATE_HZ else np.asarray(soxr.resample(wave, rate_hz, RATE_HZ))


def _partial_offsets(sound: Wave, target: Wave) -> Levels:
    """Cents between centres of gravity about the target's strongest partials, (P,): a vibrato smears peaks."""
    n = min(_LONGEST_FFT, 2 ** int(np.log2(min(len(target), len(sound)))))
    hz = np.asarray(np.fft.rfftfreq(n, 1 / RATE_HZ), np.float64)
    grown, wanted = _power(sound, n), _power(target, n)
    offsets = []
    for peak in _strongest(wanted, hz):
        reach = max(hz[peak] * (2 ** (_REACH_CENTS / 1200) - 1), 3 * hz[1])
        near = np.abs(hz - hz[peak]) <= reach
        centres = [float((p[near] * hz[near]).sum() / p[near].sum()) for p in (grown, wanted)]
        offsets.append(cents(centres[0], centres[1]))
    return np.array(offsets)


def _power(wave: Wave, n: int) -> Levels:
    frames = librosa.util.frame(wave, frame_length=n, hop_length=n // 4)
    spectra = np.abs(np.fft.rfft(frames * np.hanning(n + 1)[:-1, None], axis=0)) ** 2
    return np.asarray(spectra.mean(axis=1) + 1e-20)


def _strongest(power: Levels, hz: Levels) -> list[int]:
    """Bins of up to eight partials within 40 dB of the strongest that rise 15 dB above what is around."""
    left = np.where(hz > 40, power, 0.0)
    peaks: list[int] = []
    least = left.max() * 10 ** (-_STRONG_DB / 10)
    while len(peaks) < _MOST_PARTIALS and left.max() > least:
        peak = int(left.argmax())
        around = np.abs(hz - hz[peak]) <= max(0.1 * hz[peak], 20 * hz[1])
        if power[peak] > np.median(power[around]) * 10 ** (_TONAL_DB / 10):
            peaks.append(peak)
        left[np.abs(hz - hz[peak]) <= max(hz[peak] * 0.06, 4 * hz[1])] = 0
    return peaks
