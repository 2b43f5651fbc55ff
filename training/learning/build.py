"""A trained rule and what was measured from the recording, put together as a preset.

Axes: `M` mel bands, `T` frames, `N` samples.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from synth.automaton.rules import LiveRule
from synth.errors import TrainingError
from synth.loudness import SILENT_DB, loudness_lufs
from synth.mel import log_mel_from_grid
from synth.presets.model import LOOP_FRAMES, Credit, HighBand, Preset
from training.analysis.contour import Contour, measure_contour
from training.analysis.data import Target, region_of
from training.analysis.high_band import fit
from training.analysis.movement.linewidth import STEADY_CENTS, linewidths_hz
from training.analysis.movement.shimmer import shimmer
from training.analysis.movement.tremolo import tremolo_db
from training.analysis.noise_share import band_noise_share, between_partials, largest_noise_share, noise_share
from training.analysis.partials import MeasuredPitch
from training.analysis.partials import measure as measure_pitch
from training.analysis.trim import with_trim
from training.analysis.vocoding import vocoded
from training.learning.grow import grow
from training.learning.losses import quantiles
from training.learning.notebook import NotebookRecipe
from training.learning.recipe import Recipe
from training.learning.session import Grown
from training.learning.trainer import SETTLING_STEPS

PRESET_LUFS = -23.0
N_QUANTILES = 64
GAIN_FRAMES = 12 * LOOP_FRAMES
"""24 s: of a pad that swells over ten seconds 8 s are no measure; it came out 1.7 LU too quiet."""
_GAIN_RATE_HZ = 44100


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
    noise_share: Tensor
    most_noise: Tensor | None = None
    """The most that may be noise, (M,): see `largest_noise_share`."""
    contour: Contour = field(default_factory=Contour)


def measure_recording(target: Target, recording: Path | None = None) -> Measured:
    """Pitch, partials, air and noise of the target's region, and the note's contour from the file `recording` around
    it; takes seconds."""
    pitch = measure_pitch(target.wave, target.rate_hz, target.fmt)
    high_band = fit(target.wave, target.rate_hz, target.fmt)
    root_hz = 0.0 if pitch.inharmonic else pitch.root_hz
    between = between_partials(target.wave, target.rate_hz, root_hz, pitch.vibrato)
    if high_band is not None:
        share = band_noise_share(between, high_band.edges_hz, pitch.partials.hz, root_hz)
        high_band = replace(high_band, noise_share=share)
    if len(pitch.partials.hz) and pitch.vibrato.depth_cents + pitch.vibrato.jitter_cents < STEADY_CENTS:
        slopes = None if target.decay is None else target.decay.slopes_db_per_s
        widths = linewidths_hz(between, pitch.partials.hz, slopes, target.fmt)
        pitch = replace(pitch, partials=replace(pitch.partials, linewidth_hz=widths))
    if len(pitch.partials.hz):
        depth, shared = shimmer(between, pitch.partials.hz, target.fmt)
        pitch = replace(pitch, partials=replace(pitch.partials, shimmer=depth, shimmer_shared=shared))
        swing = tremolo_db(target.wave, target.rate_hz, pitch.partials.hz, pitch.vibrato, root_hz)
        pitch = replace(pitch, partials=replace(pitch.partials, tremolo_db=swing))
    contour = Contour() if recording is None else measure_contour(recording, target)
    most_noise = largest_noise_share(between, pitch.partials.hz, target.fmt)
    return Measured(pitch, high_band, noise_share(between, target.fmt), most_noise, contour)


def with_measured(preset: Preset, measured: Measured) -> Preset:
    """`preset` with all that is measured and not trained; its gain and trim are no longer right: see `levelled`."""
    pitch = measured.pitch
    return replace(
        preset,
        root_hz=pitch.root_hz,
        inharmonic=pitch.inharmonic,
        partials=pitch.partials if len(pitch.partials.hz) else None,
        vibrato=pitch.vibrato,
        high_band=measured.high_band,
        noise_share=measured.noise_share,
        attack=measured.contour.attack_db,
        release_db_per_s=measured.contour.release_db_per_s,
    )


def build_preset(
    target: Target, measured: Measured, grown: Grown, recipe: Recipe | NotebookRecipe, labels: Labels, seed: int = 0
) -> Preset:
    """Assemble; the gain brings the vocoded culture to −23 LUFS."""
    preset = Preset(
        name=labels.name,
        mel=target.fmt,
        rule=grown.rule,
        weather=recipe.weather,
        state=grown.state.half().float(),
        quantiles=quantiles(target.grid, N_QUANTILES),
        reference_db=target.reference_db,
        credit=labels.credit,
        decay_db_per_s=None if target.decay is None else target.decay.played_db_per_s,
        tags=labels.tags,
        author=labels.author,
        region_s=target.region_s,
        recipe={**recipe.as_dict(), "seed": seed, "kept_iteration": grown.iteration},
        metrics=grown.metrics.as_dict(),
    )
    return levelled(with_measured(preset, measured), grown.heard, measured.most_noise)


def levelled(preset: Preset, heard: Tensor, most_noise: Tensor | None = None) -> Preset:
    """The preset with trim, noise share up to `most_noise` (M,), and gain measured on the end of what its playhead
    `heard`, (M, S) grid values."""
    frames = log_mel_from_grid(heard[:, -GAIN_FRAMES:], preset.reference_db)[None]
    preset = with_trim(preset, frames, most_noise)
    return replace(preset, gain_db=measured_gain_db(preset, frames))


def measured_gain_db(preset: Preset, frames: Tensor) -> float:
    """Gain in dB that brings the sound of `frames` (1, M, n) to `PRESET_LUFS`, from both speakers: 3 LU over one."""
    loudness = loudness_lufs(vocoded(preset, frames, _GAIN_RATE_HZ).repeat(2, axis=0), _GAIN_RATE_HZ)
    return 0.0 if loudness <= SILENT_DB else float(np.clip(PRESET_LUFS - loudness, -80, 80))


def measured_again(preset: Preset, recording: Path, *, fills_rows: bool = True) -> Preset:
    """Pitch, partials, air, noise share and contour as the present version measures them in the preset's region; trim
    and gain solved again on a culture grown from seed. Without `fills_rows` rows beside partials get no noise for what
    they lack.

    Raises `TrainingError` for a recording without that region, and for a rule that is not made to grow on.
    """
    if not isinstance(preset.rule, LiveRule):
        raise TrainingError(f"“{preset.name}” lives by the notebook's rule, which is not measured; train it again.")
    target = region_of(preset, recording)
    measured = measure_recording(target, recording)
    level = (target.reference_db - preset.reference_db) / 40
    renewed = replace(with_measured(preset, measured), quantiles=quantiles(target.grid + level, N_QUANTILES))
    heard = grow(preset.rule, preset.weather, SETTLING_STEPS + GAIN_FRAMES).heard[:, SETTLING_STEPS:]
    return levelled(renewed, heard, measured.most_noise if fills_rows else None)
