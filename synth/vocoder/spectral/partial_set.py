"""Which partials a preset plays, and where their energy goes when the note moves.

Axes: `V` voices, `B` heads, `P` fitted partials, `H` partials above fmax, `U` upper multiples.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.presets.model import Preset
from synth.vocoder.arrays import Doubles, Floats

_LOWEST_HZ = 20.0
# The last row's triangle ends at fmax: what is nearer than this hardly shows in the mel and sounds with the air.
_FITTED_SHARE = 0.995
# Notes can go two octaves down before the spectrum runs out of upper partials.
_UPPER_OCTAVES = 2.0
_MOST_UPPER = 128
# Envelope between partials: no deeper than this below the loudest; a partial fitted as 0 must not mute its neighbours.
_ENVELOPE_FLOOR = np.float32(1e-4)
_ROLL_OFF_DB_PER_OCTAVE = 12.0
_LARGEST_GAIN = 16.0
_AT_THE_ROOT = 1e-6


@dataclass(frozen=True)
class PartialSet:
    """Partials fitted to the mel, partials that sound with the air, and multiples for notes below the root."""

    fitted_hz: Doubles
    fitted_amplitude: Doubles
    """(P,) as stored, or 1 / number."""
    high_hz: Doubles
    """(H,) stored partials above fmax."""
    high_amplitude: Doubles
    upper_hz: Doubles
    """(U,) silent at the root."""

    @property
    def prior(self) -> Doubles:
        """(P,) relative amplitudes from which the fit starts."""
        prior: Doubles = np.maximum(self.fitted_amplitude / self.fitted_amplitude.max(initial=1e-9), 1e-4)
        return prior

    @cached_property
    def hz(self) -> Doubles:
        """(P + H + U,)"""
        return np.concatenate([self.fitted_hz, self.high_hz, self.upper_hz])

    @classmethod
    def of(cls, preset: Preset) -> "PartialSet":
        """Stored partials; failing them multiples of the root; none for an inharmonic sound without partials."""
        fmax = preset.mel.fmax_hz
        root = preset.root_hz
        if preset.partials is not None and len(preset.partials.hz):
            hz = preset.partials.hz.numpy().astype(np.float64)
            amplitude = preset.partials.amplitude.numpy().astype(np.float64)
        elif root > 0 and not preset.inharmonic:
            number = np.arange(1, int(fmax / root) + 1, dtype=np.float64)
            hz, amplitude = root * number, 1 / number
        else:
            hz = amplitude = np.zeros(0)
        fitted, high = (hz >= _LOWEST_HZ) & (hz < fmax * _FITTED_SHARE), hz >= fmax * _FITTED_SHARE
        high &= fitted.any()
        high_hz, high_amplitude = hz[high], amplitude[high]
        hz, amplitude = hz[fitted], amplitude[fitted]
        upper = np.zeros(0)
        if len(hz) and root > 0 and not preset.inharmonic:
            first = int(max(hz[-1], fmax, high_hz.max(initial=0) + root / 2) / root) + 1
            last = int(fmax * 2**_UPPER_OCTAVES / root)
            upper = root * np.arange(first, min(last, first + _MOST_UPPER), dtype=np.float64)
        return cls(hz, amplitude, high_hz, high_amplitude, upper)

    def transposed(self, amplitudes: Floats, ratios: Doubles) -> Floats:
        """Amplitudes (V, B, P + H) at the root → (V, B, P + H + U) at ratios (V,): the envelope and the power stay."""
        voices, heads, count = amplitudes.shape
        moved = np.zeros((voices, heads, len(self.hz)), np.float32)
        moved[:, :, :count] = amplitudes
        away = np.flatnonzero(np.abs(ratios - 1) >= _AT_THE_ROOT)
        if len(away) and count:
            moved[away] = self._away_from_the_root(amplitudes[away], ratios[away])
        return moved

    def _away_from_the_root(self, amplitudes: Floats, ratios: Doubles) -> Floats:
        from synth.vocoder.spectral.kernels import kernels

        count = amplitudes.shape[2]
        floor = _ENVELOPE_FLOOR * amplitudes.max(axis=2, keepdims=True) + np.float32(1e-12)
        moved = np.empty((*amplitudes.shape[:2], len(self.hz)), np.float32)
        roll_off = _ROLL_OFF_DB_PER_OCTAVE / 20 * math.log(10)
        kernels().envelope(np.log(np.maximum(amplitudes, floor)), self.hz, count, ratios, roll_off, moved)
        np.exp(moved, out=moved)
        # Upper multiples are for notes below the root.
        moved[ratios > 1, :, count:] = 0
        power = np.square(moved, dtype=np.float64).sum(axis=2, keepdims=True)
        wanted = np.square(amplitudes, dtype=np.float64).sum(axis=2, keepdims=True)
        moved *= np.minimum(np.sqrt(wanted / (power + 1e-30)), _LARGEST_GAIN).astype(np.float32)
        return moved
