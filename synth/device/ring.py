"""A bounded ring of sound between the engine and the feeder.

Axes: `N` samples. The engine puts (2, N), the feeder takes (N, 2), as devices want it.
"""

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Ring:
    """First in, first out; one thread puts, one takes, either may wait for the other."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._data = np.zeros((capacity, 2), np.float32)
        self._start = 0
        self._ready = 0
        self.put_in_all = 0
        """Samples ever put."""
        self._changed = threading.Condition()

    @property
    def ready(self) -> int:
        """Samples waiting to be taken."""
        return self._ready

    @property
    def gone_in_all(self) -> int:
        """Samples ever put that do not wait any more."""
        with self._changed:
            return self.put_in_all - self._ready

    def put(self, block: NDArray[np.float32]) -> None:
        """Append (2, N); the caller has waited until there is room, so too much is a fault."""
        n = block.shape[1]
        with self._changed:
            if self._ready + n > self.capacity:
                raise ValueError(f"the ring holds {self._ready} of {self.capacity} samples: no room for {n}")
            end = (self._start + self._ready) % self.capacity
            first = min(n, self.capacity - end)
            self._data[end : end + first] = block[:, :first].T
            self._data[: n - first] = block[:, first:].T
            self._ready += n
            self.put_in_all += n
            self._changed.notify_all()

    def take(self, n: int) -> NDArray[np.float32]:
        """The next `n` samples or what there is, (≤ n, 2), a copy."""
        with self._changed:
            n = min(n, self._ready)
            first = min(n, self.capacity - self._start)
            out = np.empty((n, 2), np.float32)
            out[:first] = self._data[self._start : self._start + first]
            out[first:] = self._data[: n - first]
            self._start = (self._start + n) % self.capacity
            self._ready -= n
            self._changed.notify_all()
            return out

    def clear(self) -> None:
        """Forget what waits to be taken."""
        with self._changed:
            self._start, self._ready = (self._start + self._ready) % self.capacity, 0
            self._changed.notify_all()

    def wait_at_least(self, n: int, timeout_s: float) -> bool:
        """Wait until `n` samples are ready; False when time is up."""
        return self._wait(lambda: self._ready >= n, timeout_s)

    def wait_at_most(self, n: int, timeout_s: float) -> bool:
        """Wait until no more than `n` samples are ready; False when time is up."""
        return self._wait(lambda: self._ready <= n, timeout_s)

    def _wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        if condition():
            return True
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True
