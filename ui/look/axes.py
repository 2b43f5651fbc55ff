"""Where the culture's ticks go: hertz and notes along mel rows, seconds along columns.

Axes: `M` mel bands, `T` frames.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synth.instrument.parameters.note_names import note_name
from synth.mel import MelFormat, band_centres_hz

Ticks = list[tuple[float, str]]

_HZ = (1000, 200, 500, 2000, 5000, 10_000, 20_000, 100, 300, 700, 1500, 3000, 4000, 7000, 15_000)
"""In the order in which they are worth their room."""
_CS = (60, 72, 84, 96, 108, 48, 36, 120)
"""MIDI notes C4, C5, …, likewise."""
_LABEL_PIXELS = 15.0
"""Height a label needs."""


@lru_cache(maxsize=8)
def _centres_hz(fmt: MelFormat) -> NDArray[np.float64]:
    """Centre frequency of each band, (M,): a resized axis asks for every one of its ticks."""
    return band_centres_hz(fmt).numpy()


def row_of_hz(hz: float, fmt: MelFormat) -> float:
    """Mel row, in fractions of a row, at which a frequency lies; beyond the outer bands it is extrapolated."""
    centres = _centres_hz(fmt)
    if hz < centres[0]:
        return float((hz - centres[0]) / (centres[1] - centres[0]))
    return float(np.interp(hz, centres, np.arange(len(centres))))


def hz_of_row(row: float, fmt: MelFormat) -> float:
    """Frequency of a mel row."""
    centres = _centres_hz(fmt)
    return float(np.interp(row, np.arange(len(centres)), centres))


def hz_ticks(fmt: MelFormat, height: float, ratio: float = 1.0) -> Ticks:
    """Round frequencies at their rows, as many as an axis `height` pixels high has room for.

    `ratio` is how far the culture is transposed: at 2 a row is heard an octave above its own frequency.
    """
    named = [(float(hz), f"{hz / 1000:g}k" if hz >= 1000 else f"{hz}") for hz in _HZ]
    return _ticks(named, fmt, height, ratio)


def note_ticks(fmt: MelFormat, height: float, ratio: float = 1.0) -> Ticks:
    """The octaves' Cs at the rows where they are heard, as many as have room; `ratio` as in `hz_ticks`."""
    return _ticks([(440.0 * 2 ** ((note - 69) / 12), note_name(note)) for note in _CS], fmt, height, ratio)


def second_ticks(fmt: MelFormat, n_frames: int, every_s: float = 0.25) -> Ticks:
    """Seconds along the loop."""
    fps = fmt.frames_per_second
    count = math.floor((n_frames - 1) / fps / every_s) + 1
    return [(i * every_s * fps, f"{i * every_s:g} s" if i else "0") for i in range(count)]


def nearest_note(hz: float) -> tuple[int, float]:
    """The MIDI note nearest to a frequency and how many cents above it the frequency lies."""
    exact = 69 + 12 * math.log2(hz / 440.0)
    note = round(exact)
    return note, 100 * (exact - note)


def pitch_name(hz: float) -> str:
    """The nearest note and how far from it: “A4”, “A4 −12 ct”."""
    note, cents = nearest_note(hz)
    off = round(cents)
    return f"{note_name(note)} {off:+d} ct".replace("-", "−") if off else note_name(note)


def _ticks(named: list[tuple[float, str]], fmt: MelFormat, height: float, ratio: float) -> Ticks:
    centres = _centres_hz(fmt)
    kept: Ticks = []
    apart = _LABEL_PIXELS * fmt.n_mels / max(height, 1.0)
    for hz, name in named:
        own = hz / ratio
        row = row_of_hz(own, fmt)
        inside = float(centres[0]) <= own <= float(centres[-1])
        if inside and all(abs(row - other) >= apart for other, _ in kept):
            kept.append((row, name))
    return sorted(kept)
