"""How the bundled variations sound beside the presets they are of.

    python -m tests.benchmarks.variations FOLDER [NAME …] [--seconds 16]

Each is rendered as a drone of 16 s (its base 8 s) and as a phrase of notes of 8 s, and measured:

* LUFS: of the drone, bar −18 ± 0.5; of the notes, and in brackets how much louder than the base's.
* peak: true peak of drone and notes in dBTP, bar 0.
* gap: the longest stretch of the drone, in seconds, that stays more than 40 dB below its loudest 50 ms.
* tail: how long after a second of noise the effects are digitally silent, in seconds; a dash where none is on.
* spectrum, movement, sides: difference from the base in third octaves from 100 Hz to 10 kHz, of the average level (the
  mean difference taken away), of the level's standard deviation, and of the sides' share of the power; in dB, the mean
  over bands, the larger of drone and notes; in brackets the same between the halves of the base's drone. A
  variation differs where one of the three is at least three times as much.

FOLDER gets a picture `NAME.png` of each: spectrograms of base and variation, drone and notes. The sounds of bases are
kept there as well, and read again by another run.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from synth.commands.cli import prepare_environment
from synth.effects.rack import EffectsRack
from synth.instrument.note_events import NoteEvent, NoteOff, NoteOn
from synth.instrument.parameters.effect_rows import EFFECTS
from synth.instrument.parameters.values import from_settings
from synth.loudness import loudness_lufs, true_peak_db
from synth.presets.library import bundled_folder, load
from synth.presets.model import Preset
from training.studies.library import MANIFEST
from training.studies.variations import LEVELLED_S, PLAYED_LUFS, Variation, played, read_variations

RATE, BASE_S, NOTES_S = 44100, 8.0, 8.0
_STEP_S, _GAP_DB, _LONGEST_TAIL_S = 0.05, 40.0, 120.0
_FLOOR_DB = 70.0
"""Of a band's levels: nothing that is softer than its loudest by more than this counts."""
_THIRDS = 100.0 * 2 ** (np.arange(21) / 3)
_KEYS = ((0, 0.45), (4, 0.6), (7, 0.75), (12, 0.95), (16, 0.6), (12, 0.5), (7, 0.8), (0, 0.7))
"""Semitones above the lowest note, and velocities."""

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """How two sounds differ, in dB."""

    spectrum: float
    movement: float
    sides: float


def notes_of(preset: Preset) -> Iterator[tuple[float, NoteEvent]]:
    """A broken chord of eight notes in 4 s, an octave lower for a low preset; the last note is held."""
    lowest = 48 if 0 < preset.root_hz < 240 else 60
    for i, (above, velocity) in enumerate(_KEYS):
        if i:
            yield 0.5 * i - 0.05, NoteOff(i)
        yield 0.5 * i, NoteOn(i + 1, lowest + above, velocity)
    yield 4.7, NoteOff(len(_KEYS))


def phrase(preset: Preset) -> Sound:
    """The notes, (2, N)."""
    from synth.loading.choose_vocoder import choose_vocoder
    from synth.output.render import Job, render

    vocoder, _ = choose_vocoder("spectral", preset)
    job = Job(seconds=NOTES_S, controls=from_settings(preset.settings))
    return render(preset, vocoder, job, notes=notes_of(preset))


def kept(path: Path, make: Callable[[], Sound]) -> Sound:
    """A sound that is made once."""
    if not path.exists():
        sf.write(path, make().T, RATE, subtype="FLOAT")
    sound: Sound = sf.read(path, dtype="float32")[0].T
    return sound


def _levels_db(sound: Sound) -> NDArray[np.float64]:
    """Levels of third octaves in steps of 23 ms, (bands, steps), not below `_FLOOR_DB` under the loudest of all."""
    transform = ShortTimeFFT(hann(4096, sym=False), 1024, RATE, mfft=8192)
    power = transform.spectrogram(sound.astype(np.float64))
    edges = np.concatenate([_THIRDS * 2 ** (-1 / 6), _THIRDS[-1:] * 2 ** (1 / 6)])
    bins = np.searchsorted(transform.f, edges)
    bands = np.add.reduceat(power, bins, axis=0)[: len(_THIRDS)] + 1e-30
    return np.asarray(np.maximum(10 * np.log10(bands), 10 * np.log10(bands.max()) - _FLOOR_DB))


def likeness(one: Sound, other: Sound) -> Likeness:
    """How two sounds differ, whatever their loudness."""
    mono = [_levels_db(sound.mean(axis=0)) for sound in (one, other)]
    apart = mono[0].mean(axis=1) - mono[1].mean(axis=1)
    moves = mono[0].std(axis=1) - mono[1].std(axis=1)
    shares = [10 * np.log10(_side_share(sound)) for sound in (one, other)]
    return Likeness(
        float(np.abs(apart - apart.mean()).mean()), float(np.abs(moves).mean()), float(abs(shares[0] - shares[1]))
    )


def _side_share(sound: Sound) -> float:
    sides, middle = sound[0] - sound[1], sound[0] + sound[1]
    return float((np.square(sides).mean() + 1e-9) / (np.square(sides).mean() + np.square(middle).mean() + 1e-9))


def longest_gap_s(sound: Sound) -> float:
    """The longest stretch that is much softer than the loudest, apart from fades at both ends."""
    step = round(_STEP_S * RATE)
    steps = sound[:, step * 4 : sound.shape[1] - step * 4]
    steps = steps[:, : steps.shape[1] // step * step].reshape(2, -1, step)
    levels = 10 * np.log10(np.square(steps).mean(axis=(0, 2)) + 1e-12)
    longest = now = 0
    for soft in levels < levels.max() - _GAP_DB:
        now = now + 1 if soft else 0
        longest = max(longest, now)
    return longest * _STEP_S


def tail_s(preset: Preset) -> float | None:
    """How long the effects sound on after a second of noise; None where there are none."""
    controls = from_settings(preset.settings)
    if not any(controls[f"{effect}_on"] for effect in EFFECTS):
        return None
    rack = EffectsRack(RATE, controls)
    block, last = 1024, 0.0
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, block))
    for i in range(round((1 + _LONGEST_TAIL_S) * RATE / block)):
        sounding = i * block < RATE
        out = rack.process((noise if sounding else 0 * noise).astype(np.float32))
        if np.any(out):
            last = (i + 1) * block / RATE - 1
    return last


def draw(path: Path, sounds: dict[str, Sound]) -> None:
    """Spectrograms, two beside each other in each row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7), layout="constrained")
    shades: dict[str, Any] = {"NFFT": 2048, "Fs": RATE, "noverlap": 1536, "vmin": -140, "vmax": -40, "cmap": "magma"}
    for axes, (title, sound) in zip(figure.subplots(2, 2).flat, sounds.items(), strict=True):
        # Digital silence has no level.
        with np.errstate(divide="ignore"):
            axes.specgram(sound.mean(axis=0), **shades)
        axes.set(title=title, yscale="log", ylim=(60, 14000), xlim=(0, 8))
    figure.savefig(path, dpi=60)


def measure(variation: Variation, folder: Path, seconds: float) -> tuple[str, bool]:
    """A line about one variation, and whether it meets its bars."""
    base, preset = load(variation.base), load(variation.file)
    plain = kept(folder / f"{variation.base}.base.wav", lambda: played(base, BASE_S))
    plain_notes = kept(folder / f"{variation.base}.base-notes.wav", lambda: phrase(base))
    drone, notes = played(preset, seconds), phrase(preset)
    sf.write(folder / f"{variation.file}.flac", np.concatenate([drone, notes], axis=1).T, RATE)
    draw(
        folder / f"{variation.file}.png",
        {variation.base: plain, variation.file: drone, "its notes": plain_notes, "the variation's notes": notes},
    )
    half = plain.shape[1] // 2
    floor = likeness(plain[:, :half], plain[:, half:])
    found = [likeness(plain, drone[:, : plain.shape[1]]), likeness(plain_notes, notes)]
    lufs, peak = loudness_lufs(drone, RATE), max(true_peak_db(sound, RATE) for sound in (drone, notes))
    louder = loudness_lufs(notes, RATE) - loudness_lufs(plain_notes, RATE)
    tail = tail_s(preset)
    cells, differs = [], False
    for name in ("spectrum", "movement", "sides"):
        most, least = max(getattr(each, name) for each in found), getattr(floor, name)
        differs |= most >= 3 * least
        cells.append(f"{name} {most:5.1f} ({least:.1f})")
    gap = longest_gap_s(drone)
    fits = abs(lufs - PLAYED_LUFS) <= 0.5 and peak <= 0 and differs and (tail or 0) < _LONGEST_TAIL_S
    line = (
        f"{variation.file:18} {lufs:6.1f} LUFS, notes {loudness_lufs(notes, RATE):6.1f} ({louder:+.1f}), "
        f"peak {peak:5.1f}, "
        f"gap {gap:4.2f}, tail {'–' if tail is None else f'{tail:5.1f}'}, {', '.join(cells)}"
    )
    return line, fits


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.variations", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("only", nargs="*", metavar="NAME")
    parser.add_argument("--seconds", type=float, default=LEVELLED_S, metavar="S", help="of the drone")
    args = parser.parse_args()
    prepare_environment()
    args.folder.mkdir(parents=True, exist_ok=True)
    missed = []
    for variation in read_variations(bundled_folder() / MANIFEST):
        if not args.only or variation.file in args.only:
            line, fits = measure(variation, args.folder, args.seconds)
            print(line, "" if fits else "MISSES", flush=True)
            missed += [] if fits else [variation.file]
    print(f"missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
