"""What notes that grow a culture of their own cost, and whether they become the preset's sound.

`python -m tests.benchmarks.growth [PRESET …] [--picture FILE.png]`

Cost: milliseconds of one core for a step of 1 … 16 own cultures beside a step of the shared one, in turns, and for a
frame of an instrument that plays 8 notes with Growth at 0 and at 1. Sound: three notes of 5 s at the preset's root
without the recorded contour; third-octave levels with Growth 1 from the second second on against Growth 0, and of
Growth 0 with another seed against the same, which is what chance does; level after 25, 50, 100, 200 and 400 ms against
the late one. A note that is silent, or that plays the shared culture after all, would have a small difference too: so
the early levels must be low, and `own` says how different the columns of both are at the same moment.
"""

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from synth.culture.culture import LiveCulture
from synth.culture.sown import SownCultures
from synth.instrument.events import Event, HoldDrone
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.note_events import NoteOff, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.presets.file import load_preset
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

PRESETS = Path(__file__).parents[2] / "presets"
RATE_HZ, HOP = 44100, 512
NOTE_S, EARLY_S = 5.0, (0.025, 0.05, 0.1, 0.2, 0.4)
_FLAT = {"contour_attack": 0.0, "contour_decay": 0.0, "contour_release": 0.0, "attack_s": 0.001, "release_s": 0.05}


def per_call_ms(calls: dict[str, Callable[[], object]], rounds: int = 60) -> dict[str, float]:
    """Median thread time of each, called in turns."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.thread_time()
            call()
            took[name].append(time.thread_time() - start)
    return {name: float(np.median(times[5:])) * 1e3 for name, times in took.items()}


def step_costs(preset: Preset) -> dict[str, float]:
    """Of the shared culture and of so many own ones."""
    shared = LiveCulture(preset)
    calls: dict[str, Callable[[], object]] = {"shared": shared.step}
    for n in (1, 2, 4, 8, 16):
        own = SownCultures(preset, 0)
        for number in range(n):
            own.sow(number + 1)
        B = len(own.state.number)
        still, fed = np.ones(B, np.bool_), np.zeros(B)
        calls[str(n)] = lambda own=own, still=still, fed=fed: own.step(still, fed, 1.0, 1.0)  # type: ignore[misc]
    return per_call_ms(calls)


def chord(preset: Preset, growth: float, n: int) -> Instrument:
    """An instrument that holds `n` notes, grown."""
    values = ParameterValues(growth=growth, growth_limit=16.0)
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE_HZ, values)
    made.do(HoldDrone(False))
    made.process(1)
    for i in range(n):
        made.do(NoteOn(i, 48 + 3 * i, 0.7))
    made.process(20)
    return made


def frame_costs(preset: Preset, n: int = 8) -> dict[str, float]:
    """Of a block of two frames, per frame."""
    without, grown = chord(preset, 0.0, n), chord(preset, 1.0, n)
    cost = per_call_ms({"growth 0": lambda: without.process(2), "growth 1": lambda: grown.process(2)})
    return {name: ms / 2 for name, ms in cost.items()}


def notes(preset: Preset, growth: float, seed: int = 0) -> NDArray[np.float32]:
    """Three notes at the root one after the other, (3, N): left."""
    values = ParameterValues(growth=growth, **_FLAT)
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE_HZ, values, Setup(seed=seed))
    made.do(HoldDrone(False))
    made.process(1)
    n = round(NOTE_S * RATE_HZ / HOP)
    hz = preset.root_hz or 440.0
    key = min(127, max(0, round(69 + 12 * np.log2(hz / 440))))
    parts = []
    for i in range(3):
        made.schedule([Event(made.frame, NoteOn(i, key, 100 / 127)), Event(made.frame + n, NoteOff(i))])
        parts.append(made.process(n)[0])
        made.process(20)
    return np.stack(parts)


def thirds_db(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Levels of third-octave bands from 100 Hz to 8 kHz, averaged over all notes."""
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(sound.shape[1])))).mean(0)
    hz = np.fft.rfftfreq(sound.shape[1], 1 / RATE_HZ)
    edges = 100 * 2 ** (np.arange(20) / 3)
    levels = [power[(hz >= low) & (hz < high)].sum() for low, high in pairwise(edges)]
    return 10 * np.log10(np.array(levels) + 1e-9)


def difference_db(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and worst difference of bands within 50 dB of the loudest."""
    a, b = thirds_db(one[:, RATE_HZ:]), thirds_db(other[:, RATE_HZ:])
    heard = np.abs(a - b)[a > a.max() - 50]
    return float(heard.mean()), float(heard.max())


def level_db(sound: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(sound)) + 1e-12))


def picture(preset: Preset, path: Path) -> None:
    """Spectrograms of the first second of a note with Growth 0, 0.5 and 1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 12))
    for i, growth in enumerate((0.0, 0.5, 1.0)):
        sound = notes(preset, growth)[0, : 2 * RATE_HZ]
        axes = figure.add_subplot(3, 1, i + 1)
        axes.specgram(sound, NFFT=2048, Fs=RATE_HZ, noverlap=2048 - 256, vmin=-140, vmax=-40)
        axes.set(title=f"{preset.name}, growth {growth:g}", ylim=(0, 11025))
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    names = args.presets or sorted(path.stem for path in PRESETS.glob("*.safetensors"))
    first = load_preset(PRESETS / f"{names[0]}.safetensors")
    if args.picture:
        picture(first, args.picture)
        return
    costs = step_costs(first)
    print(f"{names[0]}: a step of the shared culture {costs.pop('shared'):.2f} ms; of own cultures:")
    shared = step_costs(first)["shared"]
    for n, ms in costs.items():
        print(f"  {n:>2}: {ms:5.2f} ms, {ms / int(n) / shared:.2f} of a shared step each")
    frames = frame_costs(first)
    print("  8 notes, ms per frame: " + ", ".join(f"{name} {ms:.2f}" for name, ms in frames.items()))
    print("preset            mean, worst dB from growth 0 | another seed | own | early levels, dB below the late one")
    worst = 0.0
    for name in names:
        preset = load_preset(PRESETS / f"{name}.safetensors")
        plain, grown, other = notes(preset, 0.0), notes(preset, 1.0), notes(preset, 0.0, seed=1)
        found, chance = difference_db(grown, plain), difference_db(other, plain)
        late = level_db(grown[:, RATE_HZ:])
        early = [level_db(grown[:, round(s * RATE_HZ) : round(s * RATE_HZ) + HOP]) - late for s in EARLY_S]
        own = level_db(grown[:, RATE_HZ:] - plain[:, RATE_HZ:]) - late
        told = " ".join(f"{db:6.1f}" for db in early)
        print(f"{name:18}{found[0]:5.2f} {found[1]:5.2f} | {chance[0]:5.2f} {chance[1]:5.2f} | {own:5.1f} | {told}")
        worst = max(worst, found[0])
    print(f"worst mean difference: {worst:.2f} dB")


if __name__ == "__main__":
    main()
