"""Array types and the one product every part of the spectral vocoder uses."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def each_row_times(rows: Floats, matrix: Floats) -> Floats:
    """(F, K) times (K, L) → (F, L), row by row.

    A stack of vectors and not one matrix product: every row is then the same sequence of operations however many rows
    come along, so results are bit-equal for any block size and for heads that read equal frames.
    """
    product: Floats = np.matmul(rows[:, None], matrix)[:, 0]
    return product
