"""A step of the automaton computed beside everything else, before it is asked for.

A step is a third of what a frame costs. Whoever is to be heard at once cannot wait for it in the middle of his notes,
and it depends on nothing that a note does: so a thread of its own computes it from a copy of the cells while the sound
goes on. Its products hold no lock of the interpreter. Every gesture throws away what was computed.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from synth.thread_priority import raise_thread_priority

Key = tuple[int, float]
"""Number of the step, and how strongly the weather pushes: what a step depends on besides the cells."""


class StepAhead:
    """At most one step; every method belongs to the thread that owns the culture."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._cells: Tensor | None = None
        self._key: Key | None = None
        self._done: Future[None] | None = None

    def begin(self, key: Key, cells: Tensor, step: Callable[[Tensor], None]) -> None:
        """Let `step` change a copy of the cells, beside whatever is done now."""
        if self._key == key:
            return
        self.forget()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "culture", initializer=_as_the_sound)
        if self._cells is None:
            self._cells = torch.empty_like(cells)
        copy = self._cells
        # Here, so that nobody changes the cells meanwhile.
        copy.copy_(cells)

        def work() -> None:
            with torch.inference_mode():
                step(copy)

        self._key, self._done = key, self._pool.submit(work)

    def take(self, key: Key) -> Tensor | None:
        """The cells after the step of this key, where it was begun; waits for it. Valid until the next `begin`."""
        begun, done = self._key, self._done
        self._key = self._done = None
        if done is None:
            return None
        done.result()
        return self._cells if begun == key else None

    def forget(self) -> None:
        """Another step comes next."""
        self.take((-1, 0.0))


def _as_the_sound() -> None:
    """Numbers are rounded as on the engine's thread, or samples would differ."""
    raise_thread_priority("worker")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
