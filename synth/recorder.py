"""Takes: what is sent to the device, written to disk by a thread of its own.

Axes: `N` samples; chunks are (N, 2) float32. Sound never waits for the disk: the queue is bounded, and what goes
wrong ends the take with a sentence, keeping what was written.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.priority import raise_thread_priority
from synth.wav import MAX_WAV_BYTES, SampleFormat, WavWriter, unused_path

Notify = Callable[[str, bool], None]

_QUEUE_S = 20.0
_PATCH_EVERY_S = 0.5
"""The header is at most this old, so a crash costs less than a second."""
_FLUSH_S = 0.2


def default_take_folder() -> Path:
    """In the user's music folder; need not exist."""
    from platformdirs import user_music_path

    return user_music_path() / "Petrichord"


def default_take_path(preset: str, folder: Path | None = None) -> Path:
    """A name after date and preset, in the user's music folder unless in another."""
    stem = "".join(c if c.isalnum() or c in " -_" else "_" for c in preset).strip() or "take"
    return (folder or default_take_folder()) / f"{datetime.now():%Y-%m-%d %H.%M.%S} {stem}.wav"


class Recorder:
    """Offered every chunk that is sent; writes those between `start` and `stop`."""

    def __init__(
        self,
        rate_hz: int,
        notify: Notify,
        sample_format: SampleFormat = "pcm24",
        max_bytes: int = MAX_WAV_BYTES,
    ) -> None:
        self.rate_hz = rate_hz
        self._notify, self._max_bytes = notify, max_bytes
        self.sample_format = sample_format
        """Of the next take."""
        self._limit = round(_QUEUE_S * rate_hz)
        self._queue: deque[NDArray[np.float32]] = deque()
        self._queued = 0
        self._active = False
        self._overrun = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._frames = 0
        self.path: Path | None = None
        """File being written."""
        self.last_take: Path | None = None
        """File finished last."""

    @property
    def seconds(self) -> float:
        """Length of the take so far."""
        return self._frames / self.rate_hz

    @property
    def active(self) -> bool:
        return self._active

    def start(self, path: Path) -> Path:
        """Begin a take at `path` or, where that exists, a numbered name beside it; returns the file's path."""
        if self._active:
            raise RecordingError(f"A take is already being recorded to “{self.path}”: stop it first.")
        self.stop()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = WavWriter(unused_path(path), self.rate_hz, self.sample_format)
        except OSError as cause:
            raise RecordingError(
                f"The take cannot be written to “{path}” ({_reason(cause)}): choose another folder."
            ) from cause
        self._queue.clear()
        self._queued, self._frames, self._overrun = 0, 0, False
        self.path = writer.path
        self._active = True
        self._thread = threading.Thread(target=self._run, args=(writer, path), name="recorder")
        self._thread.start()
        return writer.path

    def finish(self) -> None:
        """End the take; its file is complete a moment later."""
        self._active = False
        self._wake.set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the take and wait until its file is complete."""
        self.finish()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def offer(self, chunk: NDArray[np.float32]) -> None:
        """Called by the feeder for each chunk it sends; never waits."""
        if not self._active:
            return
        if self._queued > self._limit:
            self._overrun, self._active = True, False
            return
        self._queue.append(chunk)
        self._queued += len(chunk)
        self._frames += len(chunk)

    def _run(self, writer: WavWriter, asked: Path) -> None:
        # While it encodes it may hold the interpreter, and the engine would wait until it is scheduled again.
        raise_thread_priority("helper")
        try:
            for finished in self._write_all(writer, asked):
                finished.close()
                self.last_take = finished.path
            if self._overrun:
                self._notify(
                    f"The take “{self.last_take}” ended after {self.seconds:.0f} s because the disk is too slow: "
                    "record to another one.",
                    True,
                )
        except OSError as cause:
            self._notify(
                f"The take “{self.path}” ended after {self.seconds:.1f} s ({_reason(cause)}): what was written is "
                "kept and sound goes on; free space or choose another folder.",
                True,
            )
        finally:
            self._active, self.path = False, None

    def _write_all(self, writer: WavWriter, asked: Path) -> Iterator[WavWriter]:
        """Write until stopped and empty; yields each file's writer when it is full or the last."""
        patched = time.monotonic()
        try:
            while True:
                ending = not self._active
                while self._queue:
                    chunk = self._queue.popleft()
                    self._queued -= len(chunk)
                    while len(chunk) > (room := writer.room(self._max_bytes)):
                        writer.write(chunk[:room])
                        chunk = chunk[room:]
                        yield writer
                        part = asked.with_name(f"{asked.stem} part{asked.suffix}")
                        writer = WavWriter(unused_path(part, first=2), self.rate_hz, writer.sample_format)
                        self.path = writer.path
                    writer.write(chunk)
                if ending:
                    break
                if time.monotonic() - patched >= _PATCH_EVERY_S:
                    writer.patch()
                    patched = time.monotonic()
                self._wake.wait(_FLUSH_S)
                self._wake.clear()
        except OSError:
            writer.abandon()
            self.last_take = writer.path
            raise
        yield writer


def _reason(cause: OSError) -> str:
    return os.strerror(cause.errno).lower() if cause.errno else str(cause)
