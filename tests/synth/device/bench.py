"""An output with a tone generator in the engine's place, and what is heard of its tone."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from synth.device.audio_out import AudioOut, OpenSink
from synth.device.ring import Ring
from synth.device.sinks import Sink
from synth.errors import AudioDeviceError
from tests.doubles.instruments import RATE, ScriptedSink

BLOCK = 1024
HZ = 100 * np.sqrt(19.0)
LEVEL = 512


def tone(start: int, n: int) -> NDArray[np.float32]:
    """A tone that never repeats exactly, so that every stretch of it tells where it belongs."""
    wave: NDArray[np.float64] = 0.2 * np.sin(2 * np.pi * HZ * np.arange(start, start + n) / RATE)
    return wave.astype(np.float32)


class Bench:
    """An output with a tone generator in the engine's place."""

    def __init__(self, *sinks: ScriptedSink | AudioDeviceError, open_device: OpenSink | None = None) -> None:
        self.sinks = list(sinks)
        self.level = 1.0
        self.opened: list[str | None] = []
        self.latencies: list[float] = []
        self.notices: list[str] = []
        self.sent: list[np.ndarray] = []
        self.ring = Ring(1 << 14)
        self.pause = threading.Event()
        self.made = 0
        self._over = threading.Event()
        self.out = AudioOut(
            RATE,
            self.ring,
            LEVEL + 1,
            self.sent.append,
            lambda text, urgent: self.notices.append(text),
            None,
            open_device or self._open,
        )
        self._thread = threading.Thread(target=self._make)

    def _open(self, wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        self.opened.append(wanted)
        self.latencies.append(latency_s)
        sink = self.sinks.pop(0) if self.sinks else AudioDeviceError("There is no sound output on this machine.")
        if isinstance(sink, AudioDeviceError):
            raise sink
        return sink

    def _make(self) -> None:
        while not self._over.is_set():
            if self.pause.is_set() or not self.ring.wait_at_most(LEVEL, 0.02):
                time.sleep(0.001)
                continue
            self.ring.put(np.tile(np.float32(self.level) * tone(self.made, BLOCK), (2, 1)))
            self.made += BLOCK

    @contextmanager
    def running(self) -> Iterator["Bench"]:
        self._thread.start()
        self.out.start()
        try:
            yield self
        finally:
            self.out.close()
            self._over.set()
            self._thread.join(5)


TONE_ROUGHNESS = 0.2 * (2 * np.pi * HZ / RATE) ** 2
# A raised cosine of 5 ms adds A·π²/(2·220²) and a cross term; ten times a tone's own is still no click.
NO_CLICK = 10 * TONE_ROUGHNESS
