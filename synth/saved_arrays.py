"""State as named arrays: how parts of it are put together, taken apart and checked before they are used."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

SavedArrays = Mapping[str, NDArray[Any]]
"""All that the future of something depends on besides its input; nobody writes to the arrays."""

_FAR = 1e9
"""No sample, gain, pitch or length is ever near this."""


def prefixed(prefix: str, arrays: SavedArrays) -> dict[str, NDArray[Any]]:
    """The same arrays as parts of something larger."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def part(prefix: str, arrays: SavedArrays) -> dict[str, NDArray[Any]]:
    """The arrays that `prefixed` put there."""
    start = f"{prefix}."
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}


def fitted(
    arrays: SavedArrays, name: str, shape: tuple[int | None, ...], dtype: DTypeLike = np.float32, *, nan: bool = False
) -> NDArray[Any]:
    """A copy of one array, which has this shape (None is any length) and dtype; `KeyError` or `ValueError` names it.

    With `nan`, what is not a number is allowed in it.
    """
    array = arrays[name]
    lengths = zip(array.shape, shape, strict=True) if array.ndim == len(shape) else [(0, 1)]
    if array.dtype != dtype or any(wanted is not None and length != wanted for length, wanted in lengths):
        raise ValueError(name)
    if array.dtype.kind == "f" and not ((np.abs(array) <= _FAR) | (np.isnan(array) if nan else False)).all():
        raise ValueError(name)
    return array.copy()
