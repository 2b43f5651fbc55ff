"""The song's position in beats: where it was at one moment, and how fast it has moved since.

The position is computed from the latest moment at which it was set or the tempo changed, and never added up frame by
frame: after hours it is as exact as float64 is (1e-11 beats in an hour), and it does not depend on block size.
A moment is counted in frames and may lie inside one: 7.25 is a quarter of frame 7 after its beginning.
"""

from dataclasses import dataclass


def beats_per_frame(tempo_bpm: float, frames_per_second: float) -> float:
    """How far the song moves in one frame."""
    return tempo_bpm / (60 * frames_per_second)


@dataclass(frozen=True)
class BeatClock:
    """Part of the instrument's state; a new one is made where it is moved or its tempo changes."""

    per_frame: float
    """Beats that pass in a frame, above 0."""
    moment: float = 0.0
    """When the song was at `beats`, in frames."""
    beats: float = 0.0
    runs: bool = False
    """True while a clock from outside runs the song: what follows the tempo keeps to the song's beats."""

    def at(self, moment: float) -> float:
        """The song's position at a moment, in beats."""
        return self.beats + (moment - self.moment) * self.per_frame

    def moment_of(self, beats: float) -> float:
        """The moment at which the song is at a position."""
        return self.moment + (beats - self.beats) / self.per_frame

    def with_tempo(self, per_frame: float, moment: float) -> "BeatClock":
        """The clock that goes on at another tempo from a moment on."""
        return self if per_frame == self.per_frame else BeatClock(per_frame, moment, self.at(moment), self.runs)

    def moved(self, beats: float, moment: float, *, runs: bool) -> "BeatClock":
        """The clock that is at this position at a moment."""
        return BeatClock(self.per_frame, moment, beats, runs)
