"""How often the window paints its culture while the engine plays, and how soon after the command it is there.

    python -m tests.benchmarks.window_fps [PRESET] [--seconds 20] [--size 1280x800] [--voices 16]

Real engine, private PulseAudio null sink, Xvfb (software rendering). Prints one JSON object: seconds
from the command to the window with sound ready (first and second launch), paint events of the culture per second
(median over whole seconds), the worst gap between two of them while playing, and what the engine says.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synth.presets.model import LOOP_FRAMES
from tests.doubles.cultures import steady_preset
from tests.doubles.rig import Rig
from tests.ui.hands.display import virtual_display

_CHILD = "tests.benchmarks.window_child"


def launch(
    preset: str, seconds: float, size: tuple[int, int], voices: int, environment: dict[str, str]
) -> dict[str, object]:
    """One launch of the command in a process of its own; what it measured and how soon it was ready."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", _CHILD, preset, str(seconds), *map(str, size), str(voices)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdout is not None
    ready_s = 0.0
    measured: dict[str, object] = {}
    for line in child.stdout:
        if line.strip() == "ready":
            ready_s = time.perf_counter() - began
        elif line.startswith("{"):
            measured = json.loads(line)
    assert child.wait(30) == 0, "the window ended with an error"
    return {"ready_s": round(ready_s, 2), **measured}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", nargs="?", help="name or path; default is a steady test culture")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", default="1280x800", help="of the window, in pixels")
    parser.add_argument("--voices", type=int, default=0, help="keys to hold; 0 plays the drone")
    args = parser.parse_args()
    width, height = (int(side) for side in args.size.split("x"))
    screen_size = max(1400, width), max(900, height)
    with tempfile.TemporaryDirectory() as name, virtual_display(*screen_size) as screen:
        folder = Path(name)
        preset = args.preset
        if preset is None:
            from synth.presets.file import save_preset

            preset = str(folder / "steady.safetensors")
            save_preset(steady_preset(LOOP_FRAMES), Path(preset))
        rig = Rig(folder)
        rig.start()
        try:
            environment = {**screen, **rig.environment, "DISPLAY": screen["DISPLAY"], "QT_QPA_PLATFORM": "xcb"}
            with rig.capture():
                first = launch(preset, 1.0, (width, height), args.voices, environment)["ready_s"]
                second = launch(preset, args.seconds, (width, height), args.voices, environment)
                print(json.dumps({"first_launch_ready_s": first, **second}))
        finally:
            rig.close()


if __name__ == "__main__":
    main()
