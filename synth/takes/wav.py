"""Writing WAV files that survive a crash: plain RIFF, its header patched while it grows.

Axes: `N` samples; audio is (N, channels) float32 in −1 … 1. 24-bit integers are what every editor opens; float32 is
exact; 16-bit integers are dithered, so that a fade-out does not end in grains.
"""

import contextlib
import os
import struct
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

SampleFormat = Literal["pcm16", "pcm24", "float32"]
SAMPLE_FORMATS: tuple[SampleFormat, ...] = get_args(SampleFormat)

MAX_WAV_BYTES = 4 * 1024**3 - 64 * 1024
"""RIFF counts bytes in 32 bits."""

END_FADE_S = 0.005
_IN_WAVE = 10 ** (-90 / 20)
"""A first or last sample that is louder lies in mid-wave."""

_BYTES = {"pcm16": 2, "pcm24": 3, "float32": 4}
_TAG = {"pcm16": 1, "pcm24": 1, "float32": 3}
_HEADER = 44


def unused_path(path: Path, first: int = 1) -> Path:
    """`path`, or the first of "name 2", "name 3" … that does not exist; with `first` above 1 always numbered."""
    number = first
    while True:
        candidate = path if number == 1 else path.with_name(f"{path.stem} {number}{path.suffix}")
        if not candidate.exists():
            return candidate
        number += 1


def encode(audio: NDArray[np.float32], sample_format: SampleFormat, dither: np.random.Generator | None = None) -> bytes:
    """Little-endian samples; integers are rounded and clipped to the range.

    `dither` adds triangular noise of ±1 step to 16-bit samples (Lipshitz, Wannamaker and Vanderkooy 1992) wherever
    there is sound: silence stays silent.
    """
    if sample_format == "float32":
        return audio.astype("<f4").tobytes()
    if sample_format == "pcm16":
        steps = audio.astype(np.float64) * 2**15
        if dither is not None:
            # Both draws of a sample one after the other: however a take is split into pieces, its file is the same.
            drawn = dither.random((*audio.shape, 2))
            steps += (drawn[..., 0] - drawn[..., 1]) * (audio != 0)
        return np.clip(np.rint(steps), -(2**15), 2**15 - 1).astype("<i2").tobytes()
    scaled = np.clip(np.rint(audio.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype("<i4")
    return scaled.reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def new_writer(path: Path, rate_hz: int, sample_format: "SampleFormat", first: int = 1) -> "WavWriter":
    """A file named as `unused_path` says, also where another window takes that name at this moment."""
    while True:
        unused = unused_path(path, first)
        try:
            return WavWriter(unused, rate_hz, sample_format)
        except FileExistsError:
            if not unused.exists():
                raise


class FadedEnds:
    """Sound on its way into a take's file, whose ends are faded where they lie in mid-wave: a loop would click there.

    An end in silence stays as it is, to the bit. `held` samples wait for what comes after them.
    """

    def __init__(self, rate_hz: int, fade_s: float = END_FADE_S) -> None:
        n = round(rate_hz * fade_s)
        self._rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))).astype(np.float32)[:, None]
        self._done, self._in_wave = 0, False
        self._held = np.zeros((0, 2), np.float32)

    @property
    def held(self) -> int:
        return len(self._held)

    def put(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take (N, 2) in; what can be written now."""
        if len(audio) and not self._done:
            self._in_wave = bool(np.abs(audio[0]).max() > _IN_WAVE)
        rising = self._rising[self._done : self._done + len(audio)]
        if self._in_wave and len(rising):
            audio = np.concatenate([audio[: len(rising)] * rising, audio[len(rising) :]])
        self._done += len(audio)
        waiting = np.concatenate([self._held, audio])
        n_ready = max(0, len(waiting) - len(self._rising))
        self._held = waiting[n_ready:]
        return waiting[:n_ready]

    def end(self, *, cut_short: bool = False) -> NDArray[np.float32]:
        """What is left; of a take that was cut short as it is."""
        last, self._held = self._held, self._held[:0]
        if cut_short or not len(last) or np.abs(last[-1]).max() <= _IN_WAVE:
            return last
        return last * self._rising[::-1][-len(last) :]


class WavWriter:
    """One file. `write` appends, `patch` makes the header tell the truth, `close` does both and syncs to disk."""

    def __init__(
        self,
        path: Path,
        rate_hz: int,
        sample_format: SampleFormat = "pcm24",
        channels: int = 2,
        *,
        dither: bool = True,
    ) -> None:
        """`dither` only matters to 16-bit samples (`encode`)."""
        self.path, self.rate_hz, self.channels = path, rate_hz, channels
        self.frames = 0
        self.sample_format: SampleFormat = sample_format
        self._frame_bytes = _BYTES[sample_format] * channels
        # The same take twice gives the same file.
        self._dither = np.random.default_rng(0) if dither else None
        # "x": a take never overwrites anything.
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115
        self._send(self._header())

    def room(self, max_bytes: int) -> int:
        """Samples that still fit into a file of `max_bytes`."""
        return (max_bytes - _HEADER) // self._frame_bytes - self.frames

    def write(self, audio: NDArray[np.float32]) -> None:
        """Append (N, channels)."""
        self._send(encode(audio, self.sample_format, self._dither))
        self.frames += len(audio)

    def patch(self) -> None:
        """Write the header for what is there; data comes first, so it never promises too much."""
        end = self._file.tell()
        self._file.seek(0)
        self._send(self._header())
        self._file.seek(end)

    def close(self) -> None:
        self.patch()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Close and remove a file nothing was written to."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """After a failed write: cut to whole samples, patch, close."""
        if self._file.closed:
            return
        # Where even this fails, the header of the last patch still tells the truth.
        with contextlib.suppress(OSError):
            self._file.truncate(_HEADER + self.frames * self._frame_bytes)
            self.patch()
        self._file.close()

    def _header(self) -> bytes:
        data = self.frames * self._frame_bytes
        rate, block = self.rate_hz, self._frame_bytes
        bits = 8 * block // self.channels
        fmt = struct.pack("<HHIIHH", _TAG[self.sample_format], self.channels, rate, rate * block, block, bits)
        riff = b"RIFF" + struct.pack("<I", _HEADER - 8 + data) + b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt
        return riff + b"data" + struct.pack("<I", data)

    def _send(self, data: bytes) -> None:
        """Write everything; a disk that takes only a part raises on the next call."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
