"""What routes cost: the engine's thread with 16 voices and 0 or 16 routes, in turns of one run.

    python -m tests.benchmarks.modulation [PRESET] [--voices 16] [--routes 0 16] [--effects delay reverb] [--turns 5]
        [--against /path/to/other/checkout]

For each number of routes: processor time of the engine's thread over the time its sound lasts, the culture at 86 steps
per second, no device. Child processes by turns; of each figure the best turn, and their ratio, since a machine's other
work lengthens both; with `--against` another checkout by the same turns. `--effects` switches these on. The routes are
of every kind: LFOs common and of voices, the second envelope, velocity, macros, the culture, the follower; to level,
pan, pitch, tilt, volume, weather, evolution, width and times.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

_CHILD = """
import json, sys, time
from dataclasses import replace
import numpy as np, torch
torch.set_num_threads(1)
torch.set_flush_denormal(True)
from synth.device.sinks import SilentSink
from synth.engine.engine import Engine
from synth.engine.load import EngineLoad
from synth.instrument.modulation.routes import Route, Routes
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument
from synth.presets.library import load

name, voices, n_routes, frames = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
effects = sys.argv[5:]
pairs = (
    ("lfo1", "voice_level_db"), ("lfo2", "fine_cents"), ("velocity", "tilt_db"), ("envelope2", "tilt_db"),
    ("random", "voice_pan"), ("lfo1", "volume_db"), ("macro1", "weather_depth"), ("culture_activity", "width"),
    ("culture_strength", "weather_speed"), ("follower", "playhead_speed"), ("key", "attack_s"), ("lfo3", "lfo1_hz"),
    ("pressure", "sustain"), ("lfo3", "steps_per_frame"), ("wheel", "contour_decay"), ("velocity", "release_s"),
)
routes = tuple(enumerate((Route(*pairs[i % 16], 0.1, "bipolar") for i in range(n_routes)), start=1))
# However long a block takes here: this is to be known.
EngineLoad.evolution_limit = 1.0
switched_on = {f"{effect}_on": 1 for effect in effects}
controls = ParameterValues(voice_limit=64.0, steps_per_frame=1.0, lfo1_run=1, lfo1_hz=5.0, **switched_on)
preset = replace(load(name), routes=Routes(routes))
instrument = ready_instrument(preset, 44100, controls, "spectral", dtype=torch.float32)[0]
engine = Engine(instrument, playing=voices == 0, open_device=lambda *_: SilentSink(44100))
for i in range(voices):
    engine.send(NoteOn(i, 36 + 2 * i, 0.8))
took = []
with torch.inference_mode():
    for i in range(frames + 60):
        begun = time.thread_time()
        done = engine._loop.frames
        while engine._loop.frames == done:
            engine._loop.compute()
        if i >= 60:
            took.append(time.thread_time() - begun)
        engine._ring.take(engine._ring.ready)
frame_s = 1 / preset.mel.frames_per_second
print(json.dumps({"share": float(np.sum(took)) / (frames * frame_s), "p99": float(np.percentile(took, 99)) / frame_s}))
"""


def measured(
    checkout: Path, preset: str, voices: int, routes: int, frames: int, effects: list[str]
) -> dict[str, float]:
    """One child's figures."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-c", _CHILD, preset, str(voices), str(routes), str(frames), *effects]
    done = subprocess.run(command, env=environment, cwd=checkout, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--voices", type=int, default=16)
    parser.add_argument("--routes", type=int, nargs="+", default=[0, 16])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--frames", type=int, default=430)
    parser.add_argument("--effects", nargs="*", default=[], choices=["drive", "chorus", "delay", "reverb", "eq"])
    parser.add_argument("--against", type=Path, help="another checkout, measured by turns with this one")
    args = parser.parse_args()
    checkouts = {"here": Path(__file__).parents[2]}
    if args.against is not None:
        checkouts = {"there": args.against.resolve(), **checkouts}
    best: dict[tuple[str, int], dict[str, float]] = {}
    for turn, (name, checkout), routes in itertools.product(range(args.turns), checkouts.items(), args.routes):
        figures = measured(checkout, args.preset, args.voices, routes, args.frames, args.effects)
        known = best.setdefault((name, routes), figures)
        best[name, routes] = {figure: min(known[figure], value) for figure, value in figures.items()}
        print(f"turn {turn + 1}, {name}, {routes} routes: {100 * figures['share']:.1f} % of a core", file=sys.stderr)
    first = next(iter(best.values()))
    for (name, routes), figures in best.items():
        print(
            f"{name}: {args.preset}, {args.voices} voices, {routes} routes, {len(args.effects)} effects: "
            f"{100 * figures['share']:.1f} % of a core, 99th percentile of a frame {100 * figures['p99']:.0f} %; "
            f"{figures['share'] / first['share']:.3f} × the first"
        )


if __name__ == "__main__":
    main()
