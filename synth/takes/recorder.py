"""Takes: what is sent to the device, written to disk by a thread of its own.

Axes: `N` samples; chunks are (N, 2) float32. Sound never waits for the disk: the queue is bounded, and what goes
wrong ends the take with a sentence, keeping what was written. An armed recorder waits for sound and keeps what led up
to it, so that a take begins where the silence ended.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.takes.wav import MAX_WAV_BYTES, SampleFormat, WavWriter, new_writer
from synth.thread_priority import raise_thread_priority

Notify = Callable[[str, bool], None]

_QUEUE_S = 20.0
_PATCH_EVERY_S = 0.5
"""The header is at most this old, so a crash costs less than a second."""
_FLUSH_S = 0.2
_FLOOR = 10 ** (-60 / 20)
"""What is louder begins an armed take."""
_SILENCE = 10 ** (-90 / 20)
_LEAD_S = 0.5
"""At most so much of what lies between silence and floor is kept."""


class Companion(Protocol):
    """What is kept beside a take."""

    def begin(self) -> None:
        """The take begins now; called from any thread, never waits."""
        ...

    def keep(self, take: Path) -> bool:
        """Write it beside the take if it is there by now; True when nothing is left to do. Raises nothing."""
        ...


def default_take_folder() -> Path:
    """A folder of its own in the user's music folder."""
    from platformdirs import user_music_path

    return user_music_path() / "Petrichord"


def default_take_path(preset: str, folder: Path | None = None) -> Path:
    """A name after date and preset, by default in the user's music folder."""
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
        self._armed = False
        self._lead: deque[NDArray[np.float32]] = deque()
        self._overrun = False
        self._companion: Companion | None = None
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

    @property
    def armed(self) -> bool:
        """True while it waits for the first sound."""
        return self._armed

    def start(
        self,
        path: Path,
        sample_format: SampleFormat | None = None,
        *,
        wait: bool = False,
        companion: Companion | None = None,
    ) -> Path:
        """Begin a take at `path` or, where that exists, a numbered name beside it; returns the file's path.

        With `wait` it begins with the first sound, or with `begin`.
        """
        if self._active:
            raise RecordingError(f"A take is already being recorded to “{self.path}”: stop it first.")
        self.stop()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = new_writer(path, self.rate_hz, sample_format or self.sample_format)
        except OSError as cause:
            raise RecordingError(
                f"The take cannot be written to “{path}” ({_reason(cause)}); sound goes on: choose another folder."
            ) from cause
        self._queue.clear()
        self._lead.clear()
        self._queued, self._frames, self._overrun = 0, 0, False
        self.path, self._companion = writer.path, companion
        self._armed = True
        if not wait:
            self.begin()
        self._active = True
        self._thread = threading.Thread(target=self._run, args=(writer, path), name="recorder")
        self._thread.start()
        return writer.path

    def begin(self) -> None:
        """An armed take begins with the next sample; else nothing happens."""
        if self._armed:
            self._armed = False
            if self._companion is not None:
                self._companion.begin()

    def finish(self) -> None:
        """End the take; its file is complete a moment later. One that has not begun leaves none."""
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
        if self._armed and not self._heard(chunk):
            return
        for piece in (*self._lead, chunk):
            self._queue.append(piece)
            self._queued += len(piece)
            self._frames += len(piece)
        self._lead.clear()

    def _heard(self, chunk: NDArray[np.float32]) -> bool:
        """Whether an armed take begins with this chunk; if not, it may have been the start of a fade-in."""
        peak = float(np.abs(chunk).max(initial=0.0))
        if peak >= _FLOOR:
            self.begin()
            return True
        if peak < _SILENCE:
            self._lead.clear()
            return False
        self._lead.append(chunk)
        while sum(map(len, self._lead)) > _LEAD_S * self.rate_hz:
            self._lead.popleft()
        return False

    def _run(self, writer: WavWriter, asked: Path) -> None:
        # While it encodes it may hold the interpreter, and the engine would wait until it is scheduled again.
        raise_thread_priority("helper")
        try:
            for finished in self._write_all(writer, asked):
                if finished.frames == 0:
                    finished.discard()
                else:
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
            self._active, self._armed, self.path = False, False, None

    def _write_all(self, writer: WavWriter, asked: Path) -> Iterator[WavWriter]:
        """Write until stopped and empty; yields each file's writer when it is full or the last."""
        patched, first, kept = time.monotonic(), writer.path, self._companion is None
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
                        writer = new_writer(part, self.rate_hz, writer.sample_format, first=2)
                        self.path = writer.path
                    writer.write(chunk)
                if not kept and self._frames and self._companion is not None:
                    kept = self._companion.keep(first)
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
