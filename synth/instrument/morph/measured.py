"""How far a blend's sound is from what its columns let one expect, measured before two presets are played.

A preset's vocoder knows how its own columns sound; columns that are partly another preset's put noise where it has
tones, or the other way round. How much louder that is depends on the pair: up to 2.7 dB between a flute and the sea,
0.5 between an organ and a choir. Away from its own pitch a preset is as loud as before within 0.4 dB, or, as the
violin, up to 1.6 dB louder. Axes: `M` mel bands, `T` frames, `N` samples.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth.culture.second_rule import are_siblings
from synth.culture.two_plates import of_length
from synth.instrument.morph.levelling import Curve, Weights, estimated_power, second_power
from synth.loudness import decibels, k_weighting
from synth.mel import LOG_MEL_FLOOR, log_mel_from_grid
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

_PLACES = 8
"""Steps of the share from one preset to the other."""
_COLUMNS = 96
"""1 s of computing. With 56 of 172 the curve of cello and violin differs by up to 0.6 dB, of flute and sea by 0.1."""
_RATE_HZ = 44100
"""Whatever the output's is, so that a morph goes on at another rate as it was."""
_BEGINNING = 6
"""Part of the sound that is left out: it begins from silence."""


@dataclass(frozen=True)
class Measured:
    """What a morph's level has to make up for besides what its columns say."""

    blend: Curve
    """By how much cells that have grown together are louder than the estimate, by their share."""
    first: Curve
    """By how much the first preset is louder at the pitch that both have, by the mean share …"""
    second: Curve
    """… and the second one."""


def measured(first: Preset, second: Preset) -> Measured:
    """Of two presets that are played by a vocoder each; slow where the two were not asked for lately."""
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
def _measured(first: _Known, second: _Known) -> Measured:
    presets = first.preset, of_length(second.preset, first.preset.n_frames)
    sounds = _Sound(presets[0]), _Sound(presets[1])
    roots = [preset.root_hz for preset in presets]
    octaves = math.log2(roots[1] / roots[0]) if min(roots) > 0 else 0.0
    shares = [place / _PLACES for place in range(_PLACES + 1)]
    none = (0.0,) * len(shares)
    return Measured(
        _blended(presets, sounds, shares) if are_siblings(*presets) else none,
        _moved(sounds[0], presets[0], [share * octaves for share in shares], 0) if octaves else none,
        _moved(sounds[1], presets[1], [(share - 1) * octaves for share in shares], -1) if octaves else none,
    )


def _blended(presets: tuple[Preset, Preset], sounds: tuple["_Sound", "_Sound"], shares: list[float]) -> Curve:
    """Cells that grow under both rules are about the blend of what each rule grows: live, the curve was as here within
    half a decibel."""
    weights = Weights(presets[0]), Weights(presets[1])
    away = []
    for share in shares:
        grid = presets[0].state[0].lerp(presets[1].state[0], share)[:, :_COLUMNS]
        power = float(second_power(torch.tensor(share)))
        heard = sounds[0].power(grid, 1 - power) + sounds[1].power(grid, power)
        levels = weights[0].levels(grid), weights[1].levels(grid)
        estimated = estimated_power(*levels, torch.full_like(grid, share), apart=True)
        away.append(decibels(heard) - decibels(estimated))
    # Both ends are the presets alone, whose loudness is known.
    return tuple(each - away[0] * (1 - share) - away[-1] * share for share, each in zip(shares, away, strict=True))


def _moved(sound: "_Sound", preset: Preset, octaves: list[float], own: int) -> Curve:
    """How loud a preset is so far from its pitch, beside how loud it is at its own, which is one of these."""
    # The notebook's rule is read through tanh; its stored state as well.
    grown = torch.tanh(preset.state[0]) if preset.rule.kind == "notebook" else preset.state[0]
    found = [decibels(sound.power(grown[:, :_COLUMNS], octaves=each)) for each in octaves]
    return tuple(each - found[own] for each in found)


class _Sound:
    """One preset's vocoder."""

    def __init__(self, preset: Preset) -> None:
        self._preset, self._vocoder = preset, SpectralVocoder(preset.mel)
        self._vocoder.prepare(preset, _RATE_HZ, n_heads=1)

    def power(self, grid: Tensor, part: float = 1.0, octaves: float = 0.0) -> float:
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
    hz = np.fft.rfftfreq(len(sound), 1 / _RATE_HZ).astype(np.float64)
    return float((np.abs(np.fft.rfft(sound)) ** 2 * k_weighting(hz)).sum()) / len(sound) ** 2
