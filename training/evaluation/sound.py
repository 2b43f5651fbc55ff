"""What a listener gets: figures of rendered files beside the recording, by the independent analysers.

Axes: `N` samples, `M` mel bands, `T` frames.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from synth.errors import TrainingError
from training.evaluation.figures import Bar, Figure
from training.evaluation.grain.figures import Grain, grain_figures, measure_grain
from training.evaluation.grain.unfaded import Fading
from training.evaluation.rendering import SETTLED_S
from training.evaluation.sound_flicker import Flicker, flicker
from training.evaluation.sound_likeness import Copying, Identity, copying, features, identify
from training.evaluation.sound_metrics import (
    Analysis,
    Levels,
    Wave,
    matched,
    metrics,
    read_region,
    read_wave,
    region_levels,
    sustained,
)
from training.evaluation.sound_partials import (
    BESIDE_PARTIALS_DB,
    PARTIALS_DB,
    PartialRows,
    Pitch,
    partial_levels,
    pitch,
)

LOUDNESS = Bar(-19.5, -16.5)
"""Around what the output is levelled to."""
FLICKER_DB = 1.0
"""How much more than between the recording's halves rows may jump."""
SOUND_FILES = {".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3"}


@dataclass(frozen=True)
class Subject:
    """The recording a preset is measured against: where, and what was done to it before training."""

    recording: Path
    start_s: float
    seconds: float | None
    analysis: Analysis
    root_hz: float = 0.0
    """Where f0 is looked for; 0 for sounds without."""
    decay: tuple[Levels, npt.NDArray[np.int64], Levels] | None = None
    """What training took out: `sustained` says what of it."""


@dataclass(frozen=True)
class SoundRun:
    """Everything measured on rendered sound; None where there is nothing to measure, or it was not run."""

    target_db: Levels
    """(M, T), its level that of `sound_db`."""
    sound_db: Levels
    living: dict[str, float]
    still: dict[str, float]
    partials: PartialRows | None
    flicker: Flicker
    pitch: Pitch
    copying: Copying
    identity: Identity | None
    loudness_lufs: float
    grain: Grain


def analyse(subject: Subject, living: Path, still: Path, among: Path | None) -> SoundRun:
    """Measure a preset's two renderings, living and with evolution off."""
    analysis, fps = subject.analysis, subject.analysis.frames_per_second
    target_wave, target_hz = read_region(subject.recording, subject.start_s, subject.seconds)
    target = region_levels(target_wave, target_hz, analysis)
    if subject.decay is not None:
        target = sustained(target, *subject.decay)
    sound_wave, sound_hz = _settled(living)
    sound = region_levels(sound_wave, sound_hz, analysis)
    # The analysers match levels once more for themselves, which changes nothing.
    matched_sound, matched_target = matched(sound, target)
    fading = None if subject.decay is None else Fading(subject.decay[0], subject.decay[1], analysis)
    return SoundRun(
        target_db=matched_target,
        sound_db=matched_sound,
        living=metrics(sound, target, fps),
        still=metrics(region_levels(*_settled(still), analysis), target, fps),
        partials=partial_levels(sound, target, fps),
        flicker=flicker(sound, target),
        pitch=pitch(sound_wave, sound_hz, target_wave, target_hz, subject.root_hz),
        copying=copying(matched_sound, matched_target),
        loudness_lufs=_loudness_lufs(living),
        grain=measure_grain(sound_wave, sound_hz, target_wave, target_hz, fading),
        identity=None if among is None else _identify(sound_wave, sound_hz, subject.recording, among),
    )


def _settled(path: Path) -> tuple[Wave, int]:
    wave, rate_hz = read_wave(path)
    return wave[int(SETTLED_S * rate_hz) :], rate_hz


def _loudness_lufs(path: Path) -> float:
    """Programme loudness of a file, all channels (ITU-R BS.1770)."""
    import pyloudnorm
    import soundfile

    sound, rate_hz = soundfile.read(path, always_2d=True)
    return float(pyloudnorm.Meter(rate_hz).integrated_loudness(sound[int(SETTLED_S * rate_hz) :]))


def recordings_in(folder: Path, own: Path) -> dict[str, Path]:
    """Sound files to tell apart, the preset's own among them; `TrainingError` when there is nothing to choose from."""
    if not folder.is_dir():
        raise TrainingError(f"There is no folder {folder} to look for other recordings in.")
    found = {path.name: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SOUND_FILES}
    found[own.name] = own
    if len(found) < 2:
        raise TrainingError(f"{folder} holds no other recordings; identification needs at least one.")
    return found


def _identify(wave: Wave, rate_hz: int, own: Path, folder: Path) -> Identity:
    known = {}
    for name, path in recordings_in(folder, own).items():
        try:
            known[name] = features(*read_region(path, 0.0, None))
        except (OSError, RuntimeError, ValueError) as error:
            raise TrainingError(f"{name} cannot be read as audio: {error}.") from error
    return identify(features(wave, rate_hz), known, own.name)


def sound_figures(run: SoundRun) -> list[Figure]:
    """Rows of the table."""
    m = run.living
    w1_floor, modulation_floor = m["row_w1_floor_db"], m["modulation_floor_db"]
    lag = f"motion after {m['motion_lag_s']:.0f} s, of random crops'"
    copied = run.copying

    def row(
        key: str, label: str, value: float, unit: str = "dB", floor: float | None = None, bar: Bar | None = None
    ) -> Figure:
        return Figure(f"sound_{key}", label, "sound", value, unit, floor, bar)

    return [
        row("ltas_db", "LTAS error", m["ltas_db"], "dB", m["ltas_floor_db"], Bar(high=0.7)),
        row("row_w1_db", "row distance W1", m["row_w1_db"], "dB", w1_floor, Bar(high=1.2 * w1_floor)),
        row(
            "modulation_db",
            "modulation distance, 0.7–40 Hz",
            m["modulation_db"],
            "dB",
            modulation_floor,
            Bar(high=1.5 * modulation_floor),
        ),
        row("std_ratio", "temporal std, of the target's", m["std_ratio"], "×", m["std_ratio_floor"], Bar(0.8, 1.25)),
        row("motion_ratio", lag, m["motion_ratio"], "×", 1.0, Bar(0.5)),
        row("loop", "loop audibility", m["loop_audibility"], "", None, Bar(high=0.3)),
        row("loop_still", "loop audibility with evolution off", run.still["loop_audibility"], ""),
        row("loudness_lufs", "loudness", run.loudness_lufs, "LUFS", None, LOUDNESS),
        row("silent_rows_db", "silent rows above the target", m["silent_rows_db"], "dB", None, Bar(high=3.0)),
        row(
            "flicker_db",
            "flicker: change in 50–190 ms above the recording's",
            run.flicker.worst_db,
            "dB",
            run.flicker.floor_db,
            Bar(high=run.flicker.floor_db + FLICKER_DB),
        ),
        *_partial_figures(run.partials),
        *_pitch_figures(run.pitch),
        *grain_figures(run.grain),
        row(
            "copying",
            "copying: best in an excerpt (floor: its halves)",
            copied.typical,
            "",
            copied.halves,
            Bar(high=copied.halves + 0.1),
        ),
        row(
            "copying_best",
            "copying: best of all (floor: by chance)",
            copied.best,
            "",
            copied.chance,
            Bar(high=copied.chance),
        ),
        identity_figure(run.identity),
    ]


def _partial_figures(rows: PartialRows | None) -> list[Figure]:
    def row(
        key: str,
        label: str,
        get: Callable[[PartialRows], float],
        floor: Callable[[PartialRows], float] | None = None,
        bar: Callable[[PartialRows], float] | None = None,
    ) -> Figure:
        if rows is None:
            return Figure(f"sound_{key}", label, "sound", None, note="no partial stands out")
        limit = None if bar is None else Bar(high=bar(rows))
        return Figure(f"sound_{key}", label, "sound", get(rows), "dB", None if floor is None else floor(rows), limit)

    beside = "rows beside partials above target"
    return [
        row("partials_median_db", "partial rows, median of all seconds", lambda r: r.median_db),
        row(
            "partials_worst_db",
            "partial rows, worst second",
            lambda r: r.worst_db,
            lambda r: r.floor_db,
            lambda r: PARTIALS_DB,
        ),
        row(
            "partials_furthest_db",
            "partial rows, worst second of the row furthest beyond chance (floor: by chance)",
            lambda r: r.furthest_db[0],
            lambda r: r.furthest_db[1],
            lambda r: max(PARTIALS_DB, r.furthest_db[1]),
        ),
        row(
            "partials_excerpt_db",
            "partial rows, worst second of an excerpt (floor: the recording's)",
            lambda r: r.excerpt_db,
            lambda r: r.floor_db,
        ),
        row("neighbours_median_db", f"{beside}, median", lambda r: r.neighbours_median_db),
        row(
            "neighbours_worst_db",
            f"{beside}, worst second",
            lambda r: r.neighbours_worst_db,
            lambda r: r.neighbours_floor_db,
            lambda r: BESIDE_PARTIALS_DB,
        ),
        row(
            "neighbours_furthest_db",
            f"{beside}, worst second of the row furthest beyond chance (floor: by chance)",
            lambda r: r.neighbours_furthest_db[0],
            lambda r: r.neighbours_furthest_db[1],
            lambda r: max(BESIDE_PARTIALS_DB, r.neighbours_furthest_db[1]),
        ),
    ]


def _pitch_figures(found: Pitch) -> list[Figure]:
    return [
        Figure(
            "sound_f0_cents",
            "median f0 off the target's",
            "sound",
            found.f0_cents,
            "cents",
            note="" if found.f0_cents is not None else "no f0",
        ),
        Figure(
            "sound_partials_cents",
            "strongest partials off the target's, median",
            "sound",
            found.partials_cents,
            "cents",
            note="" if found.partials_cents is not None else "nothing tonal",
        ),
        Figure(
            "sound_partials_worst_cents",
            "strongest partials off the target's, worst",
            "sound",
            found.partials_worst_cents,
            "cents",
            note="" if found.partials_worst_cents is not None else "nothing tonal",
        ),
    ]


def identity_figure(identity: Identity | None) -> Figure:
    """Rank of the own recording among others; 1 is the bar."""
    label = "identification: rank of its own recording"
    if identity is None:
        return Figure("sound_identity_rank", label, "sound", None, bar=Bar(high=1.0), note="not run (--among)")
    note = f"of {identity.n_recordings}; nearest is {identity.nearest}"
    return Figure("sound_identity_rank", label, "sound", float(identity.rank), "rank", bar=Bar(high=1.0), note=note)
