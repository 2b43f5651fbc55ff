"""Play for long through a real device and prove that what was heard is what was made.

`python -m tests.benchmarks.soak --minutes 10 --preset violin [--load]` plays through a private sound server with a
gesture every second, records the engine's take and what the sink's monitor heard, aligns the two once and compares
every sample. With --load, a busy process runs on every core. Prints one JSON object; exit code 1 when a figure fails.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import soundfile

from tests.doubles.rig import Rig, worst_difference_db

LIMIT_DB = -80.0
MEMORY_GROWTH = 0.02
ENGINE_CPU = 0.5
_BUSY = "while True: pass"


@contextlib.contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """So many processes that never rest."""
    processes = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def soak(
    preset: str,
    minutes: float,
    load: bool,
    folder: Path,
    *options: str,
    ordinary: bool = False,
    busy: int = 0,
    gestures: bool = True,
) -> dict[str, object]:
    """Play in a child process on a private server; its own measurements with the comparison added.

    `load` keeps every core busy, `busy` so many processes.

    `ordinary` takes the right to raise priorities from the player, as on a desktop without such a right.
    """
    rig = Rig(folder)
    rig.start()
    command = [sys.executable, "-m", "synth.commands.cli", "play", preset, "--minutes", str(minutes), "--json"]
    command += ["--record", str(folder / "take.wav"), "--float", *options]
    command += ["--gesture-every", "1"] if gestures else []
    if ordinary:
        command = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice", *command]
    try:
        with rig.capture() as capture, busy_cores((os.cpu_count() or 1) if load else busy):
            player = subprocess.run(
                command, env=rig.environment, capture_output=True, text=True, timeout=60 * minutes + 240
            )
        assert player.returncode == 0, player.stderr
    finally:
        rig.close()
    take, rate = soundfile.read(folder / "take.wav", dtype="float32")
    assert rate == rig.rate_hz
    difference_db, offset = worst_difference_db(capture.audio(), take)
    result: dict[str, object] = json.loads(player.stdout)
    return result | {
        "difference_db": difference_db,
        "offset_samples": offset,
        "take_s": len(take) / rate,
        "said": player.stderr.strip(),
    }


def failures(result: dict[str, object]) -> list[str]:
    """Every figure that is not reached, in words."""
    number = {k: float(v) for k, v in result.items() if isinstance(v, int | float)}
    found = []
    if number["difference_db"] > LIMIT_DB:
        found.append(f"capture and take differ by {number['difference_db']:.1f} dBFS")
    if number["underruns"]:
        found.append(f"{number['underruns']:.0f} underruns")
    growth = number["memory_largest_mb"] / number["memory_settled_mb"] - 1
    if growth > MEMORY_GROWTH:
        found.append(f"memory grew by {100 * growth:.1f} %")
    if number["engine_cpu"] > ENGINE_CPU:
        found.append(f"the engine's thread used {100 * number['engine_cpu']:.0f} % of a core")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Soak test through a real device.")
    parser.add_argument("--preset", default="violin")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--load", action="store_true", help="a busy process on every core")
    parser.add_argument("--ordinary", action="store_true", help="the player may not raise its priority")
    args, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(args.preset, args.minutes, args.load, Path(folder), *options, ordinary=args.ordinary)
    found = failures(result)
    print(json.dumps(result | {"failures": found}, indent=1))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
