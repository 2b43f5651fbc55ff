"""From a mel column to partial amplitudes: non-negative least squares by multiplicative updates.

Lee and Seung (2001). Started from the recording's own spectrum, the updates share a row between the partials in it in
the recording's proportions, where an exact solver would jump from one sparse solution to the next. No history: each
column's answer depends on that column alone. Axes: `F` columns, `B` heads, `M` mel bands, `P` partials, `R` rows of
noise.
"""

from dataclasses import dataclass

import numpy as np

from synth.vocoder.arrays import Doubles, Floats, each_row_times

_ITERATIONS = 24
_TINY = np.float32(1e-20)
# Relative error in every row counts alike down to 50 dB below the column's loudest row.
_WEIGHT_FLOOR = np.float32(0.003)


class AmplitudeSolver:
    """Solves `responses @ a ≈ column`, a ≥ 0, for many columns at once."""

    def __init__(self, responses: Doubles, prior: Doubles) -> None:
        """`responses` (M, P); `prior` (P,) positive amplitudes the solution starts from."""
        self._down = np.ascontiguousarray(responses, dtype=np.float32)
        self._up = np.ascontiguousarray(responses.T, dtype=np.float32)
        self._prior = prior.astype(np.float32)[None]
        self._prior_rows = each_row_times(self._prior, self._up)

    def solve(self, columns: Floats) -> tuple[Floats, Floats]:
        """Linear mel columns (F, M) → amplitudes (F, P) and what they explain (F, M)."""
        peak = columns.max(axis=1, keepdims=True) + _TINY
        relative = columns / peak
        weight = 1 / (relative + _WEIGHT_FLOOR) ** 2
        target = each_row_times(weight * relative, self._down)
        amplitude, rows = np.repeat(self._prior, len(columns), 0), np.repeat(self._prior_rows, len(columns), 0)
        for _ in range(_ITERATIONS):
            # In place: the same sums and products without an array for each.
            wanted = each_row_times(np.multiply(weight, rows, out=rows), self._down)
            wanted += _TINY
            amplitude *= np.divide(target, wanted, out=wanted)
            rows = each_row_times(amplitude, self._up)
        return amplitude * peak, rows * peak


@dataclass(frozen=True)
class ColumnParts:
    """What columns are made of, at the root."""

    whole: Floats
    """(F, B, M) the columns' magnitudes."""
    partials: Floats
    """(F, B, P) amplitudes of stored partials."""
    residual: Floats
    """(F, B, M) what they leave."""
    air: Floats
    """(F, B, R − M) rows of noise above fmax."""

    def of(self, pairs: slice) -> "ColumnParts":
        return ColumnParts(self.whole[pairs], self.partials[pairs], self.residual[pairs], self.air[pairs])
