"""Where each voice reads the culture: a distance of its own from the culture's playhead.

Keeping distances, not places, lets every voice go along with whatever the culture's playhead does: its speed, the
hand that takes it along, a vocoder that reads further ahead. Axes: `V` slots, `T` columns of the culture.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.instrument.voices.notes import MOST_VOICES
from synth.random_streams import Stream, generator

PlayheadStart = Literal["follow", "place", "random"]
"""A note begins where the culture's playhead is, at a set place, or anywhere."""


@dataclass
class PlayheadState:
    """How far ahead of the culture's playhead each voice reads."""

    distance: NDArray[np.float64] = field(default_factory=lambda: np.zeros(MOST_VOICES))
    """(V,) in frames, 0 ≤ distance < T."""

    def copy(self) -> "PlayheadState":
        """A state that shares no array with this one."""
        return PlayheadState(self.distance.copy())


class VoicePlayheads:
    """The playheads of V slots over a culture of `n_frames` columns."""

    def __init__(self, n_frames: int, seed: int, state: PlayheadState | None = None) -> None:
        self._n_frames, self._seed = n_frames, seed
        self.state = state or PlayheadState()

    def start(
        self, slot: int, how: PlayheadStart, place: float, culture: float, note_id: int, unison_index: int = 0
    ) -> None:
        """A voice begins: at `place` (0 … 1 of the loop) or elsewhere, while the culture's playhead is at `culture`.

        Anywhere is a function of the seed, the note's id and the voice's number in its note.
        """
        if how == "follow":
            distance = 0.0
        elif how == "place":
            distance = place * self._n_frames - culture
        else:
            draw = generator(self._seed, Stream.PLAYHEAD, note_id, unison_index).random()
            distance = float(draw) * self._n_frames - culture
        wrapped = distance % self._n_frames
        # The remainder of a tiny negative number rounds up to T itself.
        self.state.distance[slot] = wrapped if wrapped < self._n_frames else 0.0
