"""How far ahead of the device the engine works: more for a while after the sound came close to breaking.

Trouble comes in series, a window being resized or a hand drawing fast, and the first late blocks of one foretell the
gap. Working further ahead needs no other buffer in the device and changes no sample; what a hand does is heard that
much later, and the latency told says so.
"""

STEP_S = 0.0232
"""Added at a time: one block."""
MOST_S = 3 * STEP_S
_AT_ONCE_S = 0.5
"""Within so long the engine has had no time to get ahead: coming close again asks for no more."""
_CALM_S = 20.0
"""After so long without coming close, and with enough left to do without it, a step is taken back."""


class Lead:
    """Told after each block how much sound was left when it came; `s` is what the ring should hold besides."""

    def __init__(self) -> None:
        self.s = 0.0
        self._raised_at = self._calm_since = float("-inf")
        self._least_s = float("inf")

    def note(self, ready_s: float, alarm_s: float, now_s: float) -> None:
        """`ready_s` of sound was left at `now_s` on a monotonic clock; below `alarm_s` it was close."""
        self._least_s = min(self._least_s, ready_s)
        if ready_s < alarm_s:
            if now_s - self._raised_at >= _AT_ONCE_S:
                self.s, self._raised_at = min(MOST_S, self.s + STEP_S), now_s
            self._watch_from(now_s)
        elif now_s - self._calm_since >= _CALM_S:
            if self._least_s - STEP_S >= alarm_s:
                self.s = max(0.0, self.s - STEP_S)
            self._watch_from(now_s)

    def _watch_from(self, now_s: float) -> None:
        self._calm_since, self._least_s = now_s, float("inf")
