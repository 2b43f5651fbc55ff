"""A part of a take: where it begins and ends, heard over and over without a click, saved as a file of its own.

Axes: `N` samples, `K` channels; blocks are (n, K) float32.
"""

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import RecordingError
from synth.sound_files.reader import SoundReader, open_sound
from synth.takes.companion import companion_of
from synth.takes.wav import FadedEnds, SampleFormat, WavWriter

SHORTEST_S = 0.05
CROSS_FADE_S = 0.01
"""How long the end of a loop is faded into what lies before its beginning."""
_FORMATS: dict[str, SampleFormat] = {"PCM_16": "pcm16", "PCM_24": "pcm24"}
_BLOCK = 1 << 16

Block = NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """From one time of a take to another, in seconds; by default all of it."""

    begin_s: float = 0.0
    end_s: float = math.inf
    looped: bool = False


WHOLE = Part()


def span_of(part: Part, n_samples: int, rate_hz: int) -> tuple[int, int]:
    """The part's first sample in a take, and the one after its last; `RecordingError` says what cannot be."""
    first = max(0, round(part.begin_s * rate_hz))
    end = n_samples if part.end_s * rate_hz >= n_samples else round(part.end_s * rate_hz)
    if first >= end:
        whole_s, begin_s = n_samples / rate_hz, part.begin_s
        if begin_s >= whole_s:
            raise RecordingError(
                f"The part begins at {begin_s:.3f} s, where the take of {whole_s:.3f} s is over: let it begin earlier."
            )
        raise RecordingError(
            f"The part begins at {begin_s:.3f} s and ends at {part.end_s:.3f} s: let it end after it begins."
        )
    if end - first < min(SHORTEST_S * rate_hz - 0.5, n_samples):
        raise RecordingError(
            f"The part is {1000 * (end - first) / rate_hz:.0f} ms long: choose at least {1000 * SHORTEST_S:.0f} ms."
        )
    return first, end


def looped_blocks(file: SoundReader, first: int, end: int, size: int) -> Iterator[Block]:
    """Samples `first` to `end` of a file over and over, in blocks of at most `size`; each pass lasts as long.

    The last of each pass is faded into what lies before `first`, so that the next pass goes on from it. Where less than
    the fade lies before it, the end is faded out instead and the beginning in.
    """
    n = end - first
    fade = min(round(CROSS_FADE_S * file.rate_hz), n // 2)
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))).astype(np.float32)[:, None]
    before = file.read(first - fade, fade) if first >= fade else np.zeros((fade, file.channels), np.float32)
    passes = 0
    while True:
        at = 0
        for block in file.blocks(first, n, size):
            if passes and first < fade and at < fade:
                part = block[: fade - at]
                part *= rising[at : at + len(part)]
            into = at + len(block) - (n - fade)
            if into > 0:
                last = block[-into:] if into <= len(block) else block
                here = slice(into - len(last), into)
                last *= rising[::-1][here]
                last += before[here] * rising[here]
            at += len(block)
            yield block
        if at < n:
            raise RecordingError("The take has become shorter while it was played: it stops.")
        passes += 1


def save_part(take: Path, part: Part) -> Path:
    """Write a part of a take into a new file beside it, "NAME trimmed.wav", in the take's own format; the new file.

    Samples are the take's, to the bit, but for an end in mid-wave, which is faded over 5 ms. What the take began with
    is not kept beside it: a part cannot be continued or branched from. `RecordingError` when it cannot be read or
    written; then nothing is left of it.
    """
    import soundfile

    try:
        with open_sound(take) as file:
            first, end = span_of(part, file.n_samples, file.rate_hz)
            return _write(take, file, first, end)
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        raise RecordingError(f"The take “{take.stem}” cannot be read: {take} is damaged or gone.") from error


def _write(take: Path, file: SoundReader, first: int, end: int) -> Path:
    fades, writer = FadedEnds(file.rate_hz), None
    blocks = file.blocks(first, end - first, _BLOCK)
    try:
        writer = _new_writer(take, file)
        for block in blocks:
            writer.write(fades.put(stereo(block)))
        writer.write(fades.end())
        writer.close()
    except OSError as cause:
        if writer is not None:
            writer.discard()
        reason = os.strerror(cause.errno).lower() if cause.errno else str(cause)
        raise RecordingError(
            f"The part of “{take.stem}” cannot be written to {take.parent} ({reason}): free space, or move the take to "
            "another folder; the take is whole."
        ) from cause
    return writer.path


def _new_writer(take: Path, file: SoundReader) -> WavWriter:
    """A file of a name that neither a take nor what lies beside one has."""
    stem = re.sub(r" trimmed( \d+)?$", "", take.stem)
    number = 1
    while True:
        path = take.with_name(f"{stem} trimmed{f' {number}' if number > 1 else ''}.wav")
        if not path.exists() and not companion_of(path).exists():
            try:
                # Samples that were rounded when they were recorded are not rounded again: no second dither.
                return WavWriter(path, file.rate_hz, _FORMATS.get(file.subtype, "float32"), dither=False)
            except FileExistsError:
                pass  # Another window took the name at this moment.
        number += 1


def stereo(chunk: Block) -> Block:
    """(n, any) → (n, 2)."""
    return np.repeat(chunk, 2, axis=1) if chunk.shape[1] == 1 else np.ascontiguousarray(chunk[:, :2])
