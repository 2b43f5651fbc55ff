"""A steady line through the ticks of a clock that arrive early and late: when the latest was due, and their distance.

A second-order delay-locked loop whose bandwidth narrows as it goes: with the gains of the expanding-memory filter
(Brookner, “Tracking and Kalman Filtering Made Easy”, 1998, table 1.3-1) it is the least-squares line through all ticks
so far, and from `_MEMORY` ticks on it forgets the oldest. It widens again when the ticks leave the line for good.
"""

_MEMORY = 144
"""Six beats. Of a jitter within ±5 ms it leaves 0.5 ms of the phase and, at 300 bpm, 0.05 % of the tempo (standard
deviations; measured in the tests)."""
_RESTARTED = 12
"""Ticks whose gains a widened loop has."""
_BIAS_TICKS, _JITTER_TICKS = 12, 48
_LEAST_BIAS_S = 0.0025
_LOST_S = 0.015
"""A tick this far from the line, and half a tick's distance, belongs to another line."""


class TickFilter:
    """Times are in seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self.count = 0
        """Ticks the line goes through."""
        self.at_s = 0.0
        """When the latest tick was due."""
        self.length_s = 0.0
        """From tick to tick; 0 until there were two."""
        self._bias_s = self._jitter_s = 0.0

    def tick(self, arrived_s: float) -> None:
        """A tick has arrived."""
        error_s = arrived_s - self.at_s - self.length_s
        if self.count > 1 and abs(error_s) > max(_LOST_S, self.length_s / 2):
            self.count = 0
        self.count += 1
        if self.count <= 2:
            # A line through one point has no slope, through two it is what they say.
            self.length_s = max(arrived_s - self.at_s, 1e-6) if self.count == 2 else self.length_s
            self.at_s, self._bias_s, self._jitter_s = arrived_s, 0.0, 0.0
            return
        n = min(self.count, _MEMORY) - 1
        near, slope = 2 * (2 * n + 1) / ((n + 1) * (n + 2)), 6 / ((n + 1) * (n + 2))
        self.at_s += self.length_s + near * error_s
        self.length_s = max(self.length_s + slope * error_s, 1e-6)
        self._bias_s += (error_s - self._bias_s) / _BIAS_TICKS
        self._jitter_s += (abs(error_s) - self._jitter_s) / _JITTER_TICKS
        if self.count > 2 * _RESTARTED and abs(self._bias_s) > max(_LEAST_BIAS_S, self._jitter_s):
            # Early or late again and again: the tempo is another.
            self.count, self._bias_s = _RESTARTED, 0.0
