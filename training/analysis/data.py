"""From a recording to what is trained on: choose a region, take out its decay, measure its mel grid.

Axes: `M` mel bands, `T` frames, `N` samples.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from synth.errors import TrainingError
from synth.mel import DB_PER_NEPER, MelFormat, grid_from_log_mel, log_mel
from synth.presets.model import Preset
from training.analysis.decay import Decay, remove_decay, stroke_frames
from training.analysis.leak import leak_db
from training.analysis.partials import peaks_hz
from training.analysis.recording import MIN_SECONDS, SILENT_PEAK, Recording, Wave, load_recording

MAX_REGION_SECONDS = 8.0
PEAK = 0.7
"""Regions are normalised to this peak."""
STEADY_DB_PER_S = 1.0
RANGE_DB = 80.0
_SEARCH_STEP_FRAMES = 4
_FADED_DB = 30.0
_BODY_DB = 4.0
"""A note's body is within this of its median level, taken over what is within `_FADED_DB` of its loudest frame."""
_REGION_SLACK_S = 0.1
_EDGE_FRAMES = 6
"""What an attack or a release reaches into the body: an analysis window and some."""
_SINKS_DB, _RISES_DB = -85.5, -82.5
"""Mean level of a row over half a second, below the loudest cell's, under which it becomes silence, and above which it
sounds again; in between it stays what it was."""
_SOUNDS_DB, _SILENT_DB = -77.5, -84.0
"""The lowest of what sounds and of what does not: cultures waver by 1.3 dB about a level that stands
still, by 3 at most."""
_LIFT_DB, _UNLIFTED_DB, _WHOLLY_LIFTED_DB = 2.5, -70.0, -78.0
"""How far rows of a mean level are lifted: those of the latter and below as far as the end of the range, which is then
where it was among their levels."""
_EVENT_DB = -74.0
_MEAN_FRAMES = 43


@dataclass(frozen=True)
class Target:
    """The region to be grown."""

    grid: Tensor
    """(M, T) float32 grid values, decay removed; the region's outermost frames are left out: see `uncut`."""
    fmt: MelFormat
    reference_db: float
    region_s: tuple[float, float]
    """Start and end in the recording."""
    wave: Wave
    """(N,) float32: the region at its own rate, normalised as the grid is."""
    rate_hz: int
    decay: Decay | None = None
    """What was taken out of a sound that fades; None for sustained ones."""
    learned: Tensor | None = None
    """(M, T) grid values for a culture to learn: see `clear_of_fade`; None for `grid` itself."""

    def learned_by(self, recipe: Mapping[str, Any]) -> Tensor:
        """What a culture trained by `recipe` was to learn, (M, T) grid values; others learned `grid`."""
        return self.learned if recipe.get("clear_of_fade") and self.learned is not None else self.grid


def prepare(recording: Recording, fmt: MelFormat, whole: bool = False, fades: bool | None = None) -> Target:
    """Choose the steadiest long region (or take it `whole`), normalise it and measure its grid.

    `fades` is what is known of a `whole` region: cut out and measured again, one at the edge may seem to have changed.
    """
    mel_db = _mel_db(resampled(recording.wave, recording.rate_hz, fmt.rate_hz), fmt)
    frame_s = fmt.hop / fmt.rate_hz
    first, last, steady = (0, mel_db.shape[1], True) if whole else find_region(mel_db, frame_s)
    if whole:
        steady = _trend_db_per_s(mel_db, frame_s) < STEADY_DB_PER_S if fades is None else not fades
    elif not steady:
        first += stroke_frames(mel_db[:, first:last], frame_s, RANGE_DB)
    begin = round(first * frame_s * recording.rate_hz)
    end = min(len(recording.wave), round(last * frame_s * recording.rate_hz))
    wave = recording.wave[begin:end]
    seconds = len(wave) / recording.rate_hz
    if seconds < MIN_SECONDS or np.abs(wave).max() < SILENT_PEAK:
        raise TrainingError(
            f"{recording.name} is heard steadily for {seconds:.2f} s only, and {MIN_SECONDS} s are needed; --start and "
            "--seconds choose a part by hand."
        )
    wave = (wave * (PEAK / np.abs(wave).max())).astype(np.float32)
    mel_db = uncut(_mel_db(resampled(wave, recording.rate_hz, fmt.rate_hz), fmt), fmt)
    decay = None
    if not steady:
        partials_hz = [hz for hz in peaks_hz(wave, recording.rate_hz) if hz < fmt.fmax_hz]
        mel_db, decay = remove_decay(mel_db, frame_s, leak_db(partials_hz, fmt))
    reference_db = float(mel_db.max())
    region_s = (recording.offset_s + begin / recording.rate_hz, recording.offset_s + end / recording.rate_hz)
    grid = grid_from_log_mel(mel_db / DB_PER_NEPER, reference_db)
    learned = clear_of_fade(mel_db - reference_db)
    return Target(grid, fmt, reference_db, region_s, wave, recording.rate_hz, decay, learned)


def uncut(mel: Tensor, fmt: MelFormat) -> Tensor:
    """Frames (..., T) whose windows lie wholly within what was analysed.

    A sound cut in its middle is mirrored there, and the corner rings in every row: two frames at each end were 20 dB
    and more above the quiet rows of a glass harmonica and made a third of its temporal spread.
    """
    edge = math.ceil((fmt.n_fft - fmt.hop) / 2 / fmt.hop)
    return mel[..., edge : mel.shape[-1] - edge]


def clear_of_fade(level_db: Tensor) -> Tensor:
    """Levels (M, T) in dB below the loudest cell, as low as they were recorded, to grid values to be learned (M, T).

    A grid value fades from −79.2 dB to true silence at −80 dB. A row whose recording stays near there cannot be learned
    as it is: the decibel by which a good culture wavers switches it on and off, as it did an organ that hums at −82 dB
    from 4 to 8 kHz. What hums is lifted above the fade, to be brought down again by the preset's trim; what is silent
    is sunk well below it.
    """
    sounds = _sounding(level_db)
    heard_db = level_db.clamp(min=-RANGE_DB)
    mean = (heard_db * sounds).sum(dim=1, keepdim=True) / sounds.sum(dim=1, keepdim=True).clamp(min=1)
    lift = _LIFT_DB * ((_UNLIFTED_DB - mean) / (_UNLIFTED_DB - _WHOLLY_LIFTED_DB)).clamp(0, 1)
    lifted = (heard_db + lift).clamp(min=_SOUNDS_DB)
    # What stands out of silence is heard as it was, and comes and goes without staying in between.
    risen = ((level_db + RANGE_DB) / (_EVENT_DB + RANGE_DB)).clamp(0, 1)
    sunk = torch.where(level_db >= _EVENT_DB, level_db, _SILENT_DB + risen * (_EVENT_DB - _SILENT_DB))
    return torch.where(sounds, lifted, sunk) / 40 + 1


def _sounding(level_db: Tensor) -> Tensor:
    """Which of the levels (M, T) are sound to be learned and not silence, (M, T) bool."""
    mean = F.avg_pool1d(level_db[:, None], _MEAN_FRAMES, 1, _MEAN_FRAMES // 2, count_include_pad=False)[:, 0]
    sounds = mean.mean(dim=1) >= (_SINKS_DB + _RISES_DB) / 2
    frames = []
    for now in mean.T:
        sounds = torch.where(sounds, now >= _SINKS_DB, now > _RISES_DB)
        frames.append(sounds)
    return torch.stack(frames, dim=1)


def resampled(wave: Wave, from_hz: int, to_hz: int) -> Wave:
    """`wave` at another rate."""
    import soxr

    return wave if from_hz == to_hz else np.asarray(soxr.resample(wave, from_hz, to_hz), dtype=np.float32)


def find_region(mel_db: Tensor, frame_s: float) -> tuple[int, int, bool]:
    """First and last frame of the longest region whose level and LTAS trends are below 1 dB/s, and whether one of at
    least a second exists; without one, the note's body, or all of a fading sound whose body is shorter than that."""
    loud = mel_db.amax(dim=0)
    usual = loud[loud > loud.max() - _FADED_DB].median()
    body = (loud > usual - _BODY_DB).nonzero()[:, 0]
    first, last = int(body[0]), int(body[-1]) + 1
    if last - first > 8 * _EDGE_FRAMES and (last - first - 2 * _EDGE_FRAMES) * frame_s >= MIN_SECONDS:
        first, last = first + _EDGE_FRAMES, last - _EDGE_FRAMES
    longest = min(last - first, int(MAX_REGION_SECONDS / frame_s))
    shortest = min(longest, int(1.0 / frame_s))
    for length in range(longest, shortest - 1, -_SEARCH_STEP_FRAMES):
        starts = range(first, last - length + 1, _SEARCH_STEP_FRAMES)
        trends = [_trend_db_per_s(mel_db[:, s : s + length], frame_s) for s in starts]
        best = int(np.argmin(trends))
        if trends[best] < STEADY_DB_PER_S:
            return starts[best], starts[best] + length, True
    onset = int(loud.argmax())
    if last - onset < MIN_SECONDS / frame_s:
        onset = first
    if last - onset < 1.0 / frame_s:
        last = int((loud > loud.max() - _FADED_DB).nonzero()[-1]) + 1
    return onset, min(last, onset + int(MAX_REGION_SECONDS / frame_s)), False


def _mel_db(wave: Wave, fmt: MelFormat) -> Tensor:
    return log_mel(torch.from_numpy(wave)[None], fmt)[0] * DB_PER_NEPER


def _trend_db_per_s(mel_db: Tensor, frame_s: float) -> float:
    """The larger of two slopes: of the loudest row's level and of the LTAS, the mean over rows above the floor."""
    active = mel_db.mean(dim=1) > mel_db.amax() - RANGE_DB * 0.75
    tracks = torch.stack([mel_db[active].mean(dim=0), mel_db.amax(dim=0)])
    time_s = torch.arange(mel_db.shape[1]) * frame_s
    time_s -= time_s.mean()
    slopes = (tracks * time_s).sum(dim=1) / time_s.square().sum()
    return float(slopes.abs().max())


def region_of(preset: Preset, recording: Path, otherwise: str = "") -> Target:
    """The preset's own region of `recording`, else the steadiest.

    `TrainingError` for a recording without it; `otherwise` says what else could be done.
    """
    start, end = preset.region_s
    if end <= start:
        return prepare(load_recording(recording), preset.mel)
    try:
        part = load_recording(recording, start, end - start)
    except TrainingError as error:
        raise TrainingError(f"{error} {_advice(preset, otherwise)}" if recording.is_file() else str(error)) from error
    if len(part.wave) / part.rate_hz < end - start - _REGION_SLACK_S:
        length = start + len(part.wave) / part.rate_hz
        raise TrainingError(f"{recording.name} is {length:.2f} s long. {_advice(preset, otherwise)}")
    return prepare(part, preset.mel, whole=True, fades=preset.decay_db_per_s is not None)


def _advice(preset: Preset, otherwise: str) -> str:
    start, end = preset.region_s
    return f"{preset.name} was trained on {start:.2f} to {end:.2f} s: give the recording it grew from{otherwise}."


__all__ = [
    "MAX_REGION_SECONDS",
    "PEAK",
    "Recording",
    "Target",
    "Wave",
    "find_region",
    "load_recording",
    "prepare",
    "region_of",
    "remove_decay",
    "resampled",
    "uncut",
]
