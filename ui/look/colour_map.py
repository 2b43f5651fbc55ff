"""The culture's colour map: even steps of perceived colour from near black through teal to warm white.

Axes: `M` mel bands, `T` frames.
"""

import numpy as np
from numpy.typing import NDArray

from synth.mel import GRID_MAX, GRID_MIN

_PATH = np.array(
    [
        # lightness, chroma, hue in degrees: Björn Ottosson's OKLCh (2020)
        (0.12, 0.025, 285.0),
        (0.28, 0.090, 275.0),
        (0.45, 0.105, 225.0),
        (0.62, 0.115, 185.0),
        (0.78, 0.140, 145.0),
        (0.90, 0.130, 105.0),
        (0.98, 0.045, 95.0),
    ]
)
LMS_FROM_LAB = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
RGB_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
_WOUND_RGB = np.array([255.0, 112.0, 82.0], dtype=np.float32)
_GLOW = 0.3
"""How much of a fresh wound's colour is glow."""
_ICE_RGB = np.array([120.0, 190.0, 255.0], dtype=np.float32)
_ICE = 0.34
_SECOND_RGB = np.array([186.0, 132.0, 255.0], dtype=np.float32)
_SECOND = 0.2
"""How much of a second preset's cells is its colour, where the first one has others."""


def colour_table(n: int = 256) -> NDArray[np.uint8]:
    """(n, 3) sRGB; neighbours are equally far apart in OKLab."""
    t = np.linspace(0, 1, 4096)
    knots = np.linspace(0, 1, len(_PATH))
    lightness, chroma, hue = (np.interp(t, knots, column) for column in _PATH.T)
    angle = np.deg2rad(hue)
    lab = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    even = np.linspace(0, travelled[-1], n)
    lab = np.stack([np.interp(even, travelled, axis) for axis in lab.T], axis=1)
    linear = ((lab @ LMS_FROM_LAB.T) ** 3 @ RGB_FROM_LMS.T).clip(0, 1)
    return np.asarray(np.round(srgb(linear) * 255), dtype=np.uint8)


def srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light in 0 … 1 to sRGB in 0 … 1 (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def tinted(
    colour: NDArray[np.float32],
    rest: NDArray[np.float32],
    frozen: NDArray[np.float32],
    share: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """(M, T, 3) colours in 0 … 255, changed in place: wounds glow, ice is blue, a second preset's cells are violet by
    their share (M, T)."""
    if share is not None:
        colour += (_SECOND * share)[..., None] * (_SECOND_RGB - colour)
    if frozen.any():
        colour += (_ICE * frozen)[..., None] * (_ICE_RGB - colour)
    if rest.any():
        colour += (_GLOW * rest)[..., None] * (_WOUND_RGB - colour)
    return colour


class CulturePainter:
    """Grid values, wounds and ice to pixels, in arrays that are reused from frame to frame."""

    def __init__(self) -> None:
        self._table = colour_table().astype(np.float32)
        self._pixels: NDArray[np.uint8] = np.zeros((1, 1, 3), dtype=np.uint8)

    def pixels(
        self,
        grid: NDArray[np.float32],
        rest: NDArray[np.float32],
        frozen: NDArray[np.float32] | None = None,
        share: NDArray[np.float32] | None = None,
    ) -> NDArray[np.uint8]:
        """(M, T) values; rest, ice and a second preset's shares in 0 … 1 → (M, T, 3) sRGB; the array is overwritten by
        the next call."""
        if self._pixels.shape[:2] != grid.shape:
            self._pixels = np.zeros((*grid.shape, 3), dtype=np.uint8)
        heard = np.nan_to_num(grid, nan=GRID_MIN).clip(GRID_MIN, GRID_MAX)
        index = ((heard - GRID_MIN) * ((len(self._table) - 1) / (GRID_MAX - GRID_MIN))).astype(np.uint8)
        self._pixels[...] = tinted(
            self._table[index], rest, np.zeros(1, dtype=np.float32) if frozen is None else frozen, share
        )
        return self._pixels
