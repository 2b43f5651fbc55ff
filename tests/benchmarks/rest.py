"""Play after a long rest: how soon it is heard, and whether it has a gap.

`python -m tests.benchmarks.rest [--preset violin] [--minutes 10] [--plays 3]` plays on a private sound server in a
child process, stops, lets the engine rest, and plays again. The sink's monitor is stamped with the clock as it
delivers, so that the first sound after Play has a time. A gap is a window of 5 ms in the following seconds that is
40 dB softer than their median. Only the first rest is long; the others last three seconds. Prints one JSON object;
exit code 1 when a figure fails.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.gesture_latency import StampedCapture
from tests.doubles.rig import RATE, Rig

START_S = 0.060
_FIRST_DB, _GAP_DB = -60.0, -40.0
_WINDOW = RATE // 200
_PLAY_S, _SHORT_REST_S = 5.0, 3.0
_FADE_S = 0.1
"""Play fades in: what is softer there is no gap."""


def play_and_rest(preset: str, minutes: float, plays: int, out: Path) -> None:
    """The child: writes when Play was asked for, after each rest, and what the engine says at the end."""
    from synth.commands.cli import prepare_environment

    prepare_environment()
    import torch

    from synth.engine.engine import Engine
    from synth.instrument.parameters.values import from_settings
    from synth.loading.prepare import ready_instrument
    from synth.presets.library import load
    from synth.thread_priority import raise_thread_priority

    torch.set_num_threads(1)
    chosen = load(preset)
    instrument, _ = ready_instrument(chosen, RATE, from_settings(chosen.settings))
    raise_thread_priority("helper")
    engine = Engine(instrument, playing=True)
    engine.start()
    time.sleep(_PLAY_S)
    asked, rested = [], []
    for turn in range(plays):
        engine.stop()
        time.sleep(60 * minutes if turn == 0 else _SHORT_REST_S)
        rested.append(engine.status().resting)
        asked.append(time.monotonic())
        engine.play()
        time.sleep(_PLAY_S)
    status = engine.status()
    engine.close()
    out.write_text(json.dumps({"asked": asked, "rested": rested, "underruns": status.underruns}))


def first_sound(sound: NDArray[np.float32], begin: int) -> int:
    """The first sample of (N, 2) from `begin` on that reaches −60 dBFS."""
    over = np.flatnonzero(np.abs(sound[begin:]).max(axis=1) >= 10 ** (_FIRST_DB / 20))
    assert len(over), "Play was not heard"
    return begin + int(over[0])


def gaps(sound: NDArray[np.float32]) -> int:
    """Windows of 5 ms in (N, 2) that are 40 dB below the median window's level."""
    level = np.sqrt((sound[: len(sound) // _WINDOW * _WINDOW].reshape(-1, 2 * _WINDOW) ** 2).mean(axis=1))
    return int((level < np.median(level) * 10 ** (_GAP_DB / 20)).sum())


def measure(preset: str, minutes: float, plays: int, folder: Path) -> dict[str, object]:
    """Seconds from Play to its first sound at the sink after each rest, and gaps."""
    rig = Rig(folder)
    rig.start()
    out = folder / "played.json"
    command = [sys.executable, "-m", "tests.benchmarks.rest", "--preset", preset, "--minutes", str(minutes)]
    command += ["--plays", str(plays), "--child", str(out)]
    try:
        capture = StampedCapture(rig)
        player = subprocess.run(
            command, env=rig.environment, capture_output=True, text=True, timeout=60 * minutes + 120
        )
        sound = capture.stop()
    finally:
        rig.close()
    assert player.returncode == 0, player.stderr
    played = json.loads(out.read_text())
    starts, holes = [], []
    for asked in played["asked"]:
        # Everything before was delivered before Play was asked for, silence at the end of a rest.
        begin = capture.delivered_by(asked)
        at = first_sound(sound, begin)
        starts.append(round(capture.heard_at(at) - asked, 4))
        holes.append(gaps(sound[at + int(_FADE_S * RATE) : at + int((_PLAY_S - 0.5) * RATE)]))
    return {"starts_s": starts, "gaps": holes, "rested": played["rested"], "underruns": played["underruns"]}


def failures(result: dict[str, object]) -> list[str]:
    """Every figure that is not reached, in words."""
    starts, holes, rested = result["starts_s"], result["gaps"], result["rested"]
    assert isinstance(starts, list) and isinstance(holes, list) and isinstance(rested, list)
    found = [f"Play was heard after {1000 * start:.0f} ms" for start in starts if start > START_S]
    found += ["sound had gaps"] if any(holes) else []
    found += ["the engine did not rest"] if not all(rested) else []
    found += [f"{result['underruns']} underruns"] if result["underruns"] else []
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Play after a long rest.")
    parser.add_argument("--preset", default="violin")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the first rest")
    parser.add_argument("--plays", type=int, default=3)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        play_and_rest(args.preset, args.minutes, args.plays, args.child)
        return 0
    with tempfile.TemporaryDirectory() as name:
        result = measure(args.preset, args.minutes, args.plays, Path(name))
    found = failures(result)
    print(json.dumps(result | {"failures": found}, indent=1))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
