"""Keeps sound ahead of everything: a machine that cannot keep up evolves its cultures more slowly."""

_SMOOTHING = 1 / 16
_TOO_BUSY, _FREE = 0.85, 0.65
_BACK_OFF, _RECOVER = 0.93, 0.03
_LEAST = 0.02
"""Never quite zero, so that a culture moves on as soon as it can."""


class Governor:
    """Told how long each block took; `limit` is the share of the asked evolution speed that can be afforded."""

    def __init__(self) -> None:
        self.limit = 1.0
        self.load = 0.0
        """Computing time over a block's duration, smoothed."""

    @property
    def slowed(self) -> bool:
        return self.limit < 0.99

    def note(self, took_s: float, block_s: float, ready_s: float, least_ready_s: float) -> None:
        """After a block: `ready_s` of sound was left when it came, `least_ready_s` is the alarm."""
        self.load += (took_s / block_s - self.load) * _SMOOTHING
        if ready_s < least_ready_s:
            self.limit = max(_LEAST, self.limit * ready_s / least_ready_s)
        elif self.load > _TOO_BUSY:
            self.limit = max(_LEAST, self.limit * _BACK_OFF)
        elif self.load < _FREE:
            self.limit = min(1.0, self.limit + _RECOVER)
