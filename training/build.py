"""A trained rule and what was measured from the recording, put together as a preset.

Axes: `M` mel bands, `T` frames, `N` samples.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.loudness import SILENT_DB, loudness_lufs
from synth.mel import DB_PER_NEPER, log_mel, log_mel_from_grid
from synth.preset import LOOP_FRAMES, Credit, HighBand, Preset
from synth.vocoder.spectral import MOST_TRIM_DB, SpectralVocoder
from training.data import RANGE_DB, Target, uncut
from training.high_band import fit
from training.losses import quantiles
from training.notebook import NotebookRecipe
from training.partials import MeasuredPitch
from training.partials import measure as measure_pitch
from training.recipe import Recipe
from training.session import Grown

PRESET_LUFS = -23.0
N_QUANTILES = 64
_TRIM_FRAMES, GAIN_FRAMES = 4 * LOOP_FRAMES, 12 * LOOP_FRAMES
"""8 and 24 s: of a pad that swells over ten seconds 8 s are no measure; it came out 1.7 LU too quiet."""
_GAIN_RATE_HZ = 44100
_FEWEST_LOOPS = 4
_TRIM_PASSES = 3
_TRIM_STEP = 0.7
_WARM_FRAMES = 8


@dataclass(frozen=True)
class Labels:
    """What a person says about a preset."""

    name: str
    credit: Credit
    tags: tuple[str, ...] = ()
    author: str = ""


@dataclass(frozen=True)
class Measured:
    """What a preset takes from the recording itself."""

    pitch: MeasuredPitch
    high_band: HighBand | None


def measure_recording(target: Target) -> Measured:
    """Partials, pitch and air of the target's region; takes seconds."""
    return Measured(
        measure_pitch(target.wave, target.rate_hz, target.fmt), fit(target.wave, target.rate_hz, target.fmt)
    )


def build_preset(
    target: Target, measured: Measured, grown: Grown, recipe: Recipe | NotebookRecipe, labels: Labels, seed: int = 0
) -> Preset:
    """Assemble; the gain brings the vocoded culture to −23 LUFS."""
    pitch = measured.pitch
    preset = Preset(
        name=labels.name,
        mel=target.fmt,
        rule=grown.rule,
        weather=recipe.weather,
        state=grown.state.half().float(),
        quantiles=quantiles(target.grid, N_QUANTILES),
        reference_db=target.reference_db,
        credit=labels.credit,
        root_hz=pitch.root_hz,
        inharmonic=pitch.inharmonic,
        partials=pitch.partials if len(pitch.partials.hz) else None,
        vibrato=pitch.vibrato,
        high_band=measured.high_band,
        decay_db_per_s=target.decay_db_per_s,
        tags=labels.tags,
        author=labels.author,
        region_s=target.region_s,
        recipe={**recipe.as_dict(), "seed": seed, "kept_iteration": grown.iteration},
        metrics=grown.metrics.as_dict(),
    )
    return levelled(preset, grown.heard)


def levelled(preset: Preset, heard: Tensor) -> Preset:
    """The preset with trim and gain measured on the end of what its playhead `heard`, (M, S) grid values."""
    frames = log_mel_from_grid(heard[:, -GAIN_FRAMES:], preset.reference_db)[None]
    preset = replace(preset, trim_db=measured_trim_db(preset, frames))
    return replace(preset, gain_db=measured_gain_db(preset, frames))


def measured_trim_db(preset: Preset, frames: Tensor) -> Tensor:
    """What each row lacks on average in the sound of `frames` (1, M, n), (M,).

    Rows between partials hold what leaks from them, and what is noise in one row is heard in its neighbours: a frame at
    a time the vocoder cannot undo that. On the bundled presets it halves the error of the average spectrum. What the
    culture itself lacks of its recording is made up for as well. Rows below the range are left alone.
    """
    floor = (preset.reference_db - RANGE_DB) / DB_PER_NEPER
    recorded = log_mel_from_grid(preset.quantiles, preset.reference_db).clamp(min=floor).mean(dim=1)
    played, level = frames[:, :, -_TRIM_FRAMES:], frames[0].clamp(min=floor)
    wanted = level[:, -_TRIM_FRAMES:].mean(dim=1) + _lacking(level, recorded)
    trim = torch.zeros(preset.mel.n_mels)
    for _ in range(_TRIM_PASSES):
        sound = vocoded(replace(preset, trim_db=trim), played, preset.mel.rate_hz)
        got = uncut(log_mel(torch.from_numpy(sound), preset.mel)[0], preset.mel).clamp(min=floor).mean(dim=1)
        trim = (trim + _TRIM_STEP * (wanted - got) * DB_PER_NEPER).clamp(-MOST_TRIM_DB, MOST_TRIM_DB)
    return trim


def _lacking(level: Tensor, recorded: Tensor) -> Tensor:
    """What rows of `level` (M, n) lack on average of `recorded` (M,), shrunk by how ill that is known: the average of a
    slow pad wanders by decibels, and to follow it trimmed a lunar pad from 0.43 to 1.18 dB."""
    loops = level.unfold(1, LOOP_FRAMES, LOOP_FRAMES).mean(dim=2) if level.shape[1] >= LOOP_FRAMES else level[:, :0]
    if loops.shape[1] < _FEWEST_LOOPS:
        return torch.zeros_like(recorded)
    off = recorded - level.mean(dim=1)
    doubt = loops.var(dim=1) / loops.shape[1]
    return off * (1 - doubt / off.square().clamp(min=1e-12)).clamp(min=0)


def measured_gain_db(preset: Preset, frames: Tensor) -> float:
    """Gain in dB that brings the sound of `frames` (1, M, n) to `PRESET_LUFS`, from both speakers: 3 LU over one."""
    loudness = loudness_lufs(vocoded(preset, frames, _GAIN_RATE_HZ).repeat(2, axis=0), _GAIN_RATE_HZ)
    return 0.0 if loudness <= SILENT_DB else float(np.clip(PRESET_LUFS - loudness, -80, 80))


def vocoded(preset: Preset, frames: Tensor, rate_hz: int) -> npt.NDArray[np.float32]:
    """The sound of `frames` (1, M, n) at the recording's pitch, as if they had been sounding before, (1, N)."""
    vocoder = SpectralVocoder(preset.mel)
    vocoder.prepare(preset, rate_hz)
    vocoder.reset(frames[:, :, -_WARM_FRAMES:])
    n = frames.shape[2]
    with torch.inference_mode():
        sound = torch.cat([vocoder.process(frames, torch.ones(1, n)), vocoder.flush()], dim=1)
    return np.asarray(sound[:, vocoder.delay_samples :].numpy())
