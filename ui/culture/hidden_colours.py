"""Colours for the channels nobody hears: hue and chroma from three directions, brightness still from what is heard.

Axes: `M` mel bands, `T` frames.
"""

import numpy as np
from numpy.typing import NDArray

from synth.mel import GRID_MAX, GRID_MIN
from ui.look.colour_map import LMS_FROM_LAB, RGB_FROM_LMS, srgb

_CHROMA = 0.15
_LIGHTNESS = (0.34, 0.78)
"""Of silent and of the loudest cells: dark enough to read the sound, light enough to see hues in silence."""
_THIRD = 0.09
_LEVELS = 1024


class HiddenPainter:
    """Grid values and hidden directions to pixels, through OKLab, where equal steps look equal."""

    def __init__(self) -> None:
        self._table = np.round(255 * srgb(np.linspace(0, 1, _LEVELS))).astype(np.float32)
        self._lms = LMS_FROM_LAB.T.astype(np.float32)
        self._rgb = (RGB_FROM_LMS.T * (_LEVELS - 1)).astype(np.float32)

    def colours(self, grid: NDArray[np.float32], hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """(M, T) values and (M, T, 3) in −1 … 1 → (M, T, 3) sRGB in 0 … 255."""
        heard = (np.nan_to_num(grid, nan=GRID_MIN).clip(GRID_MIN, GRID_MAX) - GRID_MIN) / (GRID_MAX - GRID_MIN)
        lab = np.nan_to_num(hidden)[..., [2, 0, 1]] * np.array([_THIRD, _CHROMA, _CHROMA], dtype=np.float32)
        lab[..., 0] += _LIGHTNESS[0] + (_LIGHTNESS[1] - _LIGHTNESS[0]) * heard
        linear = (lab @ self._lms) ** 3 @ self._rgb
        return self._table[linear.clip(0, _LEVELS - 1).astype(np.int32)]
