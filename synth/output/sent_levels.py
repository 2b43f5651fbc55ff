"""How loud the sound is that was sent to the device, measured when somebody looks and by whoever looks.

Axes: `N` samples; sound is (N, 2) float32.
"""

import math
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.loudness import SILENT_DB, k_response
from synth.output.sent_sound import LONGEST, SentSound

SHORT_TERM_S = 3.0
"""Window of short-term loudness (EBU Tech 3341)."""
_BLOCK_S = 0.1
_OFFSET_DB = -0.691
"""ITU-R BS.1770: makes up for the weighting's gain at 997 Hz."""
_FULL_SCALE = 1.0


@dataclass(frozen=True)
class Levels:
    """What was sent."""

    peak_db: tuple[float, float] = (SILENT_DB, SILENT_DB)
    """Left and right, of the latest tenths of a second (`sent_sound.PEAK_S`), dBFS."""
    loudness_lufs: float = SILENT_DB
    """Of the last three seconds."""
    clipped: int = 0
    """Samples at or beyond full scale since the start, both sides together."""


class ShortTermLoudness:
    """Short-term loudness after EBU R 128: BS.1770's weighting, mean over three seconds, no gate."""

    def __init__(self, rate_hz: int) -> None:
        self._n = round(_BLOCK_S * rate_hz)
        # The weighting's impulse response is over within a block (its poles: 0.995^4800 = 4e-11 at 48 kHz), so a block
        # is filtered exactly in the spectrum of itself and the block before it.
        hz: NDArray[np.float64] = np.linspace(0.0, rate_hz / 2, self._n + 1)
        self._response = k_response(hz)[:, None]
        self._block = np.zeros((self._n, 2), np.float32)
        self._waiting = np.zeros((0, 2), np.float32)
        n_blocks = round(SHORT_TERM_S / _BLOCK_S)
        self._powers = deque([0.0] * n_blocks, maxlen=n_blocks)
        """Mean square of each block, both sides added."""

    def begin_anew(self) -> None:
        """What comes next does not follow what came: nothing is known of what lies between."""
        self._powers.clear()
        self._block, self._waiting = np.zeros_like(self._block), self._waiting[:0]

    def add(self, sound: NDArray[np.float32]) -> None:
        """The next (N, 2)."""
        waiting = np.concatenate([self._waiting, sound])
        n_whole = len(waiting) // self._n * self._n
        for block in waiting[:n_whole].reshape(-1, self._n, 2):
            self._powers.append(self._power(block))
            self._block = block
        self._waiting = waiting[n_whole:]

    @property
    def lufs(self) -> float:
        """`SILENT_DB` for silence."""
        power = sum(self._powers) / max(len(self._powers), 1)
        return max(SILENT_DB, _OFFSET_DB + 10 * math.log10(power)) if power > 0 else SILENT_DB

    def _power(self, block: NDArray[np.float32]) -> float:
        if not block.any() and not self._block.any():
            return 0.0
        spectrum = np.fft.rfft(np.concatenate([self._block, block]), axis=0)
        weighted = np.fft.irfft(spectrum * self._response, axis=0)[self._n :]
        return float(np.square(weighted).sum()) / self._n


class SentLevels:
    """`look` from any thread; every reader is told the same."""

    def __init__(self, sent: SentSound, rate_hz: int) -> None:
        self._sent, self._loudness = sent, ShortTermLoudness(rate_hz)
        self._position = self._clipped = 0
        self._lock = threading.Lock()

    def look(self) -> Levels:
        """Measure what was sent since the last look; half a millisecond for each tenth of a second of it."""
        with self._lock:
            before = self._position
            sound, self._position = self._sent.since(before)
            if self._position - before > LONGEST:
                self._loudness.begin_anew()
            self._loudness.add(sound)
            left, right = (float(np.abs(sound[:, side]).max(initial=0.0)) for side in (0, 1))
            if max(left, right) >= _FULL_SCALE:
                self._clipped += int(np.count_nonzero(np.abs(sound) >= _FULL_SCALE))
            return Levels(self._sent.peaks_db(), self._loudness.lufs, self._clipped)
