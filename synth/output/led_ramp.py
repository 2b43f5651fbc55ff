"""A ramp that routes of modulation can lead. Axes: `N` samples."""

import numpy as np
from numpy.typing import NDArray

from synth.ramp import Ramp


class LedRamp(Ramp):
    """A ramp that routes of modulation can lead: they tell a value for each frame, which it reaches in a straight line
    at the frame's end."""

    _led: tuple[float, float, int, int] | None = None
    """Where it came from, where it goes, samples done and samples in all, while it is led."""

    def lead(self, value: float | None, n_samples: int) -> None:
        """Be at `value` in so many samples; None lets it go back to its own target."""
        now = self.value
        if value is not None:
            self._led = (now, value, 0, n_samples)
        elif self._led is not None:
            self._led, target = None, self._to
            self._from = self._to = now
            self._done = self._length
            self.move(target)

    @property
    def value(self) -> float:
        """Where it is now."""
        if self._led is None:
            return super().value
        begin, end, done, length = self._led
        return end if done >= length else begin + (end - begin) * done / length

    @property
    def settled(self) -> bool:
        return super().settled if self._led is None else self._led[0] == self._led[1]

    @property
    def led_to(self) -> NDArray[np.float64]:
        """(1,) between two frames: the value it is led to; empty where it is not led."""
        return np.array([] if self._led is None else [self._led[1]])

    def restore_led(self, value: float) -> None:
        """Go on from where it was led to."""
        self._led = (value, value, 1, 1)

    def take(self, n: int) -> NDArray[np.float64] | float:
        """The next `n` values: (N,), or one number where it stays."""
        if self._led is None:
            return super().take(n)
        begin, end, done, length = self._led
        self._led = (begin, end, done + n, length)
        if begin == end:
            return end
        return begin + (end - begin) * np.minimum(1.0, np.arange(done + 1, done + n + 1) / length)
