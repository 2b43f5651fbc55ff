"""Is every key in tune after the attack, on every preset that has a pitch, and as a Scala file says?

`python -m tests.benchmarks.tuning [PRESET …] [--keys FIRST LAST STEP]`

Each note is measured from 0.9 s on for 1.4 s, below C 3 for 4 s, with the culture and the playhead held still and
without what makes the recording's own pitch waver (vibrato, width of its lines): a line that comes and goes has its
strongest moment beside its pitch. `partial`: cents between the strongest partial and its place in the preset, moved
with the key; worst of all keys. Partials with a neighbour within 60 cents are left out, since the spectrum of two is
not the pitch of one. That would be met by a preset whose root is itself measured wrongly, so `pitch` fits one
fundamental to the sounding partials and compares it with the key, where the sound has harmonics; and by one strong
partial among others that went astray, so `five` is the worst of the five strongest. A silent note has no pitch: `level`
is the range of levels over the keys. A still note is not what is heard: with `--alive`, `alive` is the median over keys
of how far the pitch of the whole sound, its five strongest partials together, is from the key while everything moves.

Scala files: three scales and a keyboard map as Petrichord reads them, played on a preset of pure partials, in Hz beside
what tuning-library computes from the same file; and the mirror image of the check, a scale that is wrong by 0.5 Hz,
must be found.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import tuning_library
from numpy.typing import NDArray

from synth.instrument.events import HoldDrone, Tune
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.tuning import Tuning, read_tuning
from synth.presets.file import load_preset
from synth.presets.model import LOOP_FRAMES, Preset, Vibrato
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset

PRESETS = Path(__file__).parents[2] / "presets"
RATE_HZ, HOP = 44100, 512
FROM_S, FOR_S, LOW_FOR_S, LOW_KEY = 0.9, 1.4, 4.0, 48
BAR_CENTS, BAR_HZ = 2.0, 0.1
_PLAIN = {"velocity_tilt_db": 0.0, "contour_attack": 0.0, "contour_decay": 0.0, "width": 0.0}
_STILL = {**_PLAIN, "frozen": True, "playhead_speed": 0.0}

Sound = NDArray[np.float32]
SCALES = {
    "just": ("just\n7\n9/8\n5/4\n4/3\n3/2\n5/3\n15/8\n2/1\n", None),
    "nineteen": ("19 equal\n19\n" + "".join(f"{1200 * i / 19:.6f}\n" for i in range(1, 20)), None),
    "bohlen": (
        "13 of the twelfth\n13\n" + "".join(f"{1901.955 * i / 13:.6f}\n" for i in range(1, 14)),
        "12\n0\n127\n60\n69\n432.0\n13\n" + "".join(f"{i}\n" for i in range(12)),
    ),
}


def played(instrument: Instrument, key: int) -> Sound:
    """Left channel of a note from `FROM_S` on."""
    instrument.do(NoteOn(1, key, 100 / 127))
    n = round((FROM_S + (FOR_S if key >= LOW_KEY else LOW_FOR_S)) * RATE_HZ / HOP)
    return np.concatenate([instrument.process(8)[0] for _ in range(n // 8)])[round(FROM_S * RATE_HZ) :]


def instrument_of(preset: Preset, tuning: Tuning | None = None, *, still: bool = True) -> Instrument:
    values = ParameterValues(_STILL if still else _PLAIN)
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE_HZ, values)
    made.do(HoldDrone(False))
    if tuning is not None:
        made.do(Tune(tuning))
    return made


def peaks_hz(sound: Sound, near_hz: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The peak within 30 cents or 1.5 bins of each frequency, by a parabola through a Blackman window's logarithm."""
    n, wide = len(sound), 8 * len(sound)
    spectrum = np.log(np.abs(np.fft.rfft(sound * np.blackman(n), wide)) + 1e-12)
    found = []
    for hz in near_hz:
        middle, reach = round(hz * wide / RATE_HZ), max(12, round(hz * 0.0175 * wide / RATE_HZ))
        k = middle - reach + int(spectrum[middle - reach : middle + reach + 1].argmax())
        a, b, c = spectrum[k - 1 : k + 2]
        found.append((k + 0.5 * (a - c) / (a - 2 * b + c)) * RATE_HZ / wide)
    return np.array(found)


def cents(hz: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1200 * np.log2(hz / expected)


def strongest(preset: Preset, ratio: float, n: int) -> NDArray[np.float64]:
    """Where the strongest stored partials lie for a key, strongest first, of those within the hearing range."""
    assert preset.partials is not None
    hz, amplitude = (t.double().numpy() for t in (preset.partials.hz * ratio, preset.partials.amplitude))
    near = np.abs(1200 * np.log2(hz[:, None] / hz[None])) < 60
    alone = (near & (amplitude[None] > amplitude[:, None] / 30)).sum(axis=1) == 1
    heard = np.flatnonzero((hz > 50) & (hz < 10_000) & alone)
    return hz[heard[np.argsort(-amplitude[heard])][:n]]


def without_wavering(preset: Preset) -> Preset:
    assert preset.partials is not None
    partials = replace(preset.partials, linewidth_hz=None, bandwidth_hz=torch.zeros_like(preset.partials.hz))
    return replace(preset, vibrato=Vibrato(), partials=partials)


def measure(preset: Preset, keys: Sequence[int], with_alive: bool) -> dict[str, float]:
    still = without_wavering(preset)
    partial, five, pitch, levels, alive = [], [], [], [], []
    for key in keys:
        key_hz = 440 * 2 ** ((key - 69) / 12)
        expected = strongest(preset, key_hz / preset.root_hz, 5)
        if not len(expected):
            continue
        sound = played(instrument_of(still), key)
        off = cents(peaks_hz(sound, expected), expected)
        partial.append(abs(off[0]))
        five.append(abs(off).max())
        levels.append(10 * np.log10(np.mean(np.square(sound)) + 1e-12))
        order = np.round(expected / key_hz)
        if not preset.inharmonic and (order > 0).all():
            fundamental = np.median(peaks_hz(sound, order * key_hz) / order)
            pitch.append(abs(1200 * np.log2(fundamental / key_hz)))
        if not with_alive:
            continue
        moving = played(instrument_of(preset, still=False), key)
        alive.append(abs(float(np.median(cents(peaks_hz(moving, expected), expected)))))
    return {
        "partial": max(partial),
        "five": max(five),
        "pitch": max(pitch, default=float("nan")),
        "alive": float(np.median(alive)) if alive else float("nan"),
        "level": max(levels) - min(levels),
        "beyond": float(np.mean(np.array(partial) > BAR_CENTS)),
    }


def scala_hz(folder: Path) -> float:
    """Largest distance in Hz between what sounds and what tuning-library says."""
    preset, worst = without_wavering(steady_preset(LOOP_FRAMES)), 0.0
    for name, (scale, mapping) in SCALES.items():
        scl, kbm = folder / f"{name}.scl", folder / f"{name}.kbm"
        scl.write_text(f"! {name}.scl\n{scale}")
        if mapping is not None:
            kbm.write_text(mapping)
        tones = tuning_library.read_scl_file(str(scl))
        keys = tuning_library.KeyboardMapping() if mapping is None else tuning_library.read_kbm_file(str(kbm))
        table = tuning_library.Tuning(tones, keys)
        tuning = read_tuning(scl, None if mapping is None else kbm)
        for key in (40, 47, 55, 60, 61, 66, 69, 74, 81):
            hz = table.frequency_for_midi_note(key)
            if not 60 < hz < 4000:
                continue
            # The strongest partial of the tone is its fundamental.
            found = peaks_hz(played(instrument_of(preset, tuning), key), [hz])[0]
            worst = max(worst, abs(found - hz))
    wrong = Tuning("wrong", tuple(hz + 0.5 for hz in read_tuning(folder / "just.scl").key_hz))
    hz = wrong.key_hz[60] - 0.5
    assert abs(peaks_hz(played(instrument_of(preset, wrong), 60), [hz])[0] - hz) > BAR_HZ, "the check sees nothing"
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--keys", nargs=3, type=int, default=(36, 96, 1), metavar=("FIRST", "LAST", "STEP"))
    parser.add_argument("--alive", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        print(f"Scala files: {scala_hz(Path(folder)):.4f} Hz at most (bar {BAR_HZ})", flush=True)
    first, last, step = args.keys
    keys = range(first, last + 1, step)
    names = args.presets or sorted(path.stem for path in PRESETS.glob("*.safetensors"))
    print("cents: preset     partial  five  pitch  alive | level dB | share of keys beyond the bar")
    for name in names:
        preset = load_preset(PRESETS / f"{name}.safetensors")
        if preset.root_hz <= 0 or preset.partials is None:
            continue
        m = measure(preset, keys, args.alive)
        print(
            f"{name:18}{m['partial']:7.2f}{m['five']:7.2f}{m['pitch']:7.2f}{m['alive']:7.2f} | {m['level']:6.1f} | "
            f"{m['beyond']:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
