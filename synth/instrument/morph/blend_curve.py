"""How far a blend's sound is from what its columns let one expect, measured before two presets are played.

A preset's vocoder knows how its own columns sound; columns that are partly another preset's put noise where it has
tones, or the other way round. How much louder that is depends on the pair: up to 2.7 dB between a flute and the sea,
0.4 between an organ and a choir. Axes: `M` mel bands, `T` frames, `N` samples.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.culture.two_plates import of_length
from synth.instrument.morph.levelling import Curve, Weights, estimated_power, second_power
from synth.loudness import decibels, k_weighting
from synth.mel import LOG_MEL_FLOOR, log_mel_from_grid
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

_PLACES = 8
"""Steps of the share from one preset to the other."""
_COLUMNS = 96
"""0.7 s of computing. With 56 of 172 the curve of cello and violin differs by up to 0.6 dB, of flute and sea by 0.1."""
_RATE_HZ = 44100
"""Whatever the output's is, so that a morph goes on at another rate as it was."""
_BEGINNING = 6
"""Part of the sound that is left out: it begins from silence."""


def blend_curve(first: Preset, second: Preset) -> Curve:
    """In dB by how much the power of both, of cells that have grown together, is above the estimate at evenly spaced
    shares; slow where the two were not asked for lately."""
    return _measured(_Known(first), _Known(second))


class _Known:
    """A preset as a key: itself and no other."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.preset is self.preset

    def __hash__(self) -> int:
        return id(self.preset)


@lru_cache(maxsize=8)
def _measured(first: _Known, second: _Known) -> Curve:
    """Cells that grow under both rules are about the blend of what each rule grows: live, the curve was as here within
    half a decibel."""
    presets = first.preset, of_length(second.preset, first.preset.n_frames)
    weights = Weights(presets[0]), Weights(presets[1])
    sounds = _Sound(presets[0]), _Sound(presets[1])
    roots = [preset.root_hz for preset in presets]
    octaves = math.log2(roots[1] / roots[0]) if min(roots) > 0 else 0.0
    away = []
    for place in range(_PLACES + 1):
        share = place / _PLACES
        grid = presets[0].state[0].lerp(presets[1].state[0], share)[:, :_COLUMNS]
        shares = torch.full_like(grid, share)
        power = float(second_power(torch.tensor(share)))
        heard = sounds[0].power(grid, 1 - power, share * octaves) + sounds[1].power(grid, power, (share - 1) * octaves)
        levels = weights[0].levels(grid), weights[1].levels(grid)
        away.append(decibels(heard) - decibels(estimated_power(*levels, shares, apart=True)))
    # Both ends are the presets alone, whose loudness is known.
    return tuple(each - away[0] * (1 - place / _PLACES) - away[-1] * place / _PLACES for place, each in enumerate(away))


class _Sound:
    """One preset's vocoder."""

    def __init__(self, preset: Preset) -> None:
        self._preset, self._vocoder = preset, SpectralVocoder(preset.mel)
        self._vocoder.prepare(preset, _RATE_HZ, n_heads=1)

    def power(self, grid: Tensor, part: float, octaves: float) -> float:
        """Of a grid (M, T) played at a `part` of its power and so far from the preset's pitch, K-weighted."""
        if part < 1e-9:
            return 0.0
        columns = log_mel_from_grid(grid, self._preset.reference_db) + 0.5 * math.log(part)
        self._vocoder.reset()
        ratios = torch.full((1, grid.shape[1]), 2**octaves)
        sound = self._vocoder.process(columns.clamp(min=LOG_MEL_FLOOR)[None], ratios)[0].double().numpy()
        return _weighted(sound[len(sound) // _BEGINNING :]) * 10 ** (self._preset.gain_db / 10)


def _weighted(sound: NDArray[np.float64]) -> float:
    """Mean power of (N,) as BS.1770 weights it."""
    hz = np.fft.rfftfreq(len(sound), 1 / _RATE_HZ)
    return float((np.abs(np.fft.rfft(sound)) ** 2 * k_weighting(hz)).sum()) / len(sound) ** 2
