"""All that the spectral vocoder remembers of its voices, in arrays.

Axes: `A` voices that are alive, `B` heads, `M` mel bands, `P` oscillators, `S` partials with a tremolo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from synth.saved_arrays import SavedArrays, fitted
from synth.vocoder.arrays import Doubles, Floats

LEAVING = -1
"""The slot of a voice that has ended and fades out in the next frame."""


@dataclass
class VoiceState:
    """One row per living voice, in the order in which they began."""

    slots: npt.NDArray[np.int64]
    """(A,) or `LEAVING`."""
    notes: npt.NDArray[np.int64]
    """(A,) the number that was given at the start."""
    cycles: Doubles
    """(A, P) each oscillator's phase at the last frame's centre, 0 … 1."""
    levels: Floats
    """(A, B, P) amplitudes there."""
    pitches: Doubles
    """(A,) pitch factors there, with vibrato; 0 before the first frame."""
    ratios: Doubles
    """(A,) the note there, without vibrato."""
    clocks_s: Doubles
    """(A,) how far ahead of time the voice reads the vibrato."""
    lines: Floats
    """(A, 2, B, M) what painted lines are told by: the slow means of the residual and of the whole column."""
    swings: Floats
    """(A, 3, B, S) of partials with a tremolo: the mean of the log amplitude, and its swing at the vibrato's rate."""

    @classmethod
    def none(cls, n_heads: int, n_mels: int, n_oscillators: int, n_swinging: int = 0) -> "VoiceState":
        """Room for voices, and none in it."""
        return cls(
            slots=np.zeros(0, np.int64),
            notes=np.zeros(0, np.int64),
            cycles=np.zeros((0, n_oscillators)),
            levels=np.zeros((0, n_heads, n_oscillators), np.float32),
            pitches=np.zeros(0),
            ratios=np.zeros(0),
            clocks_s=np.zeros(0),
            lines=np.zeros((0, 2, n_heads, n_mels), np.float32),
            swings=np.zeros((0, 3, n_heads, n_swinging), np.float32),
        )

    def __len__(self) -> int:
        return len(self.slots)

    def add(self, slot: int, note: int, cycles: Doubles, clock_s: float) -> None:
        """One more row, for a voice without a past."""
        _, _, n_heads, n_mels = self.lines.shape
        row = VoiceState.none(n_heads, n_mels, len(cycles))
        row.slots, row.notes, row.clocks_s = np.array([slot]), np.array([note]), np.array([clock_s])
        row.cycles, row.levels = cycles[None].copy(), np.zeros((1, n_heads, len(cycles)), np.float32)
        row.pitches, row.ratios = np.zeros(1), np.ones(1)
        row.lines = np.zeros((1, 2, n_heads, n_mels), np.float32)
        row.swings = np.zeros((1, *self.swings.shape[1:]), np.float32)
        for field in fields(self):
            setattr(self, field.name, np.concatenate([getattr(self, field.name), getattr(row, field.name)]))

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Forget all rows but these, (A,)."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[rows])

    def rows_of(self, slots: Sequence[int]) -> npt.NDArray[np.int64]:
        """The rows that play these slots, −1 where none does."""
        rows = {slot: row for row, slot in enumerate(self.slots.tolist())}
        return np.array([rows.get(slot, -1) for slot in slots], np.int64)

    def save(self) -> dict[str, npt.NDArray[np.generic]]:
        """A copy of every array, by its name."""
        return {field.name: getattr(self, field.name).copy() for field in fields(self)}

    def restore(self, saved: SavedArrays) -> None:
        """Be what was saved of voices of the same heads, bands and oscillators."""
        alive = len(saved["slots"])
        for field in fields(self):
            now = getattr(self, field.name)
            shape = (alive, *now.shape[1:])
            if field.name == "swings" and field.name not in saved:
                # Saved before there was a tremolo: it is found anew, in a second.
                array = np.zeros(shape, now.dtype)
            else:
                array = fitted(saved, field.name, shape, now.dtype)
            setattr(self, field.name, array)
