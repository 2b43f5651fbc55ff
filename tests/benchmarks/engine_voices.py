"""What the whole engine takes for many voices: the real loop, the culture at 86 steps per second, no device.

    python -m tests.benchmarks.engine_voices [PRESET] [--voices 1 16 64] [--against /path/to/other/checkout] [--quick]

For each number of voices: processor time of the engine's thread over the time its sound lasts, and of all threads; the
99th percentile of a frame's (processor time of the thread, and time on the clock, which other programs lengthen), over
a frame's duration. Child processes, by turns where there is another checkout; of each figure the best turn. `--quick`
computes quarters of frames, as for a device that queues little. `--profile FILE` writes one child's cProfile.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

TURNS = 3
_CHILD = """
import cProfile, json, sys, time
import numpy as np, torch
torch.set_num_threads(1)
torch.set_flush_denormal(True)
from synth.device.sinks import SilentSink
from synth.engine.engine import Engine
from synth.engine.load import EngineLoad
from synth.instrument.events import SetParameter
from synth.instrument.note_events import NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.loading.prepare import ready_instrument
from synth.presets.library import load

name, voices, frames, quick, profile = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1", sys.argv[5]

# However long a block takes here: this is to be known.
EngineLoad.evolution_limit = 1.0
controls = ParameterValues(voice_limit=64.0, steps_per_frame=1.0)
instrument = ready_instrument(load(name), 44100, controls, "spectral", dtype=torch.float32)[0]
engine = Engine(instrument, playing=voices == 0, open_device=lambda *_: SilentSink(44100))
if quick:
    from synth.engine import frame_loop, mixdown
    frame_loop.pace_for = lambda full_s: mixdown.QUICK
if voices:
    for i in range(voices):
        engine.send(NoteOn(i, 36 + i, 0.8))
old = not hasattr(engine, "_loop")
compute = engine._block if old else engine._loop.compute

def frame():
    if old:
        compute()
        return 2
    done = engine._loop.frames
    while engine._loop.frames == done:
        compute()
    return 1

clock = time.perf_counter
took, wall = [], []
with torch.inference_mode():
    for _ in range(100):
        frame()
        engine._ring.take(10**9)
    profiler = cProfile.Profile()
    process, begun = time.process_time(), time.thread_time()
    if profile:
        profiler.enable()
    computed = 0
    while computed < frames:
        cpu, at = time.thread_time(), clock()
        n = frame()
        took.append((time.thread_time() - cpu) / n)
        wall.append((clock() - at) / n)
        engine._ring.take(10**9)
        computed += n
    if profile:
        profiler.disable()
        profiler.dump_stats(profile)
    sound_s = computed * 512 / 44100
    sounding = len(instrument.voices.keys) if voices else 1
    print(json.dumps({
        "voices": sounding,
        "engine": (time.thread_time() - begun) / sound_s,
        "process": (time.process_time() - process) / sound_s,
        "p99_processor": float(np.percentile(took, 99)) * 44100 / 512,
        "p99_clock": float(np.percentile(wall, 99)) * 44100 / 512,
    }))
"""


def measure(checkout: Path, preset: str, voices: int, frames: int, quick: bool, profile: str = "") -> dict[str, float]:
    """Shares of one child."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, preset, str(voices), str(frames), str(int(quick)), profile],
        env=os.environ | {"PYTHONPATH": str(checkout)}, cwd=checkout,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The engine's share of a core with many voices.")
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--voices", nargs="+", type=int, default=[1, 16, 64], help="0 is the drone alone")
    parser.add_argument("--against", type=Path, help="another checkout, measured by turns with this one")
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--quick", action="store_true", help="compute quarters of frames")
    parser.add_argument("--profile", default="", metavar="FILE", help="of one child with the first number of voices")
    args = parser.parse_args()
    checkouts = {"here": Path(__file__).parents[2]}
    if args.against is not None:
        checkouts = {"there": args.against.resolve(), **checkouts}
    if args.profile:
        print(measure(checkouts["here"], args.preset, args.voices[0], args.frames, args.quick, args.profile))
        return 0
    for voices in args.voices:
        turns: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
        for _ in range(args.turns):
            for name, checkout in checkouts.items():
                turns[name].append(measure(checkout, args.preset, voices, args.frames, args.quick))
        for name, measured in turns.items():
            best = {figure: round(min(turn[figure] for turn in measured), 3) for figure in measured[0]}
            print(json.dumps({"checkout": name, **best}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
