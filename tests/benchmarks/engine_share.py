"""How much of a core the sound of one voice takes, in this checkout and in another, by turns in one run.

`python -m tests.benchmarks.engine_share --against /path/to/other/checkout` computes the same blocks as the engine's
loop does (instrument, master, what is laid over it) in child processes, a few times in each checkout by turns, and
prints the processor time per second of sound of both, the best of the turns, and their ratio.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

TURNS = 4
_CHILD = """
import importlib, time, sys
from pathlib import Path
import numpy as np, torch
torch.set_num_threads(1)
torch.set_flush_denormal(True)

# Not by trying: an editable installation elsewhere would offer its own folders.
rooms = Path("synth/engine").is_dir()

def room(name, before_there_were_folders):
    return importlib.import_module(name if rooms else before_there_were_folders)

engine_module = room("synth.engine.engine", "synth.engine")
if Path("synth/instrument/parameters").is_dir():
    controls = importlib.import_module("synth.instrument.parameters.values").ParameterValues()
else:
    controls = room("synth.instrument.parameters", "synth.controls").Controls()
prepare = room("synth.loading.prepare", "synth.prepare")
load = room("synth.presets.library", "synth.library").load
SilentSink = room("synth.device.sinks", "synth.sinks").SilentSink

class Quick(SilentSink):
    # Takes sound as fast as it comes.
    def write(self, chunk): return False
    def queued_s(self): return self.full_s

instrument = prepare.ready_instrument(load(sys.argv[1]), 44100, controls, "spectral")[0]
engine = engine_module.Engine(instrument, playing=True, open_device=lambda *_: Quick(44100))
engine._closing.set()
# Whole frames where the device queues much, and blocks of two of them before.
compute, frames = (engine._loop.compute, 1) if hasattr(engine, "_loop") else (engine._block, 2)
with torch.inference_mode():
    for phase, count in (("warm", 100), ("measured", int(sys.argv[2]))):
        start = time.thread_time()
        for _ in range(2 * count // frames):
            compute()
            engine._ring.take(10**9)
        took = time.thread_time() - start
print(took / (count * 2 * 512 / 44100))
"""


def share(checkout: Path, preset: str, blocks: int) -> float:
    """Processor seconds of the engine's thread per second of sound."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, preset, str(blocks)],
        env=os.environ | {"PYTHONPATH": str(checkout)}, cwd=checkout,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description="The engine's share of a core, here and elsewhere.")
    parser.add_argument("--against", type=Path, required=True, help="another checkout")
    parser.add_argument("--preset", default="violin")
    parser.add_argument("--blocks", type=int, default=400)
    args = parser.parse_args()
    here = Path(__file__).parents[2]
    turns = [
        (share(args.against.resolve(), args.preset, args.blocks), share(here, args.preset, args.blocks))
        for _ in range(TURNS)
    ]
    before, after = (min(side) for side in zip(*turns, strict=True))
    print(json.dumps({"before": before, "after": after, "ratio": after / before, "turns": turns}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
