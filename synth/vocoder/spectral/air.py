"""Air above the mel's fmax, predicted from the mel column by the preset's high-band map.

Axes: `F` columns, `M` mel bands, `H` high bands.
"""

import numpy as np

from synth.mel import LOG_MEL_FLOOR
from synth.presets.model import HighBand
from synth.vocoder.arrays import Floats

# Air may be louder per hertz than the column is on average, as in a hiss, but not without bound: painted columns are
# unlike anything the map was fitted to.
_LOUDEST_RE_COLUMN = np.float32(4.0)
_GATE_NEPER = 1.5


class Air:
    """Root-mean-square amplitude of each high band, safe for any column."""

    def __init__(self, high: HighBand | None, top_hz: float, rate_hz: int) -> None:
        """Bands that start at or above `top_hz` cannot sound and are left out."""
        self.edges_hz = np.zeros(0)
        self._weights = np.zeros((0, 1), np.float32)
        self._density = np.zeros(0, np.float32)
        if high is not None:
            edges = high.edges_hz.numpy().astype(np.float64)
            count = int(np.sum(edges[:-1] < top_hz * 0.98))
            if count:
                self.edges_hz = np.minimum(edges[: count + 1], top_hz)
                self._weights = high.weights.numpy()[:count].astype(np.float32)
                # A band of white noise has the share of its power that it has of the spectrum at the mel's rate.
                share = np.diff(self.edges_hz) / (rate_hz / 2)
                self._density = (1 / np.sqrt(share)).astype(np.float32)

    def densities(self, log_columns: Floats, densities: Floats, louder: Floats | None = None) -> Floats:
        """Log-mel columns (F, M) and total noise-equivalent densities (F, M) → noise densities (F, H), by `louder`
        (F, H) nepers more than the columns say."""
        if not len(self._weights):
            return np.zeros((len(log_columns), 0), np.float32)
        log_level = np.matmul(log_columns[:, None], self._weights[:, :-1].T)[:, 0] + self._weights[:, -1]
        if louder is not None:
            log_level = log_level + louder[:, : log_level.shape[1]]
        level = np.exp(np.minimum(log_level, 2.0)) * self._density
        bound = np.sqrt((densities**2).mean(axis=1, keepdims=True)) * _LOUDEST_RE_COLUMN
        above_floor = log_columns.max(axis=1, keepdims=True) - np.float32(LOG_MEL_FLOOR)
        gate = np.clip(above_floor / _GATE_NEPER, 0, 1)
        safe: Floats = np.minimum(level, bound) * gate
        return safe

    def levels(self, densities: Floats) -> Floats:
        """Noise densities (F, H) → root mean square of each band (F, H)."""
        levels: Floats = densities / self._density
        return levels
