"""An effect's state: arrays by name that its compiled loop changes in place."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.effects.contract import EffectState
from synth.effects.glide import Glide
from synth.saved_arrays import fitted


class HeldArrays:
    """Copies, clears and restores them; what they hold belongs to whoever made them."""

    def __init__(
        self,
        own: Mapping[str, NDArray[np.generic]],
        glide: Glide | None = None,
        below: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        """Arrays of zeros and the effect's glide; `below`: whole numbers that are places in other arrays, by name, and
        what each must stay below."""
        self._own, self._glide, self._below = dict(own), glide, dict(below or {})
        self._all = self._own if glide is None else {**self._own, **glide.arrays}

    def copies(self) -> dict[str, NDArray[np.generic]]:
        """What they hold now."""
        return {name: array.copy() for name, array in self._all.items()}

    def reset(self, state: EffectState | None) -> None:
        """Hold what was copied, or zeros while the glide stands at its targets; `KeyError` or `ValueError` names what
        does not fit, and then nothing has changed."""
        if state is not None:
            self._restore(state)
            return
        for array in self._own.values():
            array[...] = 0
        if self._glide is not None:
            self._glide.settle()

    def _restore(self, state: EffectState) -> None:
        checked = {name: fitted(state, name, array.shape, array.dtype) for name, array in self._all.items()}
        for name, limit in self._below.items():
            # A place outside its array would be read from the program's own memory.
            if not ((checked[name] >= 0) & (checked[name] < np.asarray(limit))).all():
                raise ValueError(name)
        for name, array in self._all.items():
            array[...] = checked[name]
