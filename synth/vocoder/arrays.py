"""Array types and the one product every part of the spectral vocoder uses."""

import numpy as np
import numpy.typing as npt
from torch import Tensor

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# Six octaves: the temple bell's root is A# 6, and its keys below A 2 are more than four octaves away.
_PITCH_RANGE = (1 / 64, 64.0)
_SILENT_GAIN = 1e-6


def each_row_times(rows: Floats, matrix: Floats) -> Floats:
    """(F, K) times (K, L) → (F, L), row by row.

    A stack of vectors and not one matrix product: every row is then the same sequence of operations however many rows
    come along, so results are bit-equal for any block size and for heads that read equal frames.
    """
    product: Floats = np.matmul(rows[:, None], matrix)[:, 0]
    return product


def given_array(tensor: Tensor) -> Floats:
    """What a caller gave, as single precision on the processor."""
    return tensor.detach().cpu().numpy().astype(np.float32, copy=False)


def audible(gain: Tensor) -> Floats:
    """Gains of any shape; below −120 dB, and what is not a number, is 0."""
    given = given_array(gain)
    return np.where((given >= _SILENT_GAIN) & (given < np.inf), given, np.float32(0))


def note_of(ratio: Tensor) -> Doubles:
    """Pitch ratios of any shape within what is played; what is not a number is at the root."""
    given = given_array(ratio).astype(np.float64)
    return np.where(np.isnan(given), 1.0, np.minimum(np.maximum(given, _PITCH_RANGE[0]), _PITCH_RANGE[1]))
