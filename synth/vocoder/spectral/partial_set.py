"""Which partials a preset plays, and where their energy goes when the note moves.

Axes: `B` heads, `P` fitted partials, `H` partials above fmax, `U` upper multiples.
"""

from dataclasses import dataclass

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

    @property
    def hz(self) -> Doubles:
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

    def transposed(self, amplitude: Floats, ratio: float) -> Floats:
        """Amplitudes (B, P + H) at the root → (B, P + H + U) at `ratio`: the envelope stays, the power stays."""
        heads, count = amplitude.shape
        if abs(ratio - 1) < 1e-6 or not count:
            return np.concatenate([amplitude, np.zeros((heads, len(self.upper_hz)), np.float32)], axis=1)
        known, target = self.hz[:count], self.hz * ratio
        beyond = np.maximum(np.log2(target / known[-1]), 0)
        roll_off = 10 ** (-_ROLL_OFF_DB_PER_OCTAVE / 20 * beyond)
        moved = np.empty((heads, len(target)), np.float32)
        for head, row in enumerate(amplitude):
            floor = _ENVELOPE_FLOOR * row.max() + np.float32(1e-12)
            envelope = np.exp(np.interp(target, known, np.log(np.maximum(row, floor))))
            moved[head] = envelope * roll_off
            if ratio > 1:
                moved[head, count:] = 0
            power = float(np.sum(moved[head].astype(np.float64) ** 2))
            wanted = float(np.sum(row.astype(np.float64) ** 2))
            moved[head] *= min((wanted / (power + 1e-30)) ** 0.5, _LARGEST_GAIN)
        return moved
