"""Partials above the mel's fmax: the tonal share of the air.

A recording's harmonics do not end where its mel does. The preset's high-band map says how loud each band of air is; the
stored partials above fmax say how much of it was tone. Axes: `F` columns, `M` mel bands, `H` bands, `U` high partials.
"""

import numpy as np

from synth.mel import LOG_MEL_FLOOR, log_mel_from_grid
from synth.presets.model import Preset
from synth.vocoder.arrays import Doubles, Floats
from synth.vocoder.spectral.air import Air
from synth.vocoder.spectral.amplitudes import AmplitudeSolver
from synth.vocoder.spectral.noise_shaper import NoiseShaper

# Where nobody measured the noise some is always left: a band of pure sines sounds like an organ.
_LARGEST_SHARE = 0.9
_COLUMNS = 64


class HighPartials:
    """Splits each band of air into partials and noise of the same total power."""

    def __init__(self, hz: Doubles, amplitude: Doubles, air: Air) -> None:
        """`hz`, `amplitude` (U,) as stored. Until `calibrate` all air is noise."""
        bands = len(air.edges_hz) - 1
        band = np.searchsorted(air.edges_hz, hz, side="right") - 1
        self._inside = band < bands
        # A partial just below fmax belongs to the first band.
        self._band = np.where(self._inside, np.maximum(band, 0), 0)
        self._power = np.where(self._inside, amplitude**2 / 2, 0.0)
        self._shares = np.zeros(max(bands, 0))
        self._gain = np.zeros(len(hz), np.float32)

    def calibrate(
        self, preset: Preset, fitted_amplitude: Doubles, solver: AmplitudeSolver, air: Air, noise: NoiseShaper
    ) -> None:
        """Shares from the culture's own columns, relative to its partials below fmax.

        Relative to those the stored amplitudes hold, whatever the recording's gain was and however it decayed.
        """
        if not self._inside.any():
            return
        tonal = np.asarray(np.bincount(self._band, self._power, len(self._shares)), np.float64)
        measured = None if preset.high_band is None else preset.high_band.noise_share
        if measured is not None:
            noise_power = measured.numpy().astype(np.float64)[: len(self._shares)] ** 2
            self._set_shares(np.where(tonal > 0, 1 - noise_power, 0.0), tonal)
            return
        columns = log_mel_from_grid(preset.state[0], preset.reference_db).T.numpy()
        columns = np.ascontiguousarray(columns[:: max(len(columns) // _COLUMNS, 1)], dtype=np.float32)
        linear = np.maximum(np.exp(columns) - np.float32(np.exp(LOG_MEL_FLOOR)), 0)
        solved = float((solver.solve(linear)[0].astype(np.float64) ** 2).sum(axis=1).mean())
        scale = solved / max(float(np.sum(fitted_amplitude**2)), 1e-20)
        of_bands = (air.levels(air.densities(columns, noise.densities(linear))).astype(np.float64) ** 2).mean(axis=0)
        self._set_shares(np.clip(scale * tonal / np.maximum(of_bands, 1e-20), 0, _LARGEST_SHARE), tonal)

    def _set_shares(self, shares: Doubles, tonal: Doubles) -> None:
        """Tonal `shares` of the bands' power (H,), divided as the stored powers are, `tonal` (H,) in sum."""
        self._shares = shares
        of_band = self._power / np.maximum(tonal[self._band], 1e-30)
        self._gain = np.sqrt(2 * self._shares[self._band] * of_band).astype(np.float32)

    def split(self, densities: Floats, air: Air) -> tuple[Floats, Floats]:
        """Air (F, H) → amplitudes (F, U) and what is left as noise (F, H)."""
        if not self._inside.any():
            return np.zeros((len(densities), len(self._gain)), np.float32), densities
        amplitude = air.levels(densities)[:, self._band] * self._gain
        return amplitude, densities * np.sqrt(1 - self._shares).astype(np.float32)
