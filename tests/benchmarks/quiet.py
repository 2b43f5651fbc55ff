"""What Petrichord takes of a processor: stopped and minimised, stopped and covered, stopped and visible, playing.

    python -m tests.benchmarks.quiet [PRESET] [--against /path/to/other/checkout] [--seconds 6] [--turns 3]

Real engine and window under Xvfb (software rendering) and openbox, with a private sound server and private folders.
Each turn starts the command once in every checkout, by turns. Shares are processor time over wall time, in per cent of
a core: of the whole process, and of the engine's thread alone. What other programs do on the machine changes them
little. Prints one JSON object: medians over the turns, and each turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.doubles.rig import Rig
from tests.ui.hands.display import virtual_display

_CHILD = Path(__file__).with_name("quiet_child.py")
_LIMIT_S = 120.0

Shares = dict[str, float]


def measure(checkout: Path, preset: str, seconds: float, environment: dict[str, str]) -> Shares:
    """One launch of a checkout's command: per cent of a core by phase and part."""
    child = subprocess.run(
        [sys.executable, str(_CHILD), preset, str(seconds)],
        env={**environment, "PYTHONPATH": str(checkout)},
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S + 10 * seconds,
    )
    assert child.returncode == 0, child.stderr
    shares: Shares = json.loads(child.stdout.splitlines()[-1])
    return shares


def medians(turns: list[Shares]) -> Shares:
    """Of each figure over the turns."""
    return {name: round(statistics.median(turn[name] for turn in turns), 1) for name in turns[0]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Processor shares of the running command.")
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--against", type=Path, help="another checkout, measured by turns with this one")
    parser.add_argument("--seconds", type=float, default=6.0, help="each phase is measured for")
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    checkouts = {"here": Path(__file__).parents[2]}
    if args.against is not None:
        checkouts = {"there": args.against.resolve(), **checkouts}
    turns: dict[str, list[Shares]] = {name: [] for name in checkouts}
    with tempfile.TemporaryDirectory() as name, virtual_display(1400, 900) as screen:
        rig = Rig(Path(name))
        rig.start()
        environment = {**rig.environment, "DISPLAY": screen["DISPLAY"], "QT_QPA_PLATFORM": "xcb"}
        manager = subprocess.Popen(["openbox"], env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1.0)
            with rig.capture():
                for _ in range(args.turns):
                    for which, checkout in checkouts.items():
                        turns[which].append(measure(checkout, args.preset, args.seconds, environment))
        finally:
            manager.terminate()
            manager.wait(10)
            rig.close()
    print(json.dumps({which: {"median": medians(of), "turns": of} for which, of in turns.items()}, indent=1))


if __name__ == "__main__":
    main()
