"""Between a take and what is kept beside it: which of the engine's samples a take holds, and what it tells of them.

Axes: `N` samples; chunks are (N, 2) float32. A position counts the samples that the engine has made.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Companion(Protocol):
    """What is kept beside a take; positions count the samples that the engine has made. Nothing here raises."""

    def arm(self) -> None:
        """The take waits for its first sound; never waits."""
        ...

    def begin(self) -> None:
        """The take begins with what the engine does next; called from any thread, never waits."""
        ...

    def refresh(self) -> None:
        """The take still waits; now and then, by the recorder's thread as everything below."""
        ...

    def start_at(self, position: int) -> int | None:
        """Where to begin a take that can begin at a position or later; None when that is not known yet.

        What comes before it is left out. It may lie before the position: what is kept reaches further back.
        """
        ...

    def open(self, take: Path, skip: int) -> None:
        """The take begins so many samples after where `start_at` said."""
        ...

    def sent(self, at: int, taken: int, sound: NDArray[np.float32]) -> None:
        """At this sample of the take, (N, 2) replaces the engine's next `taken` samples: there is a gap."""
        ...

    def keep(self, samples: int) -> None:
        """The take has so many samples by now."""
        ...

    def end(self, samples: int) -> None:
        """The take is complete."""
        ...


@dataclass(frozen=True)
class Piece:
    """A chunk that was sent, and what the engine has to do with it."""

    chunk: NDArray[np.float32]
    begin: int
    """Position of its first sample that the engine made."""
    taken: int
    """Samples of the engine's in it."""
    plain: bool
    """True when it is these samples and nothing else."""


class Pieces:
    """Tells of each chunk that is sent what the output made of the engine's samples: nothing, or a gap in them."""

    def __init__(self) -> None:
        self._gone, self._flowed = 0, True

    def piece(self, chunk: NDArray[np.float32], gone: int | None) -> Piece:
        """`gone` samples of the engine's were sent so far, with these; None when the chunk is all theirs."""
        gone = self._gone + len(chunk) if gone is None else gone
        taken = min(len(chunk), gone - self._gone)
        flows = taken == len(chunk)
        # The first after a gap is faded in.
        plain = flows and self._flowed
        self._gone, self._flowed = gone, flows
        return Piece(chunk, gone - taken, taken, plain)
