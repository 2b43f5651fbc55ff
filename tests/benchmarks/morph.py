"""Sweeps of a morph, offline, as fast as they go: loudness on the way, life, clicks, and what a frame costs.

`python -m tests.benchmarks.morph cello:violin flute:ocean --seconds 600 --map low–high`, or in half a minute
`python -m tests.benchmarks.morph cello:violin --seconds 40 --alone 12 --sound-only`

The knob goes from end to end and back, evenly, in 20 s each way. Loudness is that of 3 s (EBU R 128's short-term),
compared with a straight line between the loudness of both presets alone; what a preset alone strays from its own mean
by is printed beside it. A click is a single second difference that stands out of the 7 ms around it by more than six
standard deviations. Costs are processor time of this thread, measured by turns, as shares of a frame's duration; ratios
to the first preset alone are what can be trusted. Axes: `N` samples.
"""

import argparse
import json
import sys
import time

import numpy as np
import torch
from numpy.typing import NDArray

from synth.instrument.events import SetParameter
from synth.instrument.instrument import Instrument, Setup
from synth.instrument.morph.partner import make_partner
from synth.instrument.morph.share_maps import MAPS
from synth.instrument.parameters.values import ParameterValues
from synth.output.running_levels import RunningLevels
from synth.presets.library import load
from synth.presets.model import Preset
from synth.vocoder.spectral.vocoder import SpectralVocoder

RATE = 44100
PAIRS = ("cello:violin", "flute:ocean", "church_organ:choir_aahs")
SWEEP_S, WINDOW_S, ALONE_S = 20.0, 3.0, 24.0
_SETTLE_FRAMES, _BLOCK = 260, 16
_COST_TURNS, _COST_FRAMES = 12, 25
_AROUND = 301

Sound = NDArray[np.float32]


def played(preset: Preset, second: Preset | None = None, **controls: float) -> Instrument:
    """An instrument of a preset, beside which a second one is played if there is one."""
    setup = Setup(seed=1)
    made = Instrument(preset, SpectralVocoder(preset.mel), RATE, ParameterValues(controls), setup)
    if second is not None:
        made.begin_morph(make_partner(preset, second, RATE, setup))
    made.warm_up()
    return made


def loudness(sound: Sound) -> list[float]:
    """LUFS of each 3 s of (2, N)."""
    n, found = round(WINDOW_S * RATE), []
    for begin in range(0, sound.shape[1] - n + 1, n):
        levels = RunningLevels(RATE)
        levels.add(sound[:, begin : begin + n])
        found.append(levels.loudness_lufs())
    return found


def largest_step_db(sound: Sound) -> float:
    """The largest click of (2, N), in dBFS; −200 for none."""
    step = 0.0
    for side in sound:
        bend = np.abs(np.diff(side.astype(np.float64), n=2))
        around = np.sqrt(np.convolve(np.square(bend), np.ones(_AROUND) / _AROUND, "same"))
        step = max(step, float((bend - 6 * around).max(initial=0.0)))
    return 20 * float(np.log10(max(step, 1e-10)))


def alone(preset: Preset, seconds: float = ALONE_S) -> list[float]:
    """Loudness of a preset by itself, for so many seconds."""
    instrument = played(preset)
    return loudness(instrument.process(round(seconds * preset.mel.frames_per_second)))


def sweep(first: Preset, second: Preset, seconds: float, chosen: int, alone_s: float = ALONE_S) -> dict[str, float]:
    """What a sweep of so many seconds comes to, beside both presets alone for `alone_s`."""
    fps = first.mel.frames_per_second
    ends = [alone(preset, alone_s) for preset in (first, second)]
    means = [float(np.mean(end)) for end in ends]
    instrument = played(first, second, morph_map=float(chosen))
    instrument.process(_SETTLE_FRAMES)
    parts: list[Sound] = []
    knobs, largest, ailments = [], 0.0, 0
    for frame in range(0, round(seconds * fps), _BLOCK):
        way = frame / fps / SWEEP_S % 2
        knobs.append(way if way <= 1 else 2 - way)
        instrument.do(SetParameter("morph", knobs[-1]))
        parts.append(instrument.process(_BLOCK))
        largest = max(largest, float(instrument.culture.cells().abs().max()))
        ailments += bool(instrument.culture.ailment())
    sound = np.concatenate(parts, axis=1)
    found = loudness(sound)
    at = (np.arange(len(found)) + 0.5) * WINDOW_S * fps / _BLOCK
    expected = np.interp(np.interp(at, np.arange(len(knobs)), knobs), (0, 1), means)
    away = np.array(found) - expected
    return {
        "seconds": sound.shape[1] / RATE,
        "first_lufs": means[0],
        "second_lufs": means[1],
        "alone_strays_lu": max(abs(each - mean) for end, mean in zip(ends, means, strict=True) for each in end),
        "mean_away_lu": float(away.mean()),
        "most_away_lu": float(np.abs(away).max()),
        "within_2_lu": float((np.abs(away) <= 2).mean()),
        "largest_cell": largest,
        "ailments": ailments,
        "not_finite": int((~np.isfinite(sound)).sum()),
        "peak": float(np.abs(sound).max()),
        "largest_step_dbfs": largest_step_db(sound),
    }


def costs(first: Preset, second: Preset) -> dict[str, float]:
    """Processor time of a frame as a share of what it lasts: alone, and at three places of the knob."""
    made = {"alone": played(first), **{f"at_{knob:g}": played(first, second, morph=knob) for knob in (0.0, 0.5, 1.0)}}
    for instrument in made.values():
        instrument.process(_SETTLE_FRAMES)
    best = dict.fromkeys(made, float("inf"))
    for _ in range(_COST_TURNS):
        for name, instrument in made.items():
            start = time.thread_time()
            instrument.process(_COST_FRAMES)
            best[name] = min(best[name], (time.thread_time() - start) / _COST_FRAMES)
    return {f"cost_{name}": took * first.mel.frames_per_second for name, took in best.items()}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Sweeps of a morph.")
    parser.add_argument("pairs", nargs="*", default=PAIRS, metavar="A:B")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--alone", type=float, default=ALONE_S, metavar="SECONDS", help="of each preset by itself")
    parser.add_argument("--sound-only", action="store_true", help="leave out what a frame costs")
    parser.add_argument("--map", nargs="+", choices=MAPS, default=["uniform"])
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    with torch.inference_mode():
        for pair in args.pairs:
            first, second = (load(name) for name in pair.split(":"))
            for name in args.map:
                figures = sweep(first, second, args.seconds, MAPS.index(name), args.alone)
                _tell({"pair": pair, "map": name}, figures)
            if not args.sound_only:
                _tell({"pair": pair}, costs(first, second))
    return 0


def _tell(about: dict[str, str], figures: dict[str, float]) -> None:
    print(json.dumps({**about, **{name: round(value, 3) for name, value in figures.items()}}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
