"""How much sound to queue in the device: more when the sound breaks, as much as was asked for when all is calm again.

A longer delay is better than broken sound, and a delay that stays after its reason has gone is worse than none.
"""

from collections import deque

GAPS, GAPS_WITHIN_S = 4, 10.0
LONGEST_S = 0.2
"""After so many gaps within so many seconds the device is given twice the queue, up to this."""
CALM_S = 20.0
"""After so long in which the queue that was asked for would have done, the device gets that one."""
_SPARE_S = 0.014
"""What must have been left of it all the time: sound servers fetch up to 10 ms at a time."""


class QueueLength:
    """Told of gaps and of how much of the queue was needed; says when another length is better."""

    def __init__(self, asked_s: float) -> None:
        self.asked_s = self.s = asked_s
        self._counted = 0
        self._gaps_at: deque[float] = deque(maxlen=GAPS)
        self._calm_since = self._excused_until = float("-inf")

    def ask(self, asked_s: float) -> None:
        """The player's own choice, from now on."""
        self.asked_s = self.s = asked_s
        self._gaps_at.clear()

    def excuse(self, until_s: float) -> None:
        """Gaps before this moment have another reason than a queue that is too short."""
        self._excused_until = until_s

    def judge(self, gaps: int, used_s: float, now_s: float, step_s: float = 0.0) -> float | None:
        """The length that would be better, None when the present one is right.

        `gaps` were counted in all; of a full queue, `used_s` at most were played since the last call before more came.
        The device plays `step_s` of it at a time, and of a shorter queue proportionally less: of 180 ms it takes 45 at
        once, which says nothing of whether 45 ms would do.
        """
        used_s -= step_s * (1 - self.asked_s / self.s)
        new, self._counted = gaps - self._counted, gaps
        if now_s < self._excused_until:
            new = 0
        self._gaps_at.extend([now_s] * min(new, GAPS))
        if new > 0 or used_s > self.asked_s - _SPARE_S:
            self._calm_since = now_s
        if len(self._gaps_at) == GAPS and now_s - self._gaps_at[0] <= GAPS_WITHIN_S and self.s < LONGEST_S:
            self._gaps_at.clear()
            self.s, self._calm_since = min(LONGEST_S, 2 * self.s), now_s
            return self.s
        if self.s > self.asked_s and now_s - self._calm_since >= CALM_S:
            self.s = self.asked_s
            return self.s
        return None
