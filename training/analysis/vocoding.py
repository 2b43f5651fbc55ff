"""Mel frames to sound as an array, for what is measured of it.

Axes: `M` mel bands, `n` frames, `N` samples.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

_WARM_FRAMES = 8


def vocoded(preset: Preset, frames: Tensor, rate_hz: int) -> npt.NDArray[np.float32]:
    """The sound of `frames` (1, M, n) at the recording's pitch, as if they had been sounding before, (1, N)."""
    vocoder = SpectralVocoder(preset.mel)
    vocoder.prepare(preset, rate_hz)
    vocoder.reset(frames[:, :, -_WARM_FRAMES:])
    n = frames.shape[2]
    with torch.inference_mode():
        sound = torch.cat([vocoder.process(frames, torch.ones(1, n)), vocoder.flush()], dim=1)
    return np.asarray(sound[:, vocoder.delay_samples :].numpy())
