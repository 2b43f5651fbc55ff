"""Does a note begin as its recording does? Octave bands every 10 ms of the first half second.

`python -m tests.benchmarks.contour --recordings FOLDER [PRESET …]`: the recordings of the presets' manifest; those that
are notes of a soundfont are rendered anew by fluidsynth.

Each preset with a measured attack plays a note of the recording's length at its root, at medium velocity. Both are cut
at their beginning: the recording where its loudest millisecond less 30 dB is first reached, the note where it was
played. `median`, `90 %`: difference of the levels of six octave bands (125 Hz to 4 kHz) in steps of 10 ms, in cells of
the recording within 40 dB of its loudest, one level for all. `onset`: how much later than it was played the note
reaches its own loudest millisecond less 30 dB. The first half second would be met by a note whose very beginning is
wrong, so `100 ms` is the median of the first ten steps; levels of bands would be met by noise in place of tones, so
`grain` compares how far the strongest bin of a band stands above the band's mean, 50 to 250 ms, in dB. `none` is the
median with the contour turned off: what the culture alone does. `itself` is the recording's half second that begins at
0.8 s against the one 0.6 s later, by the same measure: what moves by itself, such as a vibrato or a section of strings,
is so far from itself, and a note that was grown cannot be nearer once its attack is over; of a sound that fades it says
little.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.instrument.events import HoldDrone, Tune, at_sample
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.tuning import Tuning
from synth.instrument.voices.expression import MEDIUM_VELOCITY
from synth.presets.file import load_preset
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from training.studies.library import read_manifest, recording_of

PRESETS = Path(__file__).parents[2] / "presets"
RATE_HZ, STEP = 44100, 441
SECONDS, AT = 0.5, 22050 + 137
BANDS_HZ = (125, 250, 500, 1000, 2000, 4000)
ONSET_DB, HEARD_DB = 30.0, 40.0
BAR_MEDIAN_DB, BAR_90_DB, BAR_ONSET_MS = 1.5, 4.0, 5.0
Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """One preset's figures, in dB and ms."""

    median: float
    ninety: float
    first: float
    onset_ms: float
    grain: float
    without: float
    itself: float


def recording(path: Path) -> Sound:
    """Mono at 44.1 kHz, cut at its onset."""
    wave, rate_hz = sf.read(path)
    mono = wave if wave.ndim == 1 else wave.mean(1)
    if rate_hz != RATE_HZ:
        raise SystemExit(f"{path.name} is at {rate_hz} Hz; give it at {RATE_HZ} Hz.")
    padded = np.concatenate([np.zeros(RATE_HZ // 10), mono])
    return np.asarray(padded[onset(padded) :])


def onset(sound: Sound) -> int:
    """Sample at which the millisecond that is 30 dB below the loudest begins."""
    n = RATE_HZ // 1000
    power = np.square(sound[: len(sound) // n * n].reshape(-1, n)).mean(1)
    return int(np.flatnonzero(power > power.max() * 10 ** (-ONSET_DB / 10))[0]) * n


def note(preset: Preset, length: int, contour: float) -> Sound:
    """Left channel from the moment the note was played."""
    values = ParameterValues(
        contour_attack=contour, contour_decay=contour, contour_release=contour, attack_s=0.001, width=0.0
    )
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE_HZ, values)
    made.do(HoldDrone(False))
    made.do(Tune(Tuning("root", (preset.root_hz or 440.0,) * 128)))
    events = ((AT, NoteOn(1, 60, MEDIUM_VELOCITY)), (AT + length, NoteOff(1)))
    made.schedule(at_sample(sample, event, preset.mel, RATE_HZ) for sample, event in events)
    n = (AT + int((SECONDS + 0.3) * RATE_HZ)) // 512 + 1
    sound = np.concatenate([made.process(8)[0] for _ in range(n // 8 + 1)])
    return sound[AT:].astype(np.float64)


def bands_db(sound: Sound) -> Sound:
    """Levels (6, steps) of the first half second."""
    length = int(SECONDS * RATE_HZ)
    wave = np.concatenate([np.zeros(RATE_HZ // 4), sound[: length + RATE_HZ // 4]])
    spectrum, hz = np.fft.rfft(wave), np.fft.rfftfreq(len(wave), 1 / RATE_HZ)
    levels = []
    for middle in BANDS_HZ:
        band = np.fft.irfft(np.where((hz >= middle / 2**0.5) & (hz < middle * 2**0.5), spectrum, 0), len(wave))
        steps = band[RATE_HZ // 4 :][:length].reshape(-1, STEP)
        levels.append(10 * np.log10(np.square(steps).mean(1) + 1e-12))
    return np.array(levels)


def grain_db(sound: Sound) -> Sound:
    """How far the strongest bin of each band stands above the band's mean, (6,)."""
    part = sound[RATE_HZ // 20 : RATE_HZ // 4]
    power, hz = np.square(np.abs(np.fft.rfft(part * np.hanning(len(part))))), np.fft.rfftfreq(len(part), 1 / RATE_HZ)
    bands = [power[(hz >= middle / 2**0.5) & (hz < middle * 2**0.5)] for middle in BANDS_HZ]
    return np.array([10 * np.log10(band.max() / band.mean()) for band in bands])


def compare(preset: Preset, file: Path) -> Found:
    recorded = recording(file)
    played, plain = (note(preset, len(recorded), contour) for contour in (1.0, 0.0))
    a, b, bare = bands_db(recorded), bands_db(played), bands_db(plain)
    heard = a > a.max() - HEARD_DB
    off = np.abs(b - a - np.median((b - a)[heard]))
    without = np.abs(bare - a - np.median((bare - a)[heard]))
    loud = a.max(axis=1) > a.max() - HEARD_DB / 2
    return Found(
        float(np.median(off[heard])),
        float(np.percentile(off[heard], 90)),
        float(np.median(off[:, :10][heard[:, :10]])),
        1000 * onset(played[: int(SECONDS * RATE_HZ)]) / RATE_HZ,
        float(np.abs(grain_db(recorded) - grain_db(played))[loud].mean()),
        float(np.median(without[heard])),
        from_itself(recorded),
    )


def from_itself(recorded: Sound) -> float:
    """Median difference of two half seconds of a recording, or not a number where it is too short."""
    first, second = (recorded[round(at * RATE_HZ) :] for at in (0.8, 1.4))
    if len(second) < RATE_HZ:
        return float("nan")
    a, b = bands_db(first), bands_db(second)
    heard = a > a.max() - HEARD_DB
    return float(np.median(np.abs(b - a - np.median((b - a)[heard]))[heard]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", metavar="PRESET")
    parser.add_argument("--recordings", type=Path, required=True, metavar="FOLDER")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    entries = [e for e in read_manifest(PRESETS / "manifest.toml") if not args.presets or e.file in args.presets]
    found: list[Found] = []
    print("preset         median  90 %  100 ms  onset ms  grain | none itself")
    for entry in entries:
        name, preset = entry.file, load_preset(PRESETS / f"{entry.file}.safetensors")
        if preset.attack is None or preset.root_hz <= 0:
            continue
        with tempfile.TemporaryDirectory() as folder:
            f = compare(replace(preset, gain_db=0.0), recording_of(entry, args.recordings, Path(folder)))
        found.append(f)
        told = f"{f.median:7.2f}{f.ninety:6.1f}{f.first:8.2f}{f.onset_ms:10.1f}{f.grain:7.1f}"
        print(f"{name:14}{told} | {f.without:.2f}{f.itself:7.2f}", flush=True)
    meets = [f.median <= BAR_MEDIAN_DB and f.ninety <= BAR_90_DB and f.onset_ms <= BAR_ONSET_MS for f in found]
    print(f"{sum(meets)} of {len(found)} meet {BAR_MEDIAN_DB} dB, {BAR_90_DB} dB and {BAR_ONSET_MS} ms")


if __name__ == "__main__":
    main()
