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

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.takes.beside import Companion, Piece, Pieces
from synth.takes.wav import MAX_WAV_BYTES, FadedEnds, SampleFormat, WavWriter, new_writer
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
        self._queue: deque[Piece] = deque()
        self._queued = 0
        self._active = False
        self._armed = False
        self._lead: deque[Piece] = deque()
        self._cutter = Pieces()
        self._overrun = False
        self._companion: Companion | None = None
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._frames = self._left_out = 0
        self._begun = False
        self.path: Path | None = None
        """File being written."""
        self.last_take: Path | None = None
        """File finished last."""

    @property
    def seconds(self) -> float:
        """Length of the take so far; 0 until it is known with which sample it begins."""
        return (self._frames - self._left_out) / self.rate_hz if self._begun else 0.0

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
        self._queued, self._frames, self._left_out, self._overrun = 0, 0, 0, False
        self.path, self._companion, self._begun = writer.path, companion, companion is None
        self._armed = True
        if not wait:
            self.begin()
        elif companion is not None:
            companion.arm()
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

    def offer(self, chunk: NDArray[np.float32], gone: int | None = None) -> None:
        """Called by the feeder for each chunk it sends; never waits.

        `gone` counts the engine's samples that were sent so far, with these; None when all that is sent is theirs.
        """
        piece = self._cutter.piece(chunk, gone)
        if not self._active:
            return
        if self._queued > self._limit:
            self._overrun, self._active = True, False
            return
        if self._armed and not self._heard(piece):
            return
        for each in (*self._lead, piece):
            self._queue.append(each)
            self._queued += len(each.chunk)
            self._frames += len(each.chunk)
        self._lead.clear()

    def _heard(self, piece: Piece) -> bool:
        """Whether an armed take begins with this; if not, it may have been the start of a fade-in."""
        peak = float(np.abs(piece.chunk).max(initial=0.0))
        if peak >= _FLOOR:
            self._armed = False
            return True
        if peak < _SILENCE:
            self._lead.clear()
            return False
        self._lead.append(piece)
        while sum(len(each.chunk) for each in self._lead) > _LEAD_S * self.rate_hz:
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
        patched, beside, samples, fades = time.monotonic(), self._companion, 0, FadedEnds(self.rate_hz)
        try:
            while True:
                ending = not self._active
                self._begun = self._begun or self._begin_beside(writer.path)
                while self._begun and (self._queue or (ending and fades.held)):
                    piece = self._queue.popleft() if self._queue else None
                    if piece is None:
                        chunk = fades.end()
                    else:
                        self._queued -= len(piece.chunk)
                        if beside is not None and not piece.plain:
                            beside.sent(samples, piece.taken, piece.chunk)
                        samples += len(piece.chunk)
                        chunk = fades.put(piece.chunk)
                    while len(chunk) > (room := writer.room(self._max_bytes)):
                        writer.write(chunk[:room])
                        chunk = chunk[room:]
                        yield writer
                        part = asked.with_name(f"{asked.stem} part{asked.suffix}")
                        writer = new_writer(part, self.rate_hz, writer.sample_format, first=2)
                        self.path = writer.path
                    writer.write(chunk)
                if beside is not None and samples:
                    beside.keep(samples - fades.held)
                if ending and (self._begun or not self._queue):
                    break
                if time.monotonic() - patched >= _PATCH_EVERY_S:
                    writer.patch()
                    patched = time.monotonic()
                self._wake.wait(_FLUSH_S if self._begun else _FLUSH_S / 10)
                self._wake.clear()
        except OSError:
            writer.abandon()
            self.last_take = writer.path
            raise
        finally:
            if beside is not None:
                beside.end(samples)
        yield writer

    def _begin_beside(self, take: Path) -> bool:
        """Whether the take's first sample is the first in the queue: what comes before it is left out."""
        beside = self._companion
        assert beside is not None
        if not self._queue:
            beside.refresh()
            return False
        start = beside.start_at(self._queue[0].begin)
        if start is None:
            return False
        while self._queue:
            piece = self._queue.popleft()
            late, flows = max(0, start - piece.begin), piece.taken == len(piece.chunk)
            if late < piece.taken if flows else not late:
                rest = Piece(piece.chunk[late:], piece.begin + late, piece.taken - late, piece.plain)
                self._queue.appendleft(rest)
                self._leave_out(late)
                beside.open(take, rest.begin - start)
                return True
            # All of it came before; or it is the engine's samples and a gap, which nothing tells apart.
            self._leave_out(len(piece.chunk))
        return False

    def _leave_out(self, n: int) -> None:
        self._left_out += n
        self._queued -= n


def _reason(cause: OSError) -> str:
    return os.strerror(cause.errno).lower() if cause.errno else str(cause)
