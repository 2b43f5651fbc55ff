"""Where the culture's ticks go: hertz and notes along mel rows, seconds along columns.

Axes: `M` mel bands, `T` frames.
"""

import math

import numpy as np

from synth.mel import MelFormat, band_centres_hz
from synth.notation import note_name

Ticks = list[tuple[float, str]]

_HZ = (50, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 7000, 10_000, 15_000, 20_000)
_APART_ROWS = 0.045
"""Closest ticks, as a share of the axis: labels must not touch at the smallest window."""


def row_of_hz(hz: float, fmt: MelFormat) -> float:
    """Mel row, in fractions of a row, at which a frequency lies; beyond the outer bands it is extrapolated."""
    centres = band_centres_hz(fmt).numpy()
    if hz < centres[0]:
        return float((hz - centres[0]) / (centres[1] - centres[0]))
    return float(np.interp(hz, centres, np.arange(len(centres))))


def hz_of_row(row: float, fmt: MelFormat) -> float:
    """Frequency of a mel row."""
    centres = band_centres_hz(fmt).numpy()
    return float(np.interp(row, np.arange(len(centres)), centres))


def hz_ticks(fmt: MelFormat) -> Ticks:
    """Round frequencies at their rows, no two closer than their labels allow."""
    labelled = [
        (row_of_hz(hz, fmt), f"{hz / 1000:g}k" if hz >= 1000 else f"{hz}")
        for hz in _HZ
        if fmt.fmin_hz < hz <= float(band_centres_hz(fmt)[-1])
    ]
    return _thinned(labelled, fmt.n_mels)


def note_ticks(fmt: MelFormat) -> Ticks:
    """Every C that has room, by name."""
    top = float(band_centres_hz(fmt)[-1])
    octaves = [(note, 440.0 * 2 ** ((note - 69) / 12)) for note in range(36, 121, 12)]
    rows = [(row_of_hz(hz, fmt), note_name(note)) for note, hz in octaves if hz <= top]
    return _thinned([(row, name) for row, name in rows if row >= 0], fmt.n_mels)


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


def _thinned(ticks: Ticks, n_mels: int) -> Ticks:
    kept: Ticks = []
    for row, label in ticks:
        if not kept or row - kept[-1][0] >= _APART_ROWS * n_mels:
            kept.append((row, label))
    return kept
