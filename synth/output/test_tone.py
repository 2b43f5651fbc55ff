"""A tone to find out whether, where and on which side an output sounds. Axes: `N` samples; audio is (2, N) float32."""

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

TONE_HZ = 440.0
TONE_DB = -24.0
"""Peak, dBFS: soft beside an instrument at −18 LUFS, and with the limiter's −1 dBTP below it still short of 0 dBFS."""
SIDE_S = 0.7
"""First left, then as long right."""
FADE_S = 0.03


class Tone:
    """Waits until it is started, then is laid over what goes to the device; once, and never twice at a time."""

    def __init__(self, rate_hz: int) -> None:
        side = round(SIDE_S * rate_hz)
        n = np.arange(side)
        ramp = np.sin(np.pi / 2 * np.clip(np.minimum(n + 1, side - n) / (FADE_S * rate_hz), 0, 1)) ** 2
        tone = 10 ** (TONE_DB / 20) * ramp * np.sin(2 * np.pi * TONE_HZ * n / rate_hz)
        self._sound: Audio = np.zeros((2, 2 * side), np.float32)
        self._sound[0, :side] = self._sound[1, side:] = tone
        self._at = self._sound.shape[1]
        self._asked = False

    def start(self) -> None:
        """From any thread; while it sounds this changes nothing."""
        self._asked = True

    @property
    def idle(self) -> bool:
        """True while it is silent and will be."""
        return not self._asked and self._at >= self._sound.shape[1]

    @property
    def delay_samples(self) -> int:
        """What it is laid over passes at once."""
        return 0

    def process(self, sound: Audio) -> Audio:
        """(2, N) with the tone added where it sounds; the same array while it is silent."""
        left = self._sound.shape[1] - self._at
        if not left:
            if not self._asked:
                return sound
            self._at, left = 0, self._sound.shape[1]
        self._asked = False
        n = min(left, sound.shape[1])
        mixed = sound.copy()
        mixed[:, :n] += self._sound[:, self._at : self._at + n]
        self._at += n
        return mixed
