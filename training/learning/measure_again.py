"""A finished preset measured again from its recording, without training: its rule and its culture stay."""

from dataclasses import replace
from pathlib import Path

import torch

from synth.automaton.rules import LiveRule
from synth.errors import TrainingError
from synth.presets.model import Preset
from training.analysis.region import region_of
from training.learning.build import GAIN_FRAMES, N_QUANTILES, levelled, measure_recording, with_measured
from training.learning.fused import product_dtype
from training.learning.grow import grow
from training.learning.losses import quantiles
from training.learning.trainer import SETTLING_STEPS


def measured_again(preset: Preset, recording: Path) -> Preset:
    """Pitch, partials, air, noise share and contour as the present version measures them in the preset's region; trim
    and gain solved again on a culture grown from seed.

    Raises `TrainingError` for a recording without that region, and for a rule that is not made to grow on.
    """
    if not isinstance(preset.rule, LiveRule):
        raise TrainingError(f"“{preset.name}” lives by the notebook's rule, which is not measured; train it again.")
    target = region_of(preset, recording)
    measured = with_measured(preset, measure_recording(target, recording))
    level = (target.reference_db - preset.reference_db) / 40
    measured = replace(measured, quantiles=quantiles(target.grid + level, N_QUANTILES))
    steps, dtype = SETTLING_STEPS + GAIN_FRAMES, product_dtype(torch.device("cpu"))
    heard = grow(preset.rule, preset.weather, steps, dtype=dtype).heard[:, SETTLING_STEPS:]
    return levelled(measured, heard)
