"""The contour of two recordings, blended row by row. Axes: `V` voices, `M` mel bands."""

import numpy as np
from numpy.typing import NDArray

from synth.instrument.voices.contour import Contour, ContourAmounts

Values = NDArray[np.float64]


class BlendedContour(Contour):
    """In every row as much of the second recording's contour, in decibels, as its share says."""

    def __init__(self, first: Contour, second: Contour, share: Values) -> None:
        """`share` (M,) in 0 … 1."""
        self._first, self._second, self._share = first, second, share
        self.attack_frames = max(first.attack_frames, second.attack_frames)

    @property
    def empty(self) -> bool:
        return self._first.empty and self._second.empty

    def offsets(self, age: Values, release_age: Values, amounts: ContourAmounts) -> Values:
        first = self._first.offsets(age, release_age, amounts)
        return first + self._share * (self._second.offsets(age, release_age, amounts) - first)
