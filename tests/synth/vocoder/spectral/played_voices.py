"""Voices for the spectral vocoder, and what is heard of them.

Axes: `V` voices, `B` heads, `M` mel bands, `n` frames.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synth.mel import FORMATS, MelFormat
from synth.presets.model import HighBand, Preset, Vibrato
from synth.vocoder.contract import Onset, VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.sounds import coloured_noise, frames_of, harmonics, preset_for, tones

Doubles = npt.NDArray[np.float64]
F22, F44 = FORMATS["22k80"], FORMATS["44k128"]
TONE = preset_for(hz=[220.0], amplitudes=[0.3], root_hz=220.0)
TONE_COLUMN = frames_of(tones([220.0], [0.3], 0.5, 22050), F22)[0, :, 10]
HOP = 512
"""Samples of a frame at 44.1 kHz."""


def voices(
    slots: Sequence[int], columns: Tensor, n: int, ratios: float | Tensor = 1.0, gains: float | Tensor = 1.0
) -> VoiceFrames:
    """One column (M,) for all voices and heads, or columns (V, B, M, n)."""
    heads = 2
    if columns.ndim == 1:
        columns = columns[None, None, :, None].expand(len(slots), heads, -1, n)
    ratio = torch.as_tensor(ratios, dtype=torch.float32).expand(len(slots), n)
    gain = torch.as_tensor(gains, dtype=torch.float32).expand(len(slots), columns.shape[1], n)
    return VoiceFrames(tuple(slots), columns, ratio, gain)


def sound(vocoder: SpectralVocoder, *blocks: VoiceFrames) -> Doubles:
    """(B, N) of these blocks, with the delay."""
    return torch.cat([vocoder.process_voices(block) for block in blocks], dim=1).double().numpy()


def rich(n_frames: int, fmt: MelFormat = F22) -> tuple[Preset, Tensor]:
    """A preset with everything, and frames (2, M, n) of a moving sound whose heads differ."""
    wave = harmonics(220.0, 20, n_frames * fmt.hop / fmt.rate_hz + 0.2, fmt.rate_hz)
    wave = wave * (1 + 0.5 * np.sin(np.arange(len(wave)) * 20 / fmt.rate_hz))
    wave = wave + coloured_noise(len(wave) / fmt.rate_hz, fmt.rate_hz, level=0.02)[: len(wave)]
    left = frames_of(wave, fmt)[0]
    edges = torch.tensor([8000.0, 12000.0, 20000.0])
    preset = preset_for(
        fmt,
        hz=[220.0 * k for k in range(1, 60)],
        amplitudes=[0.2 / k for k in range(1, 60)],
        root_hz=220.0,
        vibrato=Vibrato(5.0, 12.0, 6.0),
        high_band=HighBand(edges, torch.full((2, fmt.n_mels + 1), 0.004)),
    )
    return preset, torch.stack([left[:, :n_frames], left[:, 3 : n_frames + 3]])


def onset(column: Tensor, before: tuple[float, float] = (0.0, 0.0), gain: float = 1.0, ratio: float = 1.0) -> Onset:
    """A column (M,) for both heads; nepers that are added one and two frames before it, the earlier first."""
    columns = torch.stack([column + before[0], column + before[1], column], dim=1)
    return Onset(columns.expand(2, -1, -1), torch.full((2, 3), gain), ratio)
