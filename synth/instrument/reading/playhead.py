"""Where the culture is read: a moving playhead with two hearing heads, and the hand that can take it along.

What is read now is heard once the vocoder's lookahead has passed, so the playhead runs ahead of the sound and remembers
its way: the place that is heard is the one it read so many frames ago, whatever speed or hand have done since.
Positions are columns in frames, circular with `T`. All motion is per frame, so it does not depend on block size.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from synth.instrument.events import Hand
from synth.instrument.parameters.glide import Glide, frames_of
from synth.instrument.parameters.note_lengths import seconds_of
from synth.instrument.parameters.table import PARAMETERS

HEAD_SPACING_FRAMES = 20.0
"""Distance of the two heads at full width: 232 ms, far enough apart for slow swells to differ."""
_ATTACK_FRAMES = 3
_RELEASE_FRAMES = 24
"""The sound jumps to the hand in 35 ms and glides back in 280 ms."""
_CENTRE_GLIDE = Glide(2.0)
_WIDTH_SETTLED = 1e-3
REMEMBERED_FRAMES = 512
"""6 s: more than any lookahead and any device's queue."""


@dataclass(frozen=True)
class Reading:
    """A place where one side listens; the weights of a side add up to 1."""

    side: int
    position: float
    weight: float


_NO_HAND = Hand(False)


@dataclass(frozen=True)
class Place:
    """Playhead and hand at one frame."""

    position: float
    width: float
    """Stereo width as it is now: it glides to the control's value."""
    hand: Hand = _NO_HAND
    mix: float = 0.0
    """How far the sound has gone over to the hand, 0 … 1."""
    centre: float = 0.0
    scan: int = 0

    def readings(self) -> list[Reading]:
        """What each side listens to here; positions may lie outside 0 … T."""
        spacing = self.width * HEAD_SPACING_FRAMES / 2
        found = [Reading(side, self.position + s * spacing, 1 - self.mix) for side, s in _SIDES if self.mix < 1]
        if self.mix > 0:
            spacing = min(spacing, self.hand.radius_frames / 4)
            centre = self.centre + self._sweep()
            found += [Reading(side, centre + s * spacing, self.mix) for side, s in _SIDES]
        return found

    def heads(self) -> tuple[float, float]:
        """Where left and right mainly listen."""
        main = {r.side: r.position for r in sorted(self.readings(), key=lambda r: r.weight)}
        return main[0], main[1]

    @property
    def main(self) -> float:
        """Between the heads: the playhead, or the place under the hand once that is heard more."""
        return sum(self.heads()) / 2

    def _sweep(self) -> float:
        """The reading place goes to and fro under the brush: a column held still would sound frozen."""
        reach = max(1.0, self.hand.radius_frames / 2)
        phase = (self.scan / reach + 1) % 4
        return reach * (phase - 1 if phase < 2 else 3 - phase)


def reading_speed(controls: Mapping[str, float], n_frames: int, frames_per_second: float) -> float:
    """Columns in a frame, negative backwards: by the control, or so that the loop at ×1 lasts as long as a note of the
    song."""
    speed = controls["playhead_speed"]
    if not controls["loop_length"]:
        return speed
    return speed * n_frames / (seconds_of(controls["loop_length"] - 1, controls["tempo_bpm"]) * frames_per_second)


class Playhead:
    """Moves over a loop of `n_frames` columns."""

    def __init__(self, n_frames: int, controls: Mapping[str, float], frames_per_second: float = 22050 / 256) -> None:
        self.n_frames, self._fps = n_frames, frames_per_second
        self._width = Glide(frames_of(PARAMETERS["width"].smoothing_s, frames_per_second), _WIDTH_SETTLED)
        self.place = Place(0.0, controls["width"])
        """What is read now."""
        self._past: deque[Place] = deque(maxlen=REMEMBERED_FRAMES)

    @property
    def hand_down(self) -> bool:
        return self.place.hand.down

    def hold(self, hand: Hand) -> None:
        """The hand went down, moved or was lifted."""
        now = self.place
        if hand.down and not now.hand.down:
            now = replace(now, scan=0, centre=hand.column if now.mix == 0 else now.centre)
        # A lifted hand's place is still heard while the sound glides back.
        self.place = replace(now, hand=hand if hand.down else Hand(False, now.hand.column, now.hand.radius_frames))

    def advance(self, controls: Mapping[str, float]) -> None:
        """Move on by one frame."""
        now, hand = self.place, self.place.hand
        self._past.append(now)
        if hand.down and controls["follow_hand"]:
            mix = min(1.0, now.mix + 1 / _ATTACK_FRAMES)
        else:
            mix = max(0.0, now.mix - 1 / _RELEASE_FRAMES)
        self.place = Place(
            position=self.wrapped(now.position + reading_speed(controls, self.n_frames, self._fps)),
            width=self._width.toward(now.width, controls["width"]),
            hand=hand,
            mix=mix,
            centre=self.wrapped(_CENTRE_GLIDE.around(now.centre, hand.column, self.n_frames)),
            scan=now.scan + 1,
        )

    @property
    def past(self) -> tuple[Place, ...]:
        """What was read before, oldest first."""
        return tuple(self._past)

    def restore(self, place: Place, past: Iterable[Place]) -> None:
        """Go on from a place with the way that led there."""
        self.place = place
        self._past.clear()
        self._past.extend(past)

    def ago(self, n_frames: int) -> Place:
        """What was read `n_frames` frames ago, or first."""
        if n_frames <= 0 or not self._past:
            return self.place
        return self._past[-min(n_frames, len(self._past))]

    def shift(self, columns: float) -> None:
        """The song jumped, and the playhead goes along."""
        self.place = replace(self.place, position=self.wrapped(self.place.position + columns))

    def run_ahead(self, n_frames: int, controls: Mapping[str, float]) -> None:
        """Go on at once to where `n_frames` more frames lead: for a vocoder that must know them sooner."""
        for _ in range(n_frames):
            self.advance(controls)

    def step_back(self, n_frames: int) -> None:
        """Read on from where it was `n_frames` frames ago, with the hand as it is now."""
        hand = self.place.hand
        for _ in range(min(n_frames, len(self._past))):
            self.place = self._past.pop()
        self.hold(hand)

    def wrapped(self, position: float) -> float:
        """Into [0, T); the remainder of a tiny negative number rounds up to T itself."""
        remainder = position % self.n_frames
        return remainder if remainder < self.n_frames else 0.0


_SIDES = ((0, -1.0), (1, 1.0))
