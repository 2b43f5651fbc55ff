"""Where the culture is read: a moving playhead with two hearing heads, and the hand that can take it along.

Positions are columns in frames, circular with `T`. All motion is per frame, so it does not depend on block size.
"""

from dataclasses import dataclass

from synth.controls import Controls
from synth.messages import Hand

HEAD_SPACING_FRAMES = 20.0
"""Distance of the two heads at full width: 232 ms, far enough apart for slow swells to differ."""
_ATTACK_FRAMES = 3
_RELEASE_FRAMES = 24
"""The sound jumps to the hand in 35 ms and glides back in 280 ms."""
_CENTRE_GLIDE = 0.5
_WIDTH_GLIDE = 0.25


@dataclass(frozen=True)
class Reading:
    """A place where one side listens; the weights of a side add up to 1."""

    side: int
    position: float
    weight: float


class Playhead:
    """Moves over a loop of `n_frames` columns."""

    def __init__(self, n_frames: int, controls: Controls) -> None:
        self.n_frames = n_frames
        self.position = 0.0
        self.width = controls.width
        """Stereo width as it is now: it glides to the control's value."""
        self._hand = Hand(False)
        self._mix = 0.0
        self._centre = 0.0
        self._scan = 0

    @property
    def hand_down(self) -> bool:
        return self._hand.down

    @property
    def in_hand(self) -> bool:
        return self._mix > 0

    def hold(self, hand: Hand) -> None:
        """The hand went down, moved or was lifted."""
        if hand.down and not self._hand.down:
            self._scan = 0
            if self._mix == 0:
                self._centre = hand.column
        # A lifted hand's place is still heard while the sound glides back.
        self._hand = hand if hand.down else Hand(False, self._hand.column, self._hand.radius_frames)

    def advance(self, controls: Controls) -> None:
        """Move on by one frame."""
        self.position = self._wrapped(self.position + controls.playhead_speed)
        difference = controls.width - self.width
        self.width = controls.width if abs(difference) < 1e-3 else self.width + _WIDTH_GLIDE * difference
        if self._hand.down and controls.follow_hand:
            self._mix = min(1.0, self._mix + 1 / _ATTACK_FRAMES)
        else:
            self._mix = max(0.0, self._mix - 1 / _RELEASE_FRAMES)
        # The short way round the loop.
        way = (self._hand.column - self._centre + self.n_frames / 2) % self.n_frames - self.n_frames / 2
        self._centre = self._wrapped(self._centre + _CENTRE_GLIDE * way)
        self._scan += 1

    def readings(self) -> list[Reading]:
        """What each side listens to now."""
        spacing = self.width * HEAD_SPACING_FRAMES / 2
        base = self._mix < 1
        found = [Reading(side, self.position + s * spacing, 1 - self._mix) for side, s in _SIDES if base]
        if self._mix > 0:
            spacing = min(spacing, self._hand.radius_frames / 4)
            centre = self._centre + self._sweep()
            found += [Reading(side, centre + s * spacing, self._mix) for side, s in _SIDES]
        return found

    def heads(self) -> tuple[float, float]:
        """Where left and right mainly listen, in 0 … T."""
        main = {r.side: r.position for r in sorted(self.readings(), key=lambda r: r.weight)}
        return self._wrapped(main[0]), self._wrapped(main[1])

    def _wrapped(self, position: float) -> float:
        """Into [0, T); the remainder of a tiny negative number rounds up to T itself."""
        remainder = position % self.n_frames
        return remainder if remainder < self.n_frames else 0.0

    def _sweep(self) -> float:
        """The reading place goes to and fro under the brush: a column held still would sound frozen."""
        reach = max(1.0, self._hand.radius_frames / 2)
        phase = (self._scan / reach + 1) % 4
        return reach * (phase - 1 if phase < 2 else 3 - phase)


_SIDES = ((0, -1.0), (1, 1.0))
